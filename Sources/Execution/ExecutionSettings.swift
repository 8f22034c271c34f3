// SPDX-License-Identifier: Apache-2.0

/// How strongly candidates are confined. Higher is stronger.
public enum SandboxTier: String, Sendable, Codable, Hashable, CaseIterable, Comparable {
    /// Resource limits only: what most evaluators do. Never chosen automatically.
    case none = "T0"
    /// Landlock, seccomp and resource limits, without namespaces.
    case confined = "T1"
    /// Own user, process, mount, network, IPC and host-name spaces, read-only root, seccomp.
    case isolated = "T2"
    /// The same with memory and process counts limited by a cgroup.
    case isolatedWithCgroup = "T3"

    public static func < (left: SandboxTier, right: SandboxTier) -> Bool { left.rawValue < right.rawValue }
}

/// Which grading rules decide.
public enum Semantics: String, Sendable, Codable, Hashable, CaseIterable {
    /// The benchmark's own evaluator, quirks included.
    case official
    /// A plain process and plain comparison, where the official evaluator has quirks; see docs/execution.md.
    case strict
}

/// What time limits count.
public enum Clock: String, Sendable, Codable, Hashable, CaseIterable {
    /// CPU seconds; wall time is limited to 3 x CPU + 2 s against sleepers. Verdicts do not depend on the machine's load.
    case cpu
    /// Wall seconds, as the official evaluators count.
    case wall
}

/// Everything that can change a verdict besides the program and its tests.
public struct ExecutionSettings: Sendable, Codable, Hashable {
    public var semantics: Semantics
    public var clock: Clock
    /// Seconds per test (or per program, where the benchmark counts so); nil for the benchmark's own number.
    public var secondsPerTest: Double?
    /// Address space of a candidate; nil for the benchmark's own number.
    public var memoryBytes: Int?

    public init(
        semantics: Semantics = .official, clock: Clock = .cpu, secondsPerTest: Double? = nil, memoryBytes: Int? = nil
    ) {
        self.semantics = semantics
        self.clock = clock
        self.secondsPerTest = secondsPerTest
        self.memoryBytes = memoryBytes
    }
}

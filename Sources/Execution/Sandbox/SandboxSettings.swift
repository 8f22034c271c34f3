// SPDX-License-Identifier: Apache-2.0

/// What a worker imports before its first job, as far as it is installed. Children inherit it without loading anything, though each page
/// of it makes starting a child slightly dearer.
public enum WorkerProfile: String, Sendable, Codable, Hashable, CaseIterable {
    /// The standard library's common modules.
    case standard
    /// numpy as well.
    case numeric
    /// The libraries that BigCodeBench's programs use most as well.
    case scientific
}

/// How candidates are to be confined and by how many workers.
package struct SandboxSettings: Sendable {
    /// The tier to use; nil for the strongest that this machine offers, at least `confined`.
    package var tier: SandboxTier?
    package var interpreter: PythonInterpreter
    /// How many workers run at the same time; nil for one per core.
    package var workers: Int?
    package var profile: WorkerProfile
    /// Memory of one worker with its candidate (T3 only); nil for an equal share of three quarters of the machine's, at least 8 GiB
    /// where it has them.
    package var memoryBytesPerWorker: Int?
    /// Memory of all workers together (T3 only); nil for three quarters of the machine's. A program that dies because others have it runs once more, alone.
    package var memoryBytes: Int?
    /// Jobs after which a worker is replaced by a fresh one.
    package var jobsPerWorker = 2000
    /// Modules besides the built-in graders, as source by name.
    package var extraModules: [String: String] = [:]

    package init(
        tier: SandboxTier? = nil, interpreter: PythonInterpreter, workers: Int? = nil,
        profile: WorkerProfile = .standard
    ) {
        self.tier = tier
        self.interpreter = interpreter
        self.workers = workers
        self.profile = profile
    }
}

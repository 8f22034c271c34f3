// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc
import Synchronization

/// What all workers of a pool share.
struct WorkerConfiguration: Sendable {
    let launcher: LauncherProgram
    let python: PythonInterpreter
    let tier: SandboxTier
    let profile: WorkerProfile
    let memoryBytes: Int
    let allMemoryBytes: Int
    /// Tells this process's pools apart.
    private let pool: Int
    let jobsPerWorker: Int
    /// The worker's program and the modules that jobs can name.
    let source: SealedMemory
    let modules: SealedMemory

    init(settings: SandboxSettings, launcher: LauncherProgram, tier: SandboxTier, workers: Int) throws {
        self.launcher = launcher
        python = settings.interpreter
        self.tier = tier
        profile = settings.profile
        jobsPerWorker = settings.jobsPerWorker
        let physical = Int(sysconf(Int32(_SC_PHYS_PAGES))) * Int(sysconf(Int32(_SC_PAGESIZE)))
        pool = Self.nextNumber()
        allMemoryBytes = settings.memoryBytes ?? physical / 4 * 3
        memoryBytes = settings.memoryBytesPerWorker ?? Self.memoryBytes(physical: physical, workers: workers)
        source = try SealedMemory(bytes: PackageResources.zygote_py)
        let sources = Self.builtInModules.mapValues { String(decoding: $0, as: UTF8.self) }
            .merging([SelfTest.module: SelfTest.program]) { $1 }
            .merging(settings.extraModules) { $1 }
        // In the same order every time: what one module loads, the next one finds.
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        modules = try SealedMemory(try encoder.encode(sources))
    }

    /// An equal share of three quarters of the machine's memory, but so much that verdicts do not hang on the number of workers: few programs
    /// are large at the same time, and where memory runs out all the same, the kernel takes a candidate and the report says so.
    static func memoryBytes(physical: Int, workers: Int) -> Int {
        let usable = physical / 4 * 3
        return max(usable / workers, min(usable, 8 << 30))
    }

    private static var builtInModules: [String: [UInt8]] {
        [
            "wire": PackageResources.wire_py, "limits": PackageResources.limits_py,
            "sanitize": PackageResources.sanitize_py,
            "judge": PackageResources.judge_py, "serve": PackageResources.serve_py,
            "run_program": PackageResources.run_program_py,
            "grade_humaneval": PackageResources.grade_humaneval_py,
            "grade_evalplus": PackageResources.grade_evalplus_py,
            "grade_evalplus_inputs": PackageResources.grade_evalplus_inputs_py,
            "grade_evalplus_inprocess": PackageResources.grade_evalplus_inprocess_py,
            "grade_livecodebench": PackageResources.grade_livecodebench_py,
            "grade_livecodebench_official": PackageResources.grade_livecodebench_official_py,
            "grade_livecodebench_strict": PackageResources.grade_livecodebench_strict_py,
            "grade_bigcodebench": PackageResources.grade_bigcodebench_py,
            "grade_bigcodebench_guard": PackageResources.grade_bigcodebench_guard_py,
            "grade_bigcodebench_evidence": PackageResources.grade_bigcodebench_evidence_py,
            "tripwire": PackageResources.tripwire_py,
        ]
    }

    /// The launcher's arguments for one worker.
    func arguments() -> [String] {
        var arguments = [launcher.path, "--tier", tier.rawValue, "--python", python.executable]
        arguments += python.flags.flatMap { ["--python-flag", $0] }
        arguments += python.directories.flatMap { ["--bind", $0] }
        arguments += ["--index", String(Self.nextNumber()), "--owner", String(getpid()), "--profile", profile.rawValue]
        arguments += ["--memory", String(memoryBytes), "--all-memory", String(allMemoryBytes), "--pool", String(pool)]
        return arguments
    }

    private static let started = Atomic(0)

    /// Tells the workers of this process apart, those of other pools and replaced ones included: their cgroups and identities must never meet.
    private static func nextNumber() -> Int { started.wrappingAdd(1, ordering: .relaxed).newValue }
}

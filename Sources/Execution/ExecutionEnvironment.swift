// SPDX-License-Identifier: Apache-2.0

/// What confined a run's candidates, as measured; part of the run's record.
public struct ExecutionEnvironment: Sendable, Codable, Hashable {
    public var tier: SandboxTier
    /// How many candidates run at the same time.
    public var workers: Int
    /// The interpreter's version.
    public var python: String
    public var pythonPath: String
    public var profile: WorkerProfile
    /// Third-party modules that candidates find already imported.
    public var imported: [String]
    /// The kernel's Landlock version; 0 for none.
    public var landlockVersion: Int
    /// 1 or 2; 0 where no cgroup limits the workers.
    public var cgroupVersion: Int
    /// Whether the number of a candidate's processes and threads is limited.
    public var limitsProcesses: Bool
    /// Whether programs that may start processes find a /proc.
    public var hasProcessFiles: Bool
    /// Identifies the system call filters.
    public var filterHash: String
    /// What the programs' environment fixes: hash seed, locale, time zone, thread counts.
    public var fixed: [String: String]
    /// Memory of one worker in T3.
    public var memoryBytesPerWorker: Int?
    /// What programs that try to break out, and programs that should work, met with: "ok", or what happened.
    public var selfTest: [String: String] = [:]

    /// One line for the terminal.
    public var summary: String {
        let means =
            switch tier {
            case .none: "no sandbox: candidates run with your rights"
            case .confined: "Landlock, seccomp"
            case .isolated: "namespaces, seccomp"
            case .isolatedWithCgroup: "namespaces, seccomp, cgroup"
            }
        return "\(tier.rawValue) (\(means)), Python \(python), \(workers) \(workers == 1 ? "worker" : "workers")"
    }

    init(_ configuration: WorkerConfiguration, _ worker: WorkerProcess, workers: Int) {
        self.workers = workers
        tier = configuration.tier
        python = worker.greeting.version
        pythonPath = configuration.python.executable
        profile = configuration.profile
        imported = worker.greeting.modules
        landlockVersion = worker.setup.landlock
        cgroupVersion = worker.setup.cgroup
        limitsProcesses = worker.greeting.limitsProcesses
        hasProcessFiles = worker.greeting.processFiles
        filterHash = worker.setup.filter
        fixed = worker.greeting.environment
        memoryBytesPerWorker = worker.setup.cgroup > 0 ? configuration.memoryBytes : nil
    }
}

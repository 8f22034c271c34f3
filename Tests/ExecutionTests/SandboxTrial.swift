// SPDX-License-Identifier: Apache-2.0
import Execution
import Foundation

/// Runs small programs in the sandbox and tells what became of them.
struct SandboxTrial: Sendable {
    let pool: SandboxPool

    /// The child's half: runs the program, then sends its variable `answer`.
    private static let module = """
        def run(job, channel):
            namespace = {"__name__": "__main__", "channel": channel, "job": job}
            exec(compile(job["code"], "<program>", "exec"), namespace)
            channel.send({"answer": namespace.get("answer")})
        """

    struct Result: Sendable {
        var answer: String?
        /// How the conversation ended when there was no answer.
        var message: String
        var report: JobReport
    }

    static func start(
        tier: SandboxTier? = nil, workers: Int = 2, profile: WorkerProfile = .standard,
        change: (inout SandboxSettings) -> Void = { _ in }
    ) async throws -> SandboxTrial {
        let python = ProcessInfo.processInfo.environment["BESTOFN_TEST_PYTHON"] ?? "python3"
        var settings = SandboxSettings(
            tier: tier, interpreter: try PythonInterpreter(resolving: python), workers: workers, profile: profile)
        settings.extraModules["trial"] = module
        change(&settings)
        return SandboxTrial(pool: try await SandboxPool.start(settings))
    }

    /// One pool per tier for all tests that leave it as they found it; nil for a tier that this machine does not offer.
    static func shared(_ tier: SandboxTier) async throws -> SandboxTrial? { try await shared[tier]?.value }

    private static let shared: [SandboxTier: Task<SandboxTrial?, any Error>] = Dictionary(
        uniqueKeysWithValues: SandboxTier.allCases.map { tier in
            (
                tier,
                Task {
                    do {
                        return try await start(tier: tier)
                    } catch let error as SandboxError where error.code == .unavailable {
                        return nil
                    }
                }
            )
        })

    static let limits = JobLimits(cpuSeconds: 5, wallSeconds: 20, addressSpaceBytes: 1 << 30)

    func job(
        _ code: String, limits: JobLimits = limits, mayFork: Bool = false, blob: SealedMemory? = nil,
        values: [String: String] = [:]
    ) throws -> Job {
        var payload = values
        payload["code"] = code
        return Job(
            module: "trial", payload: try JSONEncoder().encode(payload), blob: blob, limits: limits, mayFork: mayFork)
    }

    func run(_ code: String, limits: JobLimits = limits, mayFork: Bool = false) async throws -> Result {
        try await run(try job(code, limits: limits, mayFork: mayFork))
    }

    func run(_ job: Job, cpuSeconds: Double? = nil, wallSeconds: Double = 60) async throws -> Result {
        let (reply, report) = try await pool.run(job) { session -> (answer: String?, message: String) in
            switch session.receive(cpuSeconds: cpuSeconds, wallSeconds: wallSeconds) {
            case .json(let data):
                struct Frame: Decodable { var answer: String? }
                let answer = (try? JSONDecoder().decode(Frame.self, from: data))?.answer
                return (answer ?? String(decoding: data, as: UTF8.self), "json")
            case .bytes: return (nil, "bytes")
            case .ended: return (nil, "ended")
            case .cpuLimit: return (nil, "cpuLimit")
            case .wallLimit: return (nil, "wallLimit")
            }
        }
        return Result(answer: reply.answer, message: reply.message, report: report)
    }
}

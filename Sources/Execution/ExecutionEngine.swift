// SPDX-License-Identifier: Apache-2.0

/// The execution engine: workers in the best sandbox that this machine has, tested before the first candidate runs, and the grader that uses them.
public final class ExecutionEngine: Sendable {
    /// What confines the candidates, as measured.
    public let environment: ExecutionEnvironment
    public let grader: Grader
    package let runner: SandboxPool

    /// Starts the engine.
    ///
    /// - Parameters:
    ///   - sandbox: the tier; nil for the strongest that this machine offers, at least T1.
    ///   - workers: how many candidates run at the same time; nil for one per core.
    /// - Throws: `SandboxError` when the tier is not to be had here or does not keep its promises.
    public convenience init(
        settings: ExecutionSettings, sandbox: SandboxTier?, interpreter: PythonInterpreter, workers: Int?,
        profile: WorkerProfile
    ) async throws {
        let wanted = SandboxSettings(tier: sandbox, interpreter: interpreter, workers: workers, profile: profile)
        let runner = try await SandboxPool.start(wanted)
        guard profile != .scientific || runner.environment.tier != .confined else {
            await runner.shutDown()
            throw SandboxError(
                .unavailable, "Programs of this benchmark start processes, which tier T1 cannot contain.",
                cure: "Use tier T2 or T3; `bestofn doctor` says what they need.")
        }
        self.init(settings: settings, runner: runner)
    }

    package init(settings: ExecutionSettings, runner: SandboxPool) {
        self.runner = runner
        environment = runner.environment
        grader = Grader(
            runner: runner, settings: settings, store: .standard(python: runner.environment.python))
    }

    /// A grader on the same workers with other settings.
    package func grader(settings: ExecutionSettings) -> Grader { Grader(runner: runner, settings: settings) }

    /// Ends all workers. The engine must not be used afterwards.
    public func shutDown() async { await runner.shutDown() }

    /// Starts every tier but T0 once, strongest first, and tells what its self-test saw or why it is not to be had.
    public static func probe(interpreter: PythonInterpreter) async -> [(
        tier: SandboxTier, result: Result<[String: String], any Error>
    )] {
        var results: [(tier: SandboxTier, result: Result<[String: String], any Error>)] = []
        for tier in SandboxTier.allCases.sorted(by: >) where tier > .none {
            do {
                let pool = try await SandboxPool.start(
                    SandboxSettings(tier: tier, interpreter: interpreter, workers: 1))
                await pool.shutDown()
                results.append((tier, .success(pool.environment.selfTest)))
            } catch {
                results.append((tier, .failure(error)))
            }
        }
        return results
    }
}

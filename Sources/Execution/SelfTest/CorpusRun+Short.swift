// SPDX-License-Identifier: Apache-2.0

extension CorpusRun {
    /// What a run of the short corpus showed.
    package struct Result: Sendable, Codable {
        package var environment: ExecutionEnvironment
        package var checks: [Check]
    }

    /// Starts an engine in the tier (nil for the strongest), runs the short corpus in every channel, and ends the engine.
    ///
    /// - Throws: `SandboxError` when the tier is not to be had here.
    package static func shortTest(
        tier: SandboxTier?, interpreter: PythonInterpreter, report: (Check) -> Void
    ) async throws -> Result {
        let engine = try await ExecutionEngine(
            settings: ExecutionSettings(), sandbox: tier, interpreter: interpreter, workers: 1, profile: .standard)
        do {
            let checks = try await CorpusRun(on: engine).checks(
                ShortCorpus.programs, costlyEverywhere: false, report: report)
            await engine.shutDown()
            return Result(environment: engine.environment, checks: checks)
        } catch {
            await engine.shutDown()
            throw error
        }
    }
}

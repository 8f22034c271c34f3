// SPDX-License-Identifier: Apache-2.0
import Datasets
import Execution
import Foundation
import RunStore

extension Benchmark {
    /// What workers load before the first of the benchmark's candidates.
    var profile: WorkerProfile {
        switch self {
        // Programs that want numpy are few, and import it themselves: a smaller worker is cheaper for all the others.
        case .humanEval, .liveCodeBench, .humanEvalPlus, .mbppPlus: .standard
        case .bigCodeBench: .scientific
        }
    }
}

extension Experiment {
    /// Starts the engine that this experiment asks for.
    func makeEngine(_ interpreter: PythonInterpreter) async throws -> ExecutionEngine {
        try await ExecutionEngine(
            settings: execution.settings, sandbox: execution.sandbox, interpreter: interpreter,
            workers: execution.workers,
            profile: benchmark.profile)
    }

    /// What runs programs for selectors. Nothing is started before the first program.
    func makeProgramRunner(_ problems: ProblemIndex) -> SandboxedProgramRunner {
        SandboxedProgramRunner(preambles: problems.preambles) {
            try await makeEngine(PythonInterpreter(resolving: execution.python))
        }
    }

    /// Identifies what programs give when selectors run them.
    var programRunnerFingerprint: String {
        get throws {
            let interpreter = try PythonInterpreter(resolving: execution.python)
            return "\(Grader.outputVersion) \(execution.settings.condition(interpreter: interpreter).id)"
        }
    }
}

extension Experiment.Execution {
    /// How candidates were executed, for the manifest.
    func facts(_ environment: ExecutionEnvironment) -> RunManifest.Execution {
        RunManifest.Execution(
            semantics: settings.semantics.rawValue, clock: settings.clock.rawValue,
            sandboxTier: environment.tier.rawValue,
            selfTest: environment.selfTest, python: environment.python, workers: environment.workers,
            profile: environment.profile.rawValue, imported: environment.imported, environment: environment.fixed)
    }
}

extension Pipeline {
    /// What hostile and honest programs met with in this sandbox; nil where that is not asked for or there is no sandbox.
    ///
    /// - Throws: `SandboxError` when a hostile program got a pass: no verdict could be trusted.
    func sandboxRecord(
        _ environment: ExecutionEnvironment, _ interpreter: PythonInterpreter
    ) async throws -> CorpusRecord? {
        guard testsSandbox, environment.tier > .none else { return nil }
        let record = try await CorpusRecord.current(for: environment, interpreter: interpreter) {
            progress.report(
                .note("self-test: running hostile and honest programs, once for this machine, Python and version"))
        }
        guard !record.isForged else {
            throw SandboxError(
                .unsafe, "The sandbox does not keep its promises on this machine: \(record.summary).",
                cure: "`bestofn doctor --self-test` shows every check.")
        }
        if !record.broken.isEmpty { progress.report(.note("self-test: \(record.summary)")) }
        return record
    }
}

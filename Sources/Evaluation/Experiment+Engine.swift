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

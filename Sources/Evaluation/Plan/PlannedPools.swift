// SPDX-License-Identifier: Apache-2.0
import Datasets
import Execution
import PythonSource
import RunStore
import SelectorKit

/// A pool as a plan sees it: what its file holds, or programs that stand in for those that do not exist yet.
struct PlannedPool: Sendable {
    let pool: Experiment.Pool
    /// Nil where the file is missing.
    let loaded: LoadedPool?
    /// The pool problem by problem.
    let items: [ScoringItem]

    var isAssumed: Bool { loaded == nil }
}

/// The problems and pools of an experiment, or of one side of its split.
struct PlannedPart: Sendable {
    let experiment: Experiment
    let problems: ProblemSet
    let pools: [PlannedPool]

    /// - Parameters:
    ///   - known: the same problems with some of the pools, which need not be read again.
    ///   - assumed: by pool, what stands in for its missing programs.
    init(_ experiment: Experiment, known: PlannedPart? = nil, assumed: [String: AssumedPrograms] = [:]) async throws {
        self.experiment = experiment
        let problems =
            try known?.problems
            ?? ProblemSet(reading: experiment.benchmarkFiles(), hard: experiment.hardProblems())
        if known == nil, !experiment.dividesProblems {
            try experiment.expect?.check(problems.records.map(\.problem), name: experiment.name)
        }
        self.problems = problems
        let sanitizer = SandboxedSanitizer {
            try await experiment.makeEngine(PythonInterpreter(resolving: experiment.execution.python))
        }
        var pools: [PlannedPool] = []
        for pool in experiment.pools {
            if let pool = known?.pools.first(where: { $0.pool.name == pool.name }) {
                pools.append(pool)
                continue
            }
            if let programs = assumed[pool.name] {
                let items = problems.records.enumerated().compactMap { place, record -> ScoringItem? in
                    guard let entry = problems[record.problem.id] else { return nil }
                    let candidates = programs.candidates(of: entry.problem, place: place)
                    return ScoringItem(
                        pool: CandidatePool(name: pool.name, problem: entry.problem, candidates: candidates),
                        publicTests: entry.publicTests, generatedTests: [])
                }
                pools.append(PlannedPool(pool: pool, loaded: nil, items: items))
                continue
            }
            var loaded = try await LoadedPool(
                reading: pool, problems: problems, sanitizer: sanitizer, progress: SilentProgress())
            if let filter = experiment.trajectories { loaded.keep(filter) }
            pools.append(
                PlannedPool(
                    pool: pool, loaded: loaded, items: loaded.scoringItems(problems, generatedTests: [:])))
        }
        self.pools = pools
    }
}

/// What programs are like on average.
struct ProgramMeasure: Sendable {
    var programs = 0
    var characters = 0.0
    var steps = 0.0
    /// Answers whose generated tokens the pool tells.
    var counted = 0
    var tokens = 0.0

    /// - Parameter stepper: what ends a step.
    mutating func add(_ pool: LoadedPool, stepper: any Stepper) {
        for entry in pool.candidates {
            let candidate = entry.loaded.candidate
            if let count = candidate.tokens?.count {
                counted += 1
                tokens += Double(count)
            }
            guard !candidate.isBlank else { continue }
            programs += 1
            characters += Double(candidate.program.unicodeScalars.count)
            steps += Double(max(1, stepper.steps(of: candidate.program).count))
        }
    }

    mutating func add(_ other: ProgramMeasure) {
        programs += other.programs
        characters += other.characters
        steps += other.steps
        counted += other.counted
        tokens += other.tokens
    }

    var meanCharacters: Double? { programs > 0 ? characters / Double(programs) : nil }
    var meanSteps: Double? { programs > 0 ? steps / Double(programs) : nil }
    var meanTokens: Double? { counted > 0 ? tokens / Double(counted) : nil }
}

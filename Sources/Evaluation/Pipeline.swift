// SPDX-License-Identifier: Apache-2.0
import ContentHash
import Datasets
import Execution
import Foundation
public import RunStore
import SelectorKit

/// Runs an experiment: problems and pools in, verdicts and scores into the store, the run as values out.
///
///     let pipeline = try await Pipeline(experiment, selectors: registry, toolVersion: "1.0", progress: progress)
///     let plan = try pipeline.plan()
///     let result = try await pipeline.run()
///
/// Everything that was computed before is taken from the store: an interrupted run continues, a repeated one does nothing.
public struct Pipeline: Sendable {
    let experiment: Experiment
    let chosen: [ChosenSelector]
    let files: BenchmarkFiles
    let problems: ProblemSet
    let pools: [LoadedPool]
    let store: RunStore
    let interpreter: PythonInterpreter?
    /// Models and the sandbox, for selectors that need them.
    let provided: ScoringServices
    /// The sandbox that selectors run programs in; nil where none does.
    let programRunner: SandboxedProgramRunner?
    /// Model-written tests by problem.
    let generatedTests: [String: [ProgramInput]]
    let toolVersion: String
    var progress: any ProgressSink
    let testsSandbox: Bool
    let stages: StageTimes
    /// What a reader of the report must know of how models were trained.
    let warnings: [String]
    /// Which part of the work to do; nil for all of it.
    let shard: ShardChoice?
    /// The problems whose candidates are executed and scored here; nil for all.
    public let part: ShardPart?

    /// Reads and checks all input; executes nothing.
    ///
    /// - Parameters:
    ///   - testsSandbox: whether hostile and honest programs are run first where that was not done on this machine, by `CorpusRecord`.
    ///   - shard: which part of the problems to execute and score. All input is read and checked all the same, and what selectors see of a problem is
    ///     what they see in a run of everything. Each shard needs a run directory of its own.
    /// - Throws: `DataError` or `DataErrors` for input that cannot be used, `SelectorError` for an unknown selector or option, `SandboxError` for a
    ///   missing Python, `RunStoreError` for an unusable run directory, `ShardError` for timings of other problems.
    public init(
        _ experiment: Experiment, selectors: SelectorRegistry, toolVersion: String,
        progress: any ProgressSink = SilentProgress(), testsSandbox: Bool = false, shard: ShardChoice? = nil
    ) async throws {
        self.shard = shard
        self.experiment = experiment
        self.testsSandbox = testsSandbox
        self.toolVersion = toolVersion
        self.progress = progress
        stages = StageTimes()
        var chosen: [ChosenSelector] = []
        for choice in experiment.selectors { chosen.append(try await selectors.makeSelector(choice)) }
        self.chosen = chosen
        _ = try inOrderOfNeed(chosen)
        let start = ContinuousClock.now
        files = try experiment.benchmarkFiles()
        let problems = try ProblemSet(reading: files, hard: experiment.hardProblems())
        try experiment.expect?.check(problems.records.map(\.problem), name: experiment.name)
        self.problems = problems
        for text in problems.untested { progress.report(.note(text)) }
        interpreter = experiment.executes ? try PythonInterpreter(resolving: experiment.execution.python) : nil
        let sanitizer = SandboxedSanitizer {
            try await experiment.makeEngine(PythonInterpreter(resolving: experiment.execution.python))
        }
        var pools: [LoadedPool] = []
        for pool in experiment.pools {
            try experiment.checkGenerated(pool, progress: progress)
            var loaded = try await LoadedPool(
                reading: pool, problems: problems, sanitizer: sanitizer, progress: progress)
            if let filter = experiment.trajectories { loaded.keep(filter) }
            pools.append(loaded)
        }
        self.pools = pools
        part = try shard.map { choice in
            let guessed = Self.expectedCosts(of: problems, pools: pools, chosen: chosen)
            return try ShardPart(choice, costs: guessed) { timings in
                try timings.measuredSeconds().ofRun(pools, problems)
            }
        }
        store = try RunStore(directory: experiment.outputs.run)
        var provided = ScoringServices()
        let runsPrograms = chosen.contains { $0.selector.descriptor.requirements.contains(.execution) }
        programRunner = runsPrograms ? experiment.makeProgramRunner(problems.index) : nil
        if let programRunner {
            provided.programRunner = programRunner
            provided.programRunnerFingerprint = try experiment.programRunnerFingerprint
        }
        let trained = try experiment.addModels(to: &provided, store: store, progress: progress)
        self.provided = provided
        warnings = experiment.warnings(about: trained, scoring: problems.records.map(\.problem))
        for warning in warnings { progress.report(.note("warning: \(warning)")) }
        do {
            generatedTests = try GeneratedTests(reading: experiment.generatedTests, problems: problems.index).byProblem
        } catch {
            throw InputErrors(error)
        }
        stages.record("read", since: start)
    }

    /// Identifies what verdicts depend on besides program and suite.
    var condition: (id: String, json: String)? {
        guard let interpreter else { return nil }
        return experiment.execution.settings.condition(interpreter: interpreter)
    }

    /// Does what is left to do and returns the whole run; a shard returns what there is of its own problems.
    ///
    /// - Parameter command: what parts of this kind are called in the run's directory.
    public func run(command: String = "run") async throws -> RunResult {
        let startedAt = MachineFacts.timestamp
        if let part { progress.report(.note(part.summary)) }
        try store.writePart(part, of: command, startedAt: startedAt)
        let previousFacts = (try? store.manifest())?.execution
        try store.replaceProblems(problems.records)
        try store.replacePools(
            pools.map { pool in
                StoredPool(
                    name: pool.name, hash: pool.hash, verdictsImported: pool.verdictsImported,
                    candidates: pool.candidates.filter { isMine($0.loaded.problemID) }.map(\.stored))
            })
        if let condition { try store.declareCondition(id: condition.id, json: condition.json) }
        var manifest = manifest(startedAt: startedAt)
        try store.write(manifest)

        let execution = try await execute(condition, previousFacts)
        if let facts = execution.facts { manifest.execution = facts }
        let scoringFailures = try await score()
        manifest.environment.finishedAt = MachineFacts.timestamp
        manifest.environment.stageSeconds = stages.all
        try store.write(manifest)
        if part == nil { try store.declareWhole() }
        let finishedAt = MachineFacts.timestamp
        try store.writePart(part, of: command, startedAt: startedAt, finishedAt: finishedAt)
        try store.checkpoint()
        return RunResult(
            record: try store.record(allowsParts: part != nil), executed: execution.executed,
            infrastructureErrors: execution.failures,
            scoringFailures: scoringFailures,
            made: part.map {
                RunParts.Part(
                    $0, of: command, facts: verdictFacts, startedAt: startedAt,
                    finishedAt: execution.failures == 0 ? finishedAt : nil)
            })
    }

    /// What verdicts depend on, for files of them that are merged.
    private var verdictFacts: [String: String] {
        var facts = [
            "benchmark": experiment.benchmark.rawValue,
            "problems": "\(problems.records.count) problems \(problems.hash.prefix(12))",
            "condition of verdicts": condition.map { String($0.id.prefix(12)) } ?? "imported",
        ]
        for pool in pools {
            facts["pool '\(pool.name)'"] = "\(pool.candidates.count) candidates \(pool.hash.prefix(12))"
        }
        return facts
    }

    /// Whether the problem's candidates are executed and scored here.
    func isMine(_ problem: String) -> Bool { part?.problems.contains(problem) ?? true }

    // MARK: Execution

    /// Executes the pools' programs that have no verdict under this condition.
    func execute(_ condition: (id: String, json: String)?, _ previousFacts: RunManifest.Execution?) async throws -> (
        facts: RunManifest.Execution?, executed: Int, failures: Int
    ) {
        guard let condition, let interpreter else { return (nil, 0, 0) }
        let plan = executionPlan(known: try store.verdicts(condition: condition.id))
        let result = try await execute(plan, condition: condition.id, interpreter)
        // Where nothing is left to run, the facts of the run that made the verdicts stand.
        return (result.facts ?? previousFacts, plan.pending, result.failures)
    }

    /// Executes what is pending of a plan.
    ///
    /// - Returns: what confined the programs, nil where nothing was left to run; and how many have no verdict because our own machinery failed.
    func execute(
        _ plan: ExecutionPlan, condition: String, _ interpreter: PythonInterpreter
    ) async throws -> (facts: RunManifest.Execution?, failures: Int) {
        progress.report(
            .began(stage: "execute", total: plan.distinct, cached: plan.distinct - plan.pending, unit: "programs"))
        guard plan.pending > 0 else { return (nil, 0) }
        let start = ContinuousClock.now
        let engine = try await experiment.makeEngine(interpreter)
        progress.report(.note("sandbox: \(engine.environment.summary)"))
        var facts = experiment.execution.facts(engine.environment)
        do {
            if let record = try await sandboxRecord(engine.environment, interpreter) {
                facts.selfTest["hostile and honest programs"] = record.summary
            }
        } catch {
            await engine.shutDown()
            throw error
        }
        let stage = ExecutionStage(
            grader: engine.grader, condition: condition, store: store, progress: progress,
            inFlight: engine.environment.workers * 2)
        do {
            var reader = files.makeReader()
            let failures = try await stage.run(plan.tasks) { try reader.next() }
            await engine.shutDown()
            progress.report(.finished(stage: "execute", seconds: stages.record("execute", since: start)))
            return (facts, failures)
        } catch {
            await engine.shutDown()
            throw error
        }
    }

    /// Distinct programs without a verdict, by problem. An infrastructure error is no verdict: it is tried again.
    func executionPlan(known: [VerdictKey: VerdictRecord]) -> ExecutionPlan {
        var plan = ExecutionPlan(known: known)
        for pool in pools where !pool.verdictsImported {
            for candidate in pool.candidates where isMine(candidate.loaded.problemID) {
                guard let entry = problems[candidate.loaded.problemID] else { continue }
                plan.add(
                    .init(gradedHash: candidate.gradedHash, text: candidate.loaded.gradedProgram),
                    problemID: candidate.loaded.problemID, suiteHash: entry.suiteHash)
            }
        }
        return plan
    }
}

/// What a run gave.
public struct RunResult: Sendable {
    /// A selector that could not score some problems of a pool.
    public struct ScoringFailure: Sendable {
        public var selector: String
        public var pool: String
        public var problems: Int
        public var message: String
    }

    public var record: RunRecord
    /// How many programs this call executed.
    public var executed: Int
    /// How many programs have no verdict because our own machinery failed.
    public var infrastructureErrors: Int
    public var scoringFailures: [ScoringFailure]
    /// What is to be kept beside a shard's file of verdicts, for merging; nil where everything was done.
    public var made: RunParts.Part?

    /// Whether every row of every table is complete.
    public var isComplete: Bool { infrastructureErrors == 0 && scoringFailures.isEmpty }
}

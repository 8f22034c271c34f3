// SPDX-License-Identifier: Apache-2.0
import ContentHash
import Datasets
import Execution
public import Foundation
public import Generation
import LanguageModels
import RunStore
import SelectorKit

/// How much a generation may take.
public struct GenerationLimits: Sendable, Hashable {
    /// In the model's currency, with what earlier calls spent on the same pool.
    public var maxCost: Double?
    /// Requests of this call.
    public var maxRequests: Int?
    /// How long this call may ask.
    public var deadlineSeconds: Double?

    public init(maxCost: Double? = nil, maxRequests: Int? = nil, deadlineSeconds: Double? = nil) {
        self.maxCost = maxCost
        self.maxRequests = maxRequests
        self.deadlineSeconds = deadlineSeconds
    }
}

/// What became of a pool.
public struct GeneratedPool: Sendable {
    public var name: String
    public var file: URL
    public var candidates: Int
    /// Candidates that there is no answer for yet; the file is written when there is none.
    public var missing: Int
    /// Why, with how many candidates each reason concerns.
    public var reasons: [String: Int]
    /// Whether a limit of cost or requests ended the work.
    public var isLimited: Bool
    /// Nil where the file was not written.
    public var totals: PoolCard.Totals?
    public var prices: Prices?
}

/// Makes the pools of an experiment that say how.
public struct PoolGeneration: Sendable {
    let experiment: Experiment
    private let pools: [(pool: Experiment.Pool, choice: Experiment.GenerationChoice)]
    let problems: ProblemSet
    let store: RunStore
    let toolVersion: String
    let progress: any ProgressSink
    let stages = StageTimes()
    /// The problems to ask about here; nil for all.
    public let part: ShardPart?
    /// The problems to ask about here.
    let records: [ProblemRecord]

    /// Reads and checks all input; asks nothing.
    ///
    /// - Parameters:
    ///   - names: of the pools, only these; empty for all that say how they are generated.
    ///   - shard: which part of the problems to ask about. Pools then go to files of the shard's own; the run directory must be its own too.
    /// - Throws: `DataError` or `InputErrors` for input that cannot be used, `RunStoreError` for an unusable run directory.
    public init(
        _ experiment: Experiment, pools names: [String] = [], toolVersion: String, progress: any ProgressSink,
        shard: ShardChoice? = nil
    ) throws {
        self.experiment = experiment
        self.toolVersion = toolVersion
        self.progress = progress
        let generated = experiment.pools.compactMap {
            pool -> (pool: Experiment.Pool, choice: Experiment.GenerationChoice)? in
            guard let generation = pool.generation else { return nil }
            var pool = pool
            if let shard { pool.candidates = pool.candidates.map { shard.shard.name(of: $0) } }
            return (pool, generation)
        }
        for name in names where !generated.contains(where: { $0.pool.name == name }) {
            guard experiment.pools.contains(where: { $0.name == name }) else {
                throw DataError(
                    file: experiment.name, field: "pools",
                    message: unknownName(name, kind: "pool", available: generated.map(\.pool.name)))
            }
            throw DataError(
                file: experiment.name, field: "pools",
                message: "Pool '\(name)' does not say how it is generated ('generate').")
        }
        pools = generated.filter { names.isEmpty || names.contains($0.pool.name) }
        guard !pools.isEmpty else {
            throw DataError(
                file: experiment.name, field: "pools",
                message: "No pool says how it is generated. Give one a 'generate'; docs/generation.md shows how.")
        }
        for (pool, _) in pools {
            let file = pool.candidates[0]
            if FileManager.default.fileExists(atPath: file.path), PoolCard(beside: file) == nil {
                throw DataError(
                    file: file.relativePath,
                    message:
                        "The file exists and was not generated (there is no card beside it, \(PoolCard.file(of: file).lastPathComponent)). Move it away, or give the pool another file."
                )
            }
        }
        problems = try ProblemSet(reading: experiment.benchmarkFiles(), hard: experiment.hardProblems())
        // What is expected is said of the problems that are evaluated; of a divided set both sides are generated.
        if !experiment.dividesProblems {
            try experiment.expect?.check(problems.records.map(\.problem), name: experiment.name)
        }
        let all = problems.records
        let samples = pools.reduce(0) { $0 + $1.choice.settings.samples }
        let part = try shard.map { try ShardPart($0, of: all, samples: samples) }
        self.part = part
        records = all.filter { part?.problems.contains($0.problem.id) ?? true }
        store = try RunStore(directory: experiment.outputs.run)
    }

    /// What answers depend on, for parts that are merged.
    func facts(_ pool: Experiment.Pool, _ stage: GenerationStage) -> [String: String] {
        [
            "benchmark": experiment.benchmark.rawValue,
            "problems": "\(problems.records.count) problems \(problems.hash.prefix(12))",
            "pool '\(pool.name)'":
                "\(stage.choice.settings.samples) samples by \(stage.client.configuration.model), generation \(stage.identity.prefix(12))",
        ]
    }

    /// What is left to ask, a line per pool.
    public func plan() throws -> String {
        try pools.map { pool, choice in
            let client = try client(of: choice, GenerationLimits())
            let stage = stage(choice, client, Budget(), topLogProbs: nil, samplesPerRequest: 1)
            let missing = try records.reduce(0) { try $0 + stage.question($1.problem).samples.count }
            let total = records.count * choice.settings.samples
            return
                "\(pool.name): \(total) candidates of \(records.count) problems with prompt '\(choice.prompt.name)' by \(client.configuration.model), \(total - missing) known, \(missing) to ask for"
        }.joined(separator: "\n")
    }

    /// What the model is asked for the first problem of each pool.
    public func firstPrompts() -> String {
        guard let problem = records.first?.problem else { return "" }
        return pools.map { pool, choice in
            let messages = choice.prompt.messages(for: problem, of: experiment.benchmark)
            let system = messages.system.map { "[system]\n\($0)\n\n" } ?? ""
            return "pool \(pool.name), problem \(problem.id)\n\n\(system)[user]\n\(messages.user)\n"
        }.joined(separator: "\n")
    }

    /// Asks for what is missing and writes the pools that are complete.
    public func run(_ limits: GenerationLimits = GenerationLimits()) async throws -> [GeneratedPool] {
        if limits.maxCost != nil {
            for (pool, choice) in pools where experiment.languageModels[choice.languageModel]?.prices == nil {
                throw DataError(
                    file: experiment.name, field: "languageModels.\(choice.languageModel)",
                    message:
                        "A limit of cost is given, and there are no prices for pool '\(pool.name)'. Give the model 'prices' (of a million tokens each)."
                )
            }
        }
        let startedAt = MachineFacts.timestamp
        if let part { progress.report(.note(part.summary)) }
        var facts: [String: String] = [:]
        for (pool, choice) in pools {
            let stage = stage(choice, try client(of: choice, limits), Budget(), topLogProbs: nil, samplesPerRequest: 1)
            facts.merge(self.facts(pool, stage)) { first, _ in first }
        }
        try store.writePart(part, of: "generate", facts: facts, startedAt: startedAt)
        var results: [GeneratedPool] = []
        for (pool, choice) in pools {
            results.append(try await run(pool, choice, limits))
        }
        let isComplete = results.allSatisfy { $0.missing == 0 }
        try store.writePart(
            part, of: "generate", facts: facts, startedAt: startedAt,
            finishedAt: isComplete ? MachineFacts.timestamp : nil)
        try store.checkpoint()
        return results
    }
}

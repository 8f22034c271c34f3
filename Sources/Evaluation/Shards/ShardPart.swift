// SPDX-License-Identifier: Apache-2.0
import Datasets
public import Foundation
import RunStore
import SelectorKit

/// Which part of the work to do, and what the parts are balanced by.
public struct ShardChoice: Sendable, Hashable {
    public var shard: Shard
    /// A run's directory whose measured times are taken for the expected costs; nil for guesses by the input alone.
    public var timings: URL?

    public init(_ shard: Shard, timings: URL? = nil) {
        self.shard = shard
        self.timings = timings
    }
}

/// The problems of one shard.
public struct ShardPart: Sendable, Hashable {
    public let shard: Shard
    public let problems: Set<String>
    /// How many problems all shards have together.
    public let allProblems: Int
    /// Identifies how the problems are divided: equal for shards that fit together.
    public let partition: String
    /// The share of the expected cost that falls to this shard, from 0 to 1.
    public let share: Double

    /// - Parameter costs: the expected cost of every problem.
    init(_ choice: ShardChoice, costs: [String: Double], measuredBy timings: (RunStore) throws -> [String: Double])
        throws
    {
        var costs = costs
        if let file = choice.timings {
            let measured = try timings(RunStore.existing(directory: file))
            guard costs.keys.contains(where: { (measured[$0] ?? 0) > 0 }) else {
                throw ShardError(
                    "\(file.displayPath): This run has measured none of the problems here. Give --timings a run on the same problems, or leave it out."
                )
            }
            costs = ExpectedCost.adjusted(costs, to: measured)
        }
        let partition = ProblemPartition(costs, into: choice.shard.count)
        shard = choice.shard
        problems = Set(partition.parts[choice.shard.index - 1])
        allProblems = costs.count
        self.partition = partition.digest
        let total = partition.costs.reduce(0, +)
        share = total > 0 ? partition.costs[choice.shard.index - 1] / total : 1 / Double(choice.shard.count)
    }

    /// A part of the problems that a model is asked about, so many times each.
    init(_ choice: ShardChoice, of problems: [ProblemRecord], samples: Int) throws {
        var costs: [String: Double] = [:]
        for record in problems {
            costs[record.problem.id] = Double(samples) * ExpectedCost.answer(to: record.problem.statement)
        }
        try self.init(choice, costs: costs) { timings in
            try timings.measuredSeconds().perAnswer.mapValues { $0 * Double(samples) }
        }
    }

    /// `shard 2/8: 5 of 36 problems, 12.6 % of the expected cost`
    public var summary: String {
        let percent = (share * 1000).rounded() / 10
        return "shard \(shard): \(problems.count) of \(allProblems) problems, \(percent) % of the expected cost"
    }
}

extension Pipeline {
    /// The expected cost of executing and scoring each problem's candidates.
    static func expectedCosts(
        of problems: ProblemSet, pools: [LoadedPool], chosen: [ChosenSelector]
    ) -> [String: Double] {
        var costs = Dictionary(uniqueKeysWithValues: problems.records.map { ($0.problem.id, 0.0) })
        var seen: Set<String> = []
        let asking = chosen.count { $0.selector.descriptor.asksModel }
        for pool in pools {
            for entry in pool.candidates {
                let id = entry.loaded.problemID
                guard let problem = problems[id] else { continue }
                let bytes = entry.loaded.candidate.program.utf8.count
                var cost = Double(chosen.count - asking) * ExpectedCost.text(bytes: bytes, byModel: false)
                cost += Double(asking) * ExpectedCost.text(bytes: bytes, byModel: true)
                // Each distinct program is executed once.
                if !pool.verdictsImported, seen.insert(id + "\n" + entry.gradedHash).inserted {
                    cost += ExpectedCost.execution(tests: problem.expectedTests)
                }
                costs[id, default: 0] += cost
            }
        }
        return costs
    }

    /// The part of the prefixes that this shard completes; nil where everything is done here.
    func part(of prefixes: [PrefixKey: Prefix], _ options: RolloutOptions) throws -> ShardPart? {
        guard let choice = shard else { return nil }
        var costs = Dictionary(uniqueKeysWithValues: problems.records.map { ($0.problem.id, 0.0) })
        for (key, prefix) in prefixes.sorted(by: { $0.key < $1.key }) {
            let tests = problems[key.problemID]?.expectedTests ?? 1
            let one =
                ExpectedCost.text(bytes: prefix.text.utf8.count, byModel: true) + ExpectedCost.execution(tests: tests)
            costs[key.problemID, default: 0] += one * Double(max(options.samples, 1))
        }
        // A whole run on the same problems tells how much longer one problem's programs take than another's.
        return try ShardPart(choice, costs: costs) { store in
            let seconds = try store.measuredSeconds()
            var measured: [String: Double] = [:]
            for (key, _) in prefixes.sorted(by: { $0.key < $1.key }) {
                guard let mean = seconds.perVerdict[key.problemID] else { continue }
                measured[key.problemID, default: 0] += mean * Double(max(options.samples, 1))
            }
            return measured
        }
    }
}

extension MeasuredSeconds {
    /// What executing and scoring each problem of these pools takes, where it was measured.
    func ofRun(_ pools: [LoadedPool], _ problems: ProblemSet) -> [String: Double] {
        var costs = scoring
        var seen: Set<String> = []
        for pool in pools where !pool.verdictsImported {
            for entry in pool.candidates where seen.insert(entry.loaded.problemID + "\n" + entry.gradedHash).inserted {
                guard let mean = perVerdict[entry.loaded.problemID] else { continue }
                costs[entry.loaded.problemID, default: 0] += mean
            }
        }
        return costs
    }
}

extension RunStore {
    /// Notes what part of the work this call does; nothing where it does all.
    func writePart(
        _ part: ShardPart?, of command: String, facts: [String: String] = [:], startedAt: String,
        finishedAt: String? = nil
    ) throws {
        guard let part else { return }
        try write(RunParts.Part(part, of: command, facts: facts, startedAt: startedAt, finishedAt: finishedAt))
    }
}

extension RunParts.Part {
    /// A part that this machine makes.
    init(_ part: ShardPart, of command: String, facts: [String: String], startedAt: String, finishedAt: String?) {
        self.init(
            command: command, index: part.shard.index, count: part.shard.count, partition: part.partition,
            problems: part.problems.count, facts: facts, startedAt: startedAt, finishedAt: finishedAt,
            processor: MachineFacts.processor, operatingSystem: MachineFacts.operatingSystem)
    }
}

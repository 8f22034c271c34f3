// SPDX-License-Identifier: Apache-2.0
import Evaluation
import Foundation
import Testing

@Suite struct ProblemPartitionTests {
    /// Costs of every kind, among them equal ones, none at all, and a few that outweigh the others.
    private func costs(_ problems: Int, _ random: inout some RandomNumberGenerator) -> [String: Double] {
        var costs: [String: Double] = [:]
        for index in 0..<problems {
            let kind = Int.random(in: 0..<4, using: &random)
            let cost =
                switch kind {
                case 0: 1.0
                case 1: Double.random(in: 0...10, using: &random)
                case 2: 0.0
                default: Double.random(in: 0...1, using: &random) < 0.1 ? 500.0 : 2.5
                }
            costs["p\(index)"] = cost
        }
        return costs
    }

    @Test func partsAreTheWholeWithoutOverlapAndAsEvenAsLongestFirstPromises() {
        var random = SplitMix(state: 7)
        for _ in 0..<400 {
            let problems = Int.random(in: 1...60, using: &random)
            let count = Int.random(in: 1...12, using: &random)
            let costs = costs(problems, &random)
            let partition = ProblemPartition(costs, into: count)
            #expect(partition.parts.count == count)
            #expect(partition.parts.flatMap { $0 }.sorted() == costs.keys.sorted())
            for (part, cost) in zip(partition.parts, partition.costs) {
                let sum = part.reduce(0) { $0 + (costs[$1] ?? 0) }
                #expect(abs(sum - cost) < 1e-9 * max(1, sum))
            }
            // Graham: at most 4/3 of the best possible, which is no less than the mean and the largest problem.
            let total = costs.values.reduce(0, +)
            let largest = costs.values.max() ?? 0
            let sorted = costs.values.sorted(by: >)
            let pair = sorted.count > count ? sorted[count - 1] + sorted[count] : 0
            let best = max(total / Double(count), largest, pair)
            #expect((partition.costs.max() ?? 0) <= best * (4.0 / 3) + 1e-9)
        }
    }

    @Test func thePartitionDoesNotDependOnTheOrderOfProblems() {
        let pairs = (0..<50).map { ("problem \($0)", Double($0 % 7)) }
        let first = ProblemPartition(Dictionary(uniqueKeysWithValues: pairs), into: 6)
        let second = ProblemPartition(Dictionary(uniqueKeysWithValues: pairs.reversed()), into: 6)
        #expect(first == second && first.digest == second.digest)
        #expect(first.digest != ProblemPartition(Dictionary(uniqueKeysWithValues: pairs), into: 5).digest)
        // Known by hand: the largest go to parts of their own, then each to the least.
        let small = ProblemPartition(["a": 5, "b": 4, "c": 3, "d": 3, "e": 1], into: 2)
        #expect(small.parts == [["a", "d"], ["b", "c", "e"]])
        #expect(small.costs == [8, 8])
    }

    @Test func problemsWithoutCostsAreSharedOutEvenly() {
        let partition = ProblemPartition(Dictionary(uniqueKeysWithValues: (0..<10).map { ("p\($0)", 0) }), into: 4)
        #expect(partition.parts.map(\.count) == [3, 3, 2, 2])
        #expect(ProblemPartition(["a": .nan, "b": -1, "c": .infinity], into: 3).parts.map(\.count) == [1, 1, 1])
        #expect(ProblemPartition(["a": 1], into: 3).parts == [["a"], [], []])
    }

    @Test func shardsAreReadAndRefused() throws {
        #expect(try Shard("2/8") == Shard(index: 2, of: 8))
        for (text, words) in [
            ("0/8", "numbered from 1 to 8"), ("9/8", "numbered from 1 to 8"), ("1/0", "1 to 100000 shards"),
            ("", "such as 2/8"), ("2", "such as 2/8"), ("2/8/1", "such as 2/8"), ("a/b", "such as 2/8"),
            ("-1/8", "does not exist"), ("/8", "such as 2/8"), ("1.5/8", "such as 2/8"),
        ] {
            let error = #expect(throws: ShardError.self) { try Shard(text) }
            #expect(error?.description.contains(words) == true, "\(text): \(error?.description ?? "")")
        }
    }

    @Test func outputsOfShardsHaveNamesOfTheirOwn() throws {
        let shard = try Shard("2/8")
        func name(_ path: String) -> String { shard.name(of: URL(fileURLWithPath: path)).path }
        #expect(name("/runs/demo") == "/runs/demo.2-of-8")
        #expect(name("/pools/cof.jsonl.gz") == "/pools/cof.2-of-8.jsonl.gz")
        #expect(name("/a/verdicts.jsonl") == "/a/verdicts.2-of-8.jsonl")
        #expect(name("/a/v1.5") == "/a/v1.5.2-of-8")
    }
}

private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}

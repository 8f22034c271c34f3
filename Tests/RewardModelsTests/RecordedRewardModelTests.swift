// SPDX-License-Identifier: Apache-2.0
import Foundation
import RewardModels
import SelectorKit
import Testing

@Suite struct RecordedRewardModelTests {
    private let problem = Problem(id: "p", benchmark: "test", statement: "")

    private func row(_ prefix: String, _ reward: String, _ more: String = "") -> String {
        #"{"problem": "p", "prefix": "\#(RecordedReward.hash(of: prefix))", "reward": \#(reward)\#(more)}"#
    }

    private func model(_ lines: String...) throws -> RecordedRewardModel {
        try RecordedRewardModel(Data((lines.joined(separator: "\n") + "\n").utf8), name: "scores.jsonl")
    }

    @Test func prefixesAreFoundByTheirHash() async throws {
        let model = try model(row("a", "0.25"), row("ab", "0.75", #", "approximate": true"#))
        let rewards = try await model.rewards(for: ["a", "ab"], of: problem)
        #expect(rewards.values == [0.25, 0.75])
        #expect(rewards.cost.approximations == 1)
    }

    @Test func theHashIsPlainSHA256() {
        #expect(
            RecordedReward.hash(of: "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(RecordedReward.hash(of: "") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }

    @Test func whatIsMissingIsCounted() async throws {
        let model = try model(row("a", "0.25"))
        await #expect {
            try await model.rewards(for: ["a", "ab", "abc"], of: problem)
        } throws: {
            "\($0)".contains("lacks the rewards of 2 of the 3 prefixes") && "\($0)".contains("'p'")
        }
    }

    @Test(arguments: [
        (#"{"problem": "p", "prefix": "x", "reward": 0.5}"#, "scores.jsonl:2: field 'prefix'"),
        (#"{"problem": "p", "reward": 0.5}"#, "scores.jsonl:2: field 'prefix': The field is missing."),
        (#"{"problem": "p", "prefix": "x", "reward": NaN}"#, "scores.jsonl:2: field 'reward'"),
        (#"{"problem": "p", "prefix": "x", "reward": "0.5"}"#, "scores.jsonl:2: field 'reward'"),
        (#"{"problem": "p", "pre"#, "scores.jsonl:2"),
    ])
    func mistakesNameLineAndField(_ line: String, _ expected: String) throws {
        #expect {
            try model(row("a", "0.25"), line)
        } throws: {
            "\($0)".contains(expected)
        }
    }

    @Test(arguments: ["1.5", "-0.1", "1e999"])
    func rewardsOutsideTheUnitIntervalAreRefused(_ reward: String) throws {
        #expect(throws: RecordedRewardError.self) { try model(row("a", reward)) }
    }

    @Test func twoRewardsForOnePrefixAreRefused() throws {
        #expect {
            try model(row("a", "0.25"), row("a", "0.25"), row("a", "0.5"))
        } throws: {
            "\($0)".contains("scores.jsonl:3") && "\($0)".contains("Line 2")
        }
    }
}

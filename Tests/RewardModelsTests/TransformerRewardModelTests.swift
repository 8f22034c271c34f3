// SPDX-License-Identifier: Apache-2.0
import Fixtures
import Foundation
import SelectorKit
import Testing
import Transformer

@testable import RewardModels

/// Rewards of a small checkpoint in process.
@Suite struct TransformerRewardModelTests {
    private let problem = Problem(id: "p", benchmark: "test", statement: "Print the sum of two numbers. Größe: 3.")
    private static let steps = [
        "def main():\n    print(add(*read()))\n\n", "def add(a, b):\n    return a + b\n\n",
        "def read():\n    return map(int, input().split())\n\nmain()\n",
    ]
    private static let prefixes = RewardedPrefix.all(
        steps.indices.map { steps[...$0].joined() })

    private func model(
        _ folder: URL, _ checkpoint: TinyCheckpoint = TinyCheckpoint(),
        _ change: (inout TransformerRewardModel.Options) -> Void = { _ in }
    ) throws -> TransformerRewardModel {
        try checkpoint.write(to: folder)
        var options = TransformerRewardModel.Options()
        options.threads = 2
        change(&options)
        return try TransformerRewardModel(folder: folder, options: options)
    }

    @Test func rewardsAreThoseOfEachPromptByItself() async throws {
        try await withTemporaryFolder { folder in
            let model = try model(folder)
            let answer = try await model.rewards(for: Self.prefixes, of: problem)
            var tokens = 0
            for (prefix, reward) in zip(Self.prefixes, answer.values) {
                // The plain way: the whole prompt through the model, and two logits of its last row.
                let messages = try RewardPrompt().messages(for: prefix, of: problem)
                let ids = model.input.language.chat.encode([
                    .init(.system, messages.system), .init(.user, messages.user),
                ])
                tokens += ids.count
                let plain = try Checkpoint(folder: folder).model(threads: 1)
                let hidden = try plain.forward([.init(ids)])[0].hidden
                let logits = plain.logits(Array(hidden.suffix(plain.shape.width)))
                let expected = GenerativeReward.sigmoid(Double(logits[10]) - Double(logits[12]))
                #expect(abs(reward - expected) < 1e-5)
                #expect(reward > 0 && reward < 1)
            }
            #expect(Set(answer.values).count == 3)
            // Each prompt begins with the same instructions, problem and code: only endings are computed again.
            #expect(answer.cost.promptTokens + answer.cost.sharedTokens == tokens)
            #expect(answer.cost.promptTokens < tokens / 2)
            #expect(answer.cost.forwardPasses == 3)
        }
    }

    @Test func otherProgramsOfAProblemShareItsPrompt() async throws {
        try await withTemporaryFolder { folder in
            let model = try model(folder)
            let first = try await model.rewards(for: Self.prefixes, of: problem)
            let again = try await model.rewards(for: Self.prefixes, of: problem)
            #expect(zip(first.values, again.values).allSatisfy { abs($0 - $1) < 1e-6 })
            // Nothing but the last token of the longest prompt, and the endings of the others.
            #expect(again.cost.promptTokens < first.cost.promptTokens / 2)
            let other = try await model.rewards(for: [RewardedPrefix("x = 1\n", isWhole: true)], of: problem)
            let alone = try await self.model(folder).rewards(
                for: [RewardedPrefix("x = 1\n", isWhole: true)], of: problem)
            #expect(abs(other.values[0] - alone.values[0]) < 1e-6)
            #expect(other.cost.promptTokens < alone.cost.promptTokens / 4)
        }
    }

    @Test func headsOfOneNumberAreRead() async throws {
        var checkpoint = TinyCheckpoint()
        checkpoint.heads = ["score", "v_head.summary"]
        try await withTemporaryFolder { folder in
            let scalar = try model(folder, checkpoint) { $0.head = .scalar }
            let rewards = try await scalar.rewards(for: Self.prefixes, of: problem).values
            #expect(Set(rewards).count == 3)
            // By hand: the number at the line's end that the prefix ends with, of one pass over the whole program.
            let lines = try model(folder, checkpoint) { $0.head = .lines }
            let values = try await lines.rewards(for: Self.prefixes, of: problem)
            let tokenizer = lines.input.language.tokenizer
            var ids = tokenizer.encode(problem.statement + "\n")
            var ends: [Int] = []
            for line in Self.steps.joined().split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
                ids += tokenizer.encode(String(line)) + tokenizer.encode("\n")
                ends.append(ids.count - 1)
            }
            let plain = try Checkpoint(folder: folder).model(threads: 1)
            let hidden = try plain.forward([.init(ids)])[0].hidden
            let weights = try #require(try Checkpoint(folder: folder).tensor("v_head.summary.weight")).floats
            let bias = try #require(try Checkpoint(folder: folder).tensor("v_head.summary.bias")).floats[0]
            for (line, value) in zip([2, 5, 9], values.values) {
                let state = hidden[ends[line] * 16..<(ends[line] + 1) * 16]
                let logit = zip(state, weights).reduce(bias) { $0 + $1.0 * $1.1 }
                #expect(abs(value - GenerativeReward.sigmoid(Double(logit))) < 1e-5)
            }
            // One pass for all.
            #expect(values.cost.promptTokens == ids.count)
            #expect(values.cost.forwardPasses == 1)
        }
    }

    @Test func fingerprintsTellModelsAndQuestionsApart() throws {
        try withTemporaryFolder { folder in
            var other = TinyCheckpoint()
            other.seed = 2
            let models = [
                try model(folder), try model(folder), try model(folder) { $0.prompt = .outcome },
                try model(folder) { $0.plus = "y" }, try model(folder) { $0.maxTokens = 500 },
                try model(folder) { $0.showsCompleteness = true }, try model(folder, other),
            ]
            #expect(models[0].fingerprint == models[1].fingerprint)
            #expect(Set(models.map(\.fingerprint)).count == 6)
        }
    }

    @Test func longPromptsLoseTheMiddleOfTheProblem() async throws {
        try await withTemporaryFolder { folder in
            let model = try model(folder) { $0.maxTokens = 1500 }
            var long = problem
            long.statement = "Begin. " + String(repeating: "and so on ", count: 200) + "End."
            let reward = try await model.rewards(for: Self.prefixes, of: long)
            #expect(reward.values.count == 3)
            let program = RewardedPrefix(String(repeating: "x = 1\n", count: 400), isWhole: true)
            await #expect { try await model.rewards(for: [program], of: long) } throws: {
                "\($0)".contains("takes more than 1500 tokens")
            }
        }
    }

    @Test func mistakesAreNamed() throws {
        try withTemporaryFolder { folder in
            #expect { try model(folder) { $0.plus = "yes" } } throws: { "\($0)".contains("'yes' is 3 tokens") }
            #expect { try model(folder) { $0.head = .scalar } } throws: {
                "\($0)".contains("lacks tensor 'score.weight'")
            }
            #expect { try model(folder) { $0.maxTokens = 5000 } } throws: {
                "\($0)".contains("4096 tokens, not of 5000")
            }
            try Data("{".utf8).write(to: folder.appendingPathComponent("tokenizer.json"))
            #expect { try TransformerRewardModel(folder: folder) } throws: { "\($0)".contains("tokenizer.json") }
        }
    }
}

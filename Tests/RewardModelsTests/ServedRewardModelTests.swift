// SPDX-License-Identifier: Apache-2.0
import Fixtures
import Foundation
import LanguageModels
import RewardModels
import SelectorKit
import Testing

@Suite struct ServedRewardModelTests {
    private let problem = Problem(id: "p", benchmark: "test", statement: "Add two numbers.")

    private func model(
        _ server: TestServer, _ options: ServedRewardModel.Options = .init()
    ) throws -> ServedRewardModel {
        let url = try #require(URL(string: server.url))
        return ServedRewardModel(client: ServerClient(.init(url: url, model: "m"), environment: [:]), options: options)
    }

    private static func chat(_ logProbs: [(String, Double)]) -> TestServer.Reply {
        let tokens = logProbs.map { #"{"token": "\#($0.0)", "logprob": \#($0.1)}"# }.joined(separator: ", ")
        return .json(
            #"{"choices": [{"message": {"content": "+"}, "logprobs": {"content": [{"token": "+", "logprob": -0.5, "top_logprobs": [\#(tokens)]}]}}]}"#
        )
    }

    @Test func rewardsAreReadFromTheFirstTokensProbabilities() async throws {
        let server = try TestServer { number, _ in Self.chat([("+", -0.5), ("-", -0.5 - Double(number))]) }
        defer { server.stop() }
        let model = try model(server)
        var values: [Double] = []
        for prefix in ["a", "ab", "abc"] {
            values += try await model.rewards(for: [prefix], of: problem).values
        }
        for (number, value) in values.enumerated() { #expect(abs(value - 1 / (1 + exp(-Double(number)))) < 1e-12) }
        let body = try #require(server.requests.first).json
        #expect(body["max_tokens"] as? Int == 1)
        #expect(body["top_logprobs"] as? Int == 20)
        let messages = try #require(body["messages"] as? [[String: String]])
        #expect(messages.map { $0["role"] } == ["system", "user"])
        #expect(messages[1]["content"] == "## Problem\nAdd two numbers.\n\n## Solution so far\n```python\na\n```\n")
    }

    @Test func aMissingTokenIsBoundedAndMarked() async throws {
        let server = try TestServer { _, _ in Self.chat([("+", -0.5), ("x", -3)]) }
        defer { server.stop() }
        let rewards = try await model(server).rewards(for: ["a"], of: problem)
        #expect(abs(rewards.values[0] - 1 / (1 + exp(-2.5))) < 1e-12)
        #expect(rewards.cost.approximations == 1)
    }

    @Test func tokensThatTheModelNeverAnswersAreAnError() async throws {
        let server = try TestServer { _, _ in
            .json(
                #"{"choices": [{"message": {"content": "x"}, "logprobs": {"content": [{"token": "x", "logprob": -0.1, "top_logprobs": [{"token": "Yes", "logprob": -0.1}]}]}}]}"#
            )
        }
        defer { server.stop() }
        let model = try model(server)
        await #expect {
            try await model.rewards(for: ["a"], of: problem)
        } throws: {
            "\($0)".contains("never answers '+' or '-'") && "\($0)".contains("'Yes'")
        }
    }

    @Test func aServerWithoutLogProbabilitiesIsAnError() async throws {
        let server = try TestServer { _, _ in .json(#"{"choices": [{"message": {"content": "+"}}]}"#) }
        defer { server.stop() }
        let model = try model(server)
        await #expect {
            try await model.rewards(for: ["a"], of: problem)
        } throws: {
            "\($0)".contains("gives no log-probabilities")
        }
    }

    @Test func completionsAreLaidOutHereAndBiasIsEqual() async throws {
        let server = try TestServer { _, _ in
            .json(
                #"{"choices": [{"text": "+", "logprobs": {"tokens": ["+"], "token_logprobs": [-0.2], "top_logprobs": [{"+": -0.2, "-": -1.7}]}}]}"#
            )
        }
        defer { server.stop() }
        let options = ServedRewardModel.Options(
            api: .completions, logitBias: .init(tokenIDs: [10, 12], bias: 50), prompt: .init(kind: .outcome))
        let rewards = try await model(server, options).rewards(for: ["print(1)\n"], of: problem)
        #expect(abs(rewards.values[0] - 1 / (1 + exp(-1.5))) < 1e-12)
        let request = try #require(server.requests.first)
        #expect(request.path == "/v1/completions")
        #expect(request.json["logit_bias"] as? [String: Double] == ["10": 50, "12": 50])
        let prompt = try #require(request.json["prompt"] as? String)
        #expect(prompt.hasPrefix("<|im_start|>system\n"))
        #expect(prompt.hasSuffix("## Solution\n```python\nprint(1)\n```\n<|im_end|>\n<|im_start|>assistant\n"))
        #expect(!prompt.contains("so far"))
    }

    @Test(arguments: [
        (ServedRewardModel.API.pooling, #"{"data": [{"data": [0.0]}]}"#, 0.5),
        (.pooling, #"{"data": [{"data": [[5.0], [0.0]]}], "usage": {"prompt_tokens": 9}}"#, 0.5),
        (.classify, #"{"data": [{"probs": [0.25]}]}"#, 0.25),
    ])
    func scalarHeadsAreAskedBesideTheVersion(
        _ api: ServedRewardModel.API, _ body: String, _ expected: Double
    ) async throws {
        let server = try TestServer { _, _ in .json(body) }
        defer { server.stop() }
        let rewards = try await model(server, .init(api: api)).rewards(for: ["a"], of: problem)
        #expect(rewards.values == [expected])
        #expect(server.requests.first?.path == "/\(api.rawValue)")
    }

    @Test func longProblemsLoseTheirMiddleNeverTheCode() async throws {
        let server = try TestServer { _, _ in Self.chat([("+", -1), ("-", -1)]) }
        defer { server.stop() }
        let long = Problem(
            id: "p", benchmark: "test", statement: "HEAD" + String(repeating: "x", count: 5000) + "TAIL")
        let code = String(repeating: "print(1)\n", count: 50)
        let model = try model(server, .init(prompt: .init(maxCharacters: 2500)))
        _ = try await model.rewards(for: [code], of: long)
        let messages = try #require(server.requests.first?.json["messages"] as? [[String: String]])
        let user = try #require(messages.last?["content"])
        #expect(user.contains("HEAD") && user.contains("TAIL") && user.contains("[...]") && user.contains(code))
        #expect(messages.compactMap { $0["content"]?.count }.reduce(0, +) == 2500)
        #expect(model.client.activity.shortened == 1)
        let tooLong = String(repeating: "print(1)\n", count: 500)
        await #expect(throws: SelectorError.self) { try await model.rewards(for: [tooLong], of: long) }
    }

    @Test func theFingerprintIsOfTheQuestionNotOfTheAddress() throws {
        func fingerprint(
            _ address: String, model: String = "m", _ options: ServedRewardModel.Options = .init()
        ) throws -> String {
            let url = try #require(URL(string: address))
            return ServedRewardModel(client: ServerClient(.init(url: url, model: model)), options: options).fingerprint
        }
        let one = try fingerprint("http://a/v1")
        #expect(try fingerprint("http://b/v1") == one)
        #expect(try fingerprint("http://a/v1", model: "n") != one)
        #expect(try fingerprint("http://a/v1", .init(tokens: .init(plus: ["yes"]))) != one)
        #expect(try fingerprint("http://a/v1", .init(prompt: .init(kind: .outcome))) != one)
    }

    @Test(.enabled(if: SharedData.isPresent, Comment(rawValue: SharedData.missing)))
    func rewardsEqualTheReference() throws {
        let text = try Data(contentsOf: SharedData.vectors("prm_scores.json"))
        let root = try #require(try JSONSerialization.jsonObject(with: text) as? [String: Any])
        let cases = try #require(root["probabilities"] as? [[String: Any]])
        #expect(cases.count > 10)
        func number(_ value: Any?) -> Double {
            if let text = value as? String { return Double(text) ?? (text == "-Infinity" ? -.infinity : .nan) }
            return (value as? NSNumber)?.doubleValue ?? .nan
        }
        for row in cases {
            let reward = GenerativeReward.reward(
                logPlus: number(row["logp_plus"]), logMinus: number(row["logp_minus"]))
            let expected = number(row["r"])
            if expected.isNaN {
                #expect(reward == nil)
            } else {
                #expect(abs((reward ?? .nan) - expected) <= 1e-12, "\(row)")
            }
        }
    }

    /// From a whole row of logits to the reward: the vocabulary's other words make no difference.
    @Test(.enabled(if: SharedData.isPresent, Comment(rawValue: SharedData.missing)))
    func rewardsOfWholeVocabulariesEqualTheReference() throws {
        struct File: Decodable {
            struct Row: Decodable {
                var logits: [Double]
                var plus_index: Int
                var minus_index: Int
                var r: Double
            }
            var vocab_rows: [Row]
        }
        let file = try JSONDecoder().decode(File.self, from: Data(contentsOf: SharedData.vectors("prm_scores.json")))
        #expect(!file.vocab_rows.isEmpty)
        for row in file.vocab_rows {
            let largest = row.logits.max() ?? 0
            let normaliser = largest + log(row.logits.reduce(0) { $0 + exp($1 - largest) })
            var alternatives: [String: Double] = [:]
            for (index, logit) in row.logits.enumerated() {
                let name = index == row.plus_index ? "+" : index == row.minus_index ? "-" : "word \(index)"
                alternatives[name] = logit - normaliser
            }
            guard case .exact(let reward) = GenerativeReward().read(alternatives) else {
                Issue.record("Both tokens are there.")
                continue
            }
            #expect(abs(reward - row.r) <= 1e-12)
        }
    }
}

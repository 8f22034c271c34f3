// SPDX-License-Identifier: Apache-2.0
import Evaluation
import Fixtures
import Foundation
import RewardModels
import RunStore
import SelectorKit
import Testing

/// The reward of the whole program alone, or the mean over two prefixes.
private struct RewardSelector: Selector {
    let half: Bool

    var descriptor: SelectorDescriptor {
        SelectorDescriptor(
            name: "reward", version: 1, scope: .candidate, requirements: [.rewardModel(role: "prm")])
    }

    func score(_ pool: CandidatePool, in context: SelectionContext) async throws -> [CandidateScore] {
        let model = try context.rewardModel("prm")
        var scores: [CandidateScore] = []
        for candidate in pool.candidates {
            let prefixes = half ? [String(candidate.program.prefix(5)), candidate.program] : [candidate.program]
            let rewards = try await model.rewards(for: prefixes, of: pool.problem).values
            scores.append(.value(rewards.reduce(0, +) / Double(rewards.count), steps: rewards))
        }
        return scores
    }
}

private enum RewardPlugin: SelectorPlugin {
    struct Options: Codable, Sendable { var half = true }
    static let name = "reward"
    static let summary = "for tests"
    static let defaultOptions = Options()
    static func makeSelector(options: Options) -> any Selector { RewardSelector(half: options.half) }
}

@Suite struct ServedModelRunTests {
    private static let ids = (0..<6).map { "p\($0)" }

    private func experiment(in folder: URL, models: String, run: String = "run", selectors: String = "[reward]") throws
        -> Experiment
    {
        try Self.ids.map { SmallProblems.row($0) + "\n" }.joined()
            .write(to: folder.appendingPathComponent("problems.jsonl"), atomically: true, encoding: .utf8)
        let rows = Self.ids.flatMap { id in
            (0..<3).map {
                #"{"problem": "\#(id)", "model": "m", "sample": \#($0), "code": "print(\#($0))  # \#(id)", "official_pass": true, "verdict": {"passed": \#($0 == 1), "source": "test"}}"#
                    + "\n"
            }
        }
        try rows.joined().write(to: folder.appendingPathComponent("pool.jsonl"), atomically: true, encoding: .utf8)
        return try Experiment(
            yaml: """
                benchmark: livecodebench
                problems: problems.jsonl
                pools: [{name: pool, candidates: pool.jsonl, verdicts: imported}]
                rewardModels: {prm: \(models)}
                selectors: \(selectors)
                outputs: {run: \(run)}
                """, name: "e.yaml", directory: folder)
    }

    private func run(_ experiment: Experiment) async throws -> RunResult {
        try await Pipeline(experiment, selectors: SelectorRegistry([RewardPlugin.self]), toolVersion: "test").run()
    }

    /// A log-probability that follows from the prompt.
    private static func answer(_ request: TestServer.Request) -> TestServer.Reply {
        let sum = request.body.reduce(0) { ($0 &* 31 &+ Int($1)) % 1000 }
        return .json(
            #"{"choices": [{"message": {"content": "+"}, "logprobs": {"content": [{"token": "+", "logprob": -1, "top_logprobs": [{"token": "+", "logprob": -1}, {"token": "-", "logprob": -\#(Double(sum) / 250 + 0.1)}]}]}}], "usage": {"prompt_tokens": 10, "completion_tokens": 1}}"#
        )
    }

    @Test func aServerThatDiesCostsNoRewardTwice() async throws {
        try await withTemporaryFolder { folder in
            let first = try TestServer { number, request in number < 13 ? Self.answer(request) : .drop }
            let port = first.port
            let models = "{served: \"http://127.0.0.1:\(port)/v1\", model: m, retries: 0, concurrency: 1}"
            let interrupted = try await run(experiment(in: folder, models: models))
            #expect(!interrupted.isComplete)
            #expect(interrupted.scoringFailures.count == 1)
            first.stop()

            let second = try TestServer { _, request in Self.answer(request) }
            defer { second.stop() }
            let again = models.replacingOccurrences(of: "\(port)", with: "\(second.port)")
            let result = try await run(experiment(in: folder, models: again))
            #expect(result.isComplete)
            // 6 problems, 3 programs, 2 prefixes; the programs' first five characters are the same within a problem.
            #expect(first.requests.count - 13 >= 1)
            let answered = first.requests.prefix(13).map(\.body) + second.requests.map(\.body)
            #expect(Set(answered).count == answered.count)
            #expect(answered.count == 6 * (3 + 1))
            // Another selector of the same model asks for nothing.
            let asked = second.requests.count
            let both = try await run(
                experiment(
                    in: folder, models: again,
                    selectors: "[reward, {name: reward, label: last, options: {half: false}}]"))
            #expect(both.isComplete)
            #expect(second.requests.count == asked)
        }
    }

    @Test func recordedRewardsGiveTheSameScores() async throws {
        try await withTemporaryFolder { folder in
            let server = try TestServer { _, request in Self.answer(request) }
            defer { server.stop() }
            let served = try await run(
                experiment(in: folder, models: "{served: \"\(server.url)\", model: m}"))
            let store = try RunStore.existing(directory: folder.appendingPathComponent("run"))
            let model = try #require(try store.manifest().models?.first)
            #expect(model.role == "prm")
            let rows = try store.rewards(of: model.fingerprint).map { reward in
                String(
                    decoding: try JSONEncoder().encode(
                        RecordedReward(
                            problem: reward.problem, prefix: reward.key.prefixHash, reward: reward.value.value)),
                    as: UTF8.self) + "\n"
            }
            #expect(rows.count == 24)
            try rows.joined().write(
                to: folder.appendingPathComponent("prm.jsonl"), atomically: true, encoding: .utf8)
            let recorded = try await run(
                experiment(in: folder, models: "{recorded: prm.jsonl}", run: "again"))
            #expect(recorded.isComplete)
            func values(_ result: RunResult) -> [String: [CandidateScore]] {
                (result.record.selectors.first?.scores["pool"] ?? [:]).compactMapValues {
                    if case .scored(let scores, _, _) = $0 { scores } else { nil }
                }
            }
            #expect(values(recorded).count == 6)
            #expect(values(recorded) == values(served))
        }
    }

    @Test(arguments: [
        ("{model: m}", "rewardModels.prm.served"), ("{served: \"localhost:8000\", model: m}", "Expected an address"),
        ("{served: \"http://u:secret@h/v1\", model: m}", "must hold no password or key"),
        ("{served: \"http://h/v1\"}", "rewardModels.prm.model"),
        ("{served: \"http://h/v1\", model: m, apiKeyVariable: \"sk-123\"}", "name of an environment variable"),
        ("{served: \"http://h/v1\", model: m, toplogprobs: 3}", "Did you mean 'topLogProbs'?"),
        ("{served: \"http://h/v1\", model: m, api: chats}", "Did you mean 'chat'?"),
        ("{recorded: missing.jsonl}", "missing.jsonl"),
    ])
    func mistakesAreNamed(_ models: String, _ expected: String) async throws {
        try await withTemporaryFolder { folder in
            await #expect {
                try await run(experiment(in: folder, models: models))
            } throws: {
                "\($0)".contains(expected) && !"\($0)".contains("secret")
            }
        }
    }

    @Test func aRoleThatTheExperimentLacksFailsThatSelectorAlone() async throws {
        try await withTemporaryFolder { folder in
            var experiment = try experiment(in: folder, models: "{served: \"http://127.0.0.1:9/v1\", model: m}")
            experiment.rewardModels = [:]
            let result = try await run(experiment)
            #expect(result.scoringFailures.map(\.problems) == [6])
            #expect(result.scoringFailures.first?.message.contains("reward model 'prm'") == true)
        }
    }
}

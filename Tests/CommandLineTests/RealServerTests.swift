// SPDX-License-Identifier: Apache-2.0
import Fixtures
import Foundation
import Glibc
import LanguageModels
import RewardModels
import SelectorKit
import Testing

/// A server with real weights: `benchmarks/served/serve.py` on the tiny Qwen2 of the shared data pack. `make test-served` installs what it needs.
@Suite(
    .serialized,
    .enabled(
        if: RealServer.python != nil && SharedData.isPresent,
        "needs the shared data pack and BESTOFN_TORCH_PYTHON, a Python with torch and transformers: make test-served"))
struct RealServerTests {
    @Test func theRewardOfAKnownPromptIsTheReferences() async throws {
        try await withTemporaryFolder { folder in
            let server = try await RealServer(in: folder)
            defer { server.kill() }
            let text = try Data(contentsOf: SharedData.vectors("tiny_qwen2/tied/expected.json"))
            let root = try #require(try JSONSerialization.jsonObject(with: text) as? [String: Any])
            let expected = try #require((root["generative_prm"] as? [String: Any])?["r"] as? Double)
            let client = ServerClient(
                .init(url: try #require(URL(string: server.url)), model: "checkpoint"), environment: [:])
            let request = LanguageModelRequest(
                system: "You verify code. Answer + or -.",
                user: "Print n squared.\n```python\ndef main():\n    n = int(input())\n    print(n * n)\n```",
                maxTokens: 1, temperature: 0, topLogProbs: 512)
            for api in CompletionAPI.allCases {
                let answer = try await client.complete(request, options: .init(api: api))
                guard case .exact(let reward) = GenerativeReward().read(answer.firstToken ?? [:]) else {
                    Issue.record("The server did not tell both tokens.")
                    continue
                }
                #expect(abs(reward - expected) < 1e-3, "\(api)")
                #expect(answer.promptTokens == 90)
            }
        }
    }

    /// The checkpoint's weights are random: digits have probabilities to read, but its texts say nothing.
    @Test func judgesGoOnWhereTheServerLeftThem() async throws {
        try await withTemporaryFolder { folder in
            var server = try await RealServer(in: folder)
            defer { server.kill() }
            let experiment = """
                benchmark: humaneval
                problems: \(SharedData.data("humaneval/HumanEval.jsonl.gz").path)
                subset: {limit: 3}
                pools: [{name: gpt-4, candidates: \(SharedData.data("humaneval/candidates_gpt-4.jsonl.gz").path), verdicts: imported}]
                languageModels:
                  judge: {served: "\(server.url)", model: checkpoint, concurrency: 1, retries: 0, extra: {top_logprobs: 512}}
                selectors:
                  - {name: judge-pointwise, options: {reading: expected, maxTokens: 1}}
                  - {name: judge-knock-out, options: {maxTokens: 2, concurrency: 1}}
                outputs: {run: run}
                """
            try experiment.write(to: folder.appendingPathComponent("e.yaml"), atomically: true, encoding: .utf8)
            let (process, _, _) = try Tool.start(["run", "e.yaml"], in: folder)
            while try server.log().count < 5, process.isRunning { try await Task.sleep(for: .milliseconds(20)) }
            server.kill()
            try await onOwnThread { process.waitUntilExit() }
            #expect(process.terminationStatus == 1)

            server = try await RealServer(in: folder, port: server.port)
            let again = try await onOwnThread { try Tool.run(["run", "e.yaml"], in: folder) }
            let row = again.output.split(separator: "\n").first { $0.hasPrefix("judge-pointwise") }
            #expect(row?.hasSuffix("3 of 3") == true, "\(again.output) \(again.errors)")
            // Random words are no judgement, and that is said.
            #expect(again.status == 1)
            #expect(again.errors.contains("selector 'judge-knock-out' could not score"), "\(again.errors)")
            let log = try server.log()
            #expect(log.count > 10)
            #expect(log.count - Set(log.map(\.prompt)).count <= 1)
            _ = try await onOwnThread { try Tool.run(["run", "e.yaml"], in: folder) }
            #expect(try server.log().count == log.count)
        }
    }

    @Test func aRunSurvivesItsServer() async throws {
        try await withTemporaryFolder { folder in
            var server = try await RealServer(in: folder)
            defer { server.kill() }
            let model =
                "{served: \"\(server.url)\", model: checkpoint, api: completions, topLogProbs: 512, concurrency: 1, retries: 0"
            let experiment = """
                benchmark: humaneval
                problems: \(SharedData.data("humaneval/HumanEval.jsonl.gz").path)
                subset: {limit: 6}
                pools: [{name: gpt-4, candidates: \(SharedData.data("humaneval/candidates_gpt-4.jsonl.gz").path), verdicts: imported}]
                rewardModels:
                  prm: \(model)}
                  orm: \(model), prompt: outcome}
                selectors: [funprm, {name: orm, options: {rewardModel: orm}}]
                outputs: {run: run}
                """
            try experiment.write(to: folder.appendingPathComponent("e.yaml"), atomically: true, encoding: .utf8)
            let (process, output, errors) = try Tool.start(["run", "e.yaml"], in: folder)
            while try server.log().count < 10, process.isRunning { try await Task.sleep(for: .milliseconds(20)) }
            server.kill()
            try await onOwnThread { process.waitUntilExit() }
            let said = try String(contentsOf: output, encoding: .utf8) + String(contentsOf: errors, encoding: .utf8)
            #expect(process.terminationStatus == 1, "\(said)")
            #expect(said.contains("The server at"), "\(said)")
            let before = try server.log().count

            server = try await RealServer(in: folder, port: server.port)
            let again = try await onOwnThread { try Tool.run(["run", "e.yaml"], in: folder) }
            #expect(again.status == 0, "\(again.output) \(again.errors)")
            let log = try server.log()
            #expect(log.count > before)
            // What was under way when the server was killed was answered, and lost.
            #expect(log.count - Set(log.map(\.prompt)).count <= 1)

            // Repeated, it asks for nothing.
            #expect(try await onOwnThread { try Tool.run(["run", "e.yaml"], in: folder) }.status == 0)
            #expect(try server.log().count == log.count)

            let known = log.map(\.reward)
            for role in ["prm", "orm"] {
                let export = try await onOwnThread {
                    try Tool.run(["export", "scores", "run", "--model", role], in: folder)
                }
                let rewards = try export.output.split(separator: "\n").map {
                    try JSONDecoder().decode(RecordedReward.self, from: Data($0.utf8))
                }
                #expect(rewards.count > 5, "\(export.errors)")
                for row in rewards {
                    let nearest = known.map { abs($0 - row.reward) }.min() ?? 1
                    #expect(nearest < 1e-6, "\(role): \(row.reward)")
                    #expect(row.approximate == nil)
                }
            }
        }
    }
}

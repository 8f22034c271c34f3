// SPDX-License-Identifier: Apache-2.0
import Evaluation
import Fixtures
import Foundation
import RunStore
import SelectorKit
import Testing

/// Scores each program by the reward of its whole text.
private struct WholeSelector: CandidateScorer {
    var descriptor: SelectorDescriptor {
        SelectorDescriptor(name: "whole", version: 1, scope: .candidate, requirements: [.rewardModel(role: "prm")])
    }

    func score(_ candidate: Candidate, of problem: Problem, in context: SelectionContext) async throws -> CandidateScore
    {
        .value(try await context.rewardModel("prm").rewards(for: [candidate.program], of: problem).values[0])
    }
}

private enum WholePlugin: SelectorPlugin {
    static let name = "whole"
    static let summary = "for tests"
    static let defaultOptions = NoOptions()
    static func makeSelector(options: NoOptions) -> any Selector { WholeSelector() }
}

@Suite struct ServedModelTests {
    private static let problem = """
        {"question_title": "Sum", "question_content": "Add.", "platform": "test", "question_id": "sum", "contest_id": "t", "contest_date": "2026-01-01T00:00:00", "starter_code": "", "difficulty": "easy", "public_test_cases": "[]", "private_test_cases": "[{\\"input\\": \\"5 5\\", \\"output\\": \\"10\\", \\"testtype\\": \\"stdin\\"}]", "metadata": "{}"}

        """
    private static let candidates = """
        {"problem": "sum", "model": "m", "sample": 0, "code": "print(3)", "verdict": {"passed": false, "source": "t"}}
        {"problem": "sum", "model": "m", "sample": 1, "code": "print(10)", "verdict": {"passed": true, "source": "t"}}

        """

    private func run(_ url: String, in folder: URL) async throws -> RunResult {
        try Self.problem.write(to: folder.appendingPathComponent("problems.jsonl"), atomically: true, encoding: .utf8)
        try Self.candidates.write(to: folder.appendingPathComponent("pool.jsonl"), atomically: true, encoding: .utf8)
        let experiment = try Experiment(
            yaml: """
                benchmark: livecodebench
                problems: problems.jsonl
                pools: [{name: pool, candidates: pool.jsonl, verdicts: imported}]
                rewardModels: {prm: {served: "\(url)", model: m, retries: 1, timeoutSeconds: 20}}
                selectors: [whole]
                """, name: "e.yaml", directory: folder)
        return try await Pipeline(experiment, selectors: SelectorRegistry([WholePlugin.self]), toolVersion: "t").run()
    }

    @Test func eachPrefixIsAskedAboutOnceEver() async throws {
        let server = try HTTPTestServer { request, _ in
            let isGood = request.body.contains("print(10)")
            return .json(
                """
                {"choices": [{"message": {"content": "+"}, "logprobs": {"content": [{"token": "+", "logprob": -1.0,
                  "top_logprobs": [{"token": "+", "logprob": -1.0}, {"token": "-", "logprob": \(isGood ? -3.0 : 0.0)}]}]}}],
                 "usage": {"prompt_tokens": 40, "completion_tokens": 1}}
                """)
        }
        try await withTemporaryFolder { folder in
            for _ in 0..<2 {
                let result = try await run(server.url, in: folder)
                #expect(result.isComplete, "\(result.scoringFailures)")
                let outcome = result.record.selectors.first?.scores["pool"]?["sum"]
                guard case .scored(let scores, let cost, _) = outcome else {
                    Issue.record("no scores")
                    return
                }
                #expect(abs(scores[0].rank - 1 / (1 + exp(1))) < 1e-12)
                #expect(abs(scores[1].rank - 1 / (1 + exp(-2))) < 1e-12)
                #expect(cost == Cost(calls: 2, promptTokens: 80, completionTokens: 2))
            }
            #expect(server.requests.count == 2)
            #expect(server.requests.allSatisfy { $0.path == "/v1/chat/completions" })
        }
    }

    @Test func aServerThatIsNotThereIsOneClearErrorAndSoon() async throws {
        let server = try HTTPTestServer { _, _ in .drop }
        try await withTemporaryFolder { folder in
            let result = try await run(server.url, in: folder)
            #expect(!result.isComplete)
            #expect(result.scoringFailures.first?.message.contains("The server at http://127.0.0.1") == true)
        }
    }
}

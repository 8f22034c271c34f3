// SPDX-License-Identifier: Apache-2.0
import Baselines
import Evaluation
import ExecutionAgreement
import Fixtures
import Foundation
import RunStore
import SelectorKit
import Testing

/// Selectors that execute, in whole runs over a pool whose verdicts were imported.
@Suite struct ExecutingSelectorsTests {
    private let registry = SelectorRegistry([
        LongestPlugin.self, PublicTestsPlugin.self, ExecutionClustersPlugin.self, CodeTPlugin.self,
    ])

    private static let problems = """
        {"question_title": "Sum", "question_content": "Add.", "platform": "test", "question_id": "sum", "contest_id": "t", "contest_date": "2026-01-01T00:00:00", "starter_code": "", "difficulty": "easy", "public_test_cases": "[{\\"input\\": \\"1 2\\", \\"output\\": \\"3\\", \\"testtype\\": \\"stdin\\"}]", "private_test_cases": "[{\\"input\\": \\"5 5\\", \\"output\\": \\"10\\", \\"testtype\\": \\"stdin\\"}]", "metadata": "{}"}

        """

    /// The first passes the public test alone; the others differ from it on 3 and 4.
    private static let candidates = """
        {"problem": "sum", "sample": 0, "code": "print(3)", "verdict": {"passed": false, "source": "t"}}
        {"problem": "sum", "sample": 1, "code": "print(sum(map(int, input().split())))", "verdict": {"passed": true, "source": "t"}}
        {"problem": "sum", "sample": 2, "code": "a, b = map(int, input().split())\\nprint(a + b)", "verdict": {"passed": true, "source": "t"}}
        {"problem": "sum", "sample": 3, "code": "print(input() / 0)", "verdict": {"passed": false, "source": "t"}}

        """

    private func run(
        in folder: URL, selectors: String, tests: String = "", execution: String = "{workers: 1}"
    ) async throws -> RunResult {
        for (name, text) in [("problems", Self.problems), ("pool", Self.candidates), ("tests", tests)] {
            try text.write(to: folder.appendingPathComponent(name + ".jsonl"), atomically: true, encoding: .utf8)
        }
        let experiment = try Experiment(
            yaml: """
                benchmark: livecodebench
                problems: problems.jsonl
                pools: [{name: pool, candidates: pool.jsonl, verdicts: imported}]
                generatedTests: tests.jsonl
                selectors: \(selectors)
                execution: \(execution)
                """, name: "e.yaml", directory: folder)
        return try await Pipeline(experiment, selectors: registry, toolVersion: "test").run()
    }

    private func ranks(_ result: RunResult, _ label: String) throws -> [Double] {
        let record = try #require(result.record.selectors.first { $0.label == label })
        guard case .scored(let scores, _, _) = record.scores["pool"]?["sum"] else { return [] }
        return scores.map(\.rank)
    }

    @Test func chooseByWhatProgramsDo() async throws {
        try await withTemporaryFolder { folder in
            let result = try await run(
                in: folder,
                selectors:
                    "[public-tests, longest, {label: ordered, name: public-tests, options: {inner: longest}}, execution-clusters]",
                tests: #"{"problem": "sum", "inputs": ["3 4\n"]}"#)
            #expect(result.isComplete)
            #expect(result.executed == 0)
            // The hidden test tells the first candidate from the others; a selector must not.
            #expect(try ranks(result, "public-tests") == [1, 1, 1, 0])
            let ordered = try ranks(result, "ordered")
            #expect(ordered[2] > ordered[1] && ordered[1] > ordered[0] && ordered[0] > ordered[3])
            #expect(try ranks(result, "execution-clusters") == [1, 2, 2, -.infinity])
            // Each is charged for what it asks for, as if it had been the only one to ask.
            let first = try cost(result, "public-tests")
            #expect(first.executions == 4 && first.cpuSeconds > 0)
            #expect(try cost(result, "ordered").cpuSeconds == first.cpuSeconds)
            #expect(try cost(result, "longest") == .zero)
        }
    }

    private func cost(_ result: RunResult, _ label: String) throws -> Cost {
        let record = try #require(result.record.selectors.first { $0.label == label })
        guard case .scored(_, let cost, _) = record.scores["pool"]?["sum"] else { return .zero }
        return cost
    }

    @Test func knownScoresNeedNoSandbox() async throws {
        try await withTemporaryFolder { folder in
            _ = try await run(in: folder, selectors: "[public-tests]")
            let manyWorkers = "{workers: 2}"
            let again = try await run(in: folder, selectors: "[public-tests]", execution: manyWorkers)
            #expect(try ranks(again, "public-tests") == [1, 1, 1, 0])
            // Other conditions are other outputs; other generated tests are not, for a selector that does not see them.
            #expect(try await known(in: folder, execution: "{workers: 1}"))
            #expect(try await known(in: folder, tests: #"{"problem": "sum", "inputs": ["1 1"]}"#))
            #expect(try await !known(in: folder, execution: "{workers: 1, semantics: strict}"))
        }
    }

    /// Whether all scores are known before the run.
    private func known(in folder: URL, tests: String = "", execution: String = "{workers: 1}") async throws -> Bool {
        try tests.write(to: folder.appendingPathComponent("tests.jsonl"), atomically: true, encoding: .utf8)
        let experiment = try Experiment(
            yaml: """
                benchmark: livecodebench
                problems: problems.jsonl
                pools: [{name: pool, candidates: pool.jsonl, verdicts: imported}]
                generatedTests: tests.jsonl
                selectors: [public-tests]
                execution: \(execution)
                """, name: "e.yaml", directory: folder)
        let pipeline = try await Pipeline(experiment, selectors: registry, toolVersion: "test")
        return try pipeline.plan().contains("score pool by public-tests: 0 of 1 problems")
    }

    @Test func badTestsAreRefusedByLine() async throws {
        try await withTemporaryFolder { folder in
            let error = await #expect(throws: InputErrors.self) {
                try await run(in: folder, selectors: "[codet]", tests: #"{"problem": "sum", "tests": ["assert 1"]}"#)
            }
            #expect(error?.description.contains("tests.jsonl:1: field 'tests'") == true, "\(error as Any)")
        }
    }
}

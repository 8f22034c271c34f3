// SPDX-License-Identifier: Apache-2.0
import Baselines
import Evaluation
import Execution
import Fixtures
import Foundation
import RunStore
import SelectorKit
import Synchronization
import Testing

/// Fails on one problem, and counts how often it is asked.
private struct MoodySelector: Selector {
    var descriptor: SelectorDescriptor { SelectorDescriptor(name: "moody", version: 1, scope: .pool) }

    func score(_ pool: CandidatePool, in context: SelectionContext) async throws -> [CandidateScore] {
        if pool.problem.id == "sum" { throw SelectorError(.serviceFailed, "no mood") }
        return pool.candidates.map { _ in .value(1) }
    }
}

private enum MoodyPlugin: SelectorPlugin {
    static let name = "moody"
    static let summary = "for tests"
    static let defaultOptions = NoOptions()
    static func makeSelector(options: NoOptions) -> any Selector { MoodySelector() }
}

/// Doubles the scores of another selector.
private struct DoublingSelector: Selector {
    let other: String

    var descriptor: SelectorDescriptor {
        SelectorDescriptor(name: "double", version: 1, scope: .pool, requirements: [.scores(of: other)])
    }

    func score(_ pool: CandidatePool, in context: SelectionContext) async throws -> [CandidateScore] {
        try context.scores(of: other).map { .value($0.rank * 2) }
    }
}

private enum DoublingPlugin: SelectorPlugin {
    struct Options: Codable, Sendable { var inner = "longest" }
    static let name = "double"
    static let summary = "for tests"
    static let defaultOptions = Options()
    static func makeSelector(options: Options) -> any Selector { DoublingSelector(other: options.inner) }
}

/// Tells when a verdict is stored.
private struct VerdictSignal: ProgressSink {
    let sink: AsyncStream<Void>.Continuation

    func report(_ event: ProgressEvent) {
        if case .advanced = event { sink.yield() }
    }
}

/// Notes which stages there were.
private final class StageCounter: ProgressSink {
    private let seen = Mutex<[(stage: String, cached: Int)]>([])

    var stages: [String] { seen.withLock { $0.map(\.stage) } }
    var cached: [String: Int] {
        seen.withLock { Dictionary($0.map { ($0.stage, $0.cached) }, uniquingKeysWith: { first, _ in first }) }
    }

    func report(_ event: ProgressEvent) {
        if case .began(let stage, _, let cached, _) = event { seen.withLock { $0.append((stage, cached)) } }
    }
}

@Suite struct PipelineTests {
    private let registry = SelectorRegistry([
        FirstPlugin.self, LongestPlugin.self, MoodyPlugin.self, DoublingPlugin.self,
    ])

    private static let problems = """
        {"question_title": "Sum", "question_content": "Add.", "platform": "test", "question_id": "sum", "contest_id": "t", "contest_date": "2026-01-01T00:00:00", "starter_code": "", "difficulty": "easy", "public_test_cases": "[{\\"input\\": \\"1 2\\", \\"output\\": \\"3\\", \\"testtype\\": \\"stdin\\"}]", "private_test_cases": "[{\\"input\\": \\"5 5\\", \\"output\\": \\"10\\", \\"testtype\\": \\"stdin\\"}]", "metadata": "{}"}
        {"question_title": "Twice", "question_content": "Double.", "platform": "test", "question_id": "twice", "contest_id": "t", "contest_date": "2026-01-02T00:00:00", "starter_code": "class Solution:\\n    def twice(self, x: int) -> int:", "difficulty": "hard", "public_test_cases": "[{\\"input\\": \\"2\\", \\"output\\": \\"4\\", \\"testtype\\": \\"functional\\"}]", "private_test_cases": "[]", "metadata": "{\\"func_name\\": \\"twice\\"}"}

        """

    private static let candidates = """
        {"problem": "sum", "model": "m", "sample": 0, "code": "print(3)"}
        {"problem": "sum", "model": "m", "sample": 1, "code": "print(sum(map(int, input().split())))"}
        {"problem": "sum", "model": "m", "sample": 2, "code": "print(3)"}
        {"problem": "twice", "model": "m", "sample": 0, "code": "class Solution:\\n    def twice(self, x):\\n        return 2 * x"}
        {"problem": "twice", "model": "m", "sample": 1, "code": "class Solution:\\n    def twice(self, x):\\n        return x.y"}
        {"problem": "twice", "model": "m", "sample": 2, "code": "def twice(x:"}

        """

    private func experiment(in folder: URL, candidates: String = candidates, selectors: String = "[first, longest]")
        throws -> Experiment
    {
        try Self.problems.write(to: folder.appendingPathComponent("problems.jsonl"), atomically: true, encoding: .utf8)
        try candidates.write(to: folder.appendingPathComponent("pool.jsonl"), atomically: true, encoding: .utf8)
        return try Experiment(
            yaml: """
                benchmark: livecodebench
                problems: problems.jsonl
                pools: [{name: pool, candidates: pool.jsonl}]
                selectors: \(selectors)
                execution: {workers: 1}
                """, name: "e.yaml", directory: folder)
    }

    private func run(_ experiment: Experiment) async throws -> RunResult {
        try await Pipeline(experiment, selectors: registry, toolVersion: "test").run()
    }

    @Test func aRunExecutesEachProgramOnceAndScoresThem() async throws {
        try await withTemporaryFolder { folder in
            let result = try await run(experiment(in: folder))
            #expect(result.executed == 5)
            #expect(result.isComplete)
            let pool = try #require(result.record.pools.first)
            #expect(pool.candidates["sum"]?.map { $0.verdict?.outcome } == ["wrongAnswer", "passed", "wrongAnswer"])
            #expect(pool.candidates["twice"]?.map { $0.verdict?.outcome } == ["passed", "exception", "syntaxError"])
            #expect(pool.candidates["sum"]?.map { $0.verdict?.testsRun } == [2, 2, 2])
            let scores = try #require(result.record.selectors.first { $0.label == "first" }?.scores["pool"]?["sum"])
            guard case .scored(let values, _, _) = scores else {
                Issue.record("no scores")
                return
            }
            #expect(values.map(\.rank) == [1, 0, 0])
            #expect(result.record.manifest.execution?.sandboxTier != nil)
        }
    }

    @Test func aRepeatedRunExecutesNothingAndAGrownPoolOnlyWhatIsNew() async throws {
        try await withTemporaryFolder { folder in
            _ = try await run(experiment(in: folder))
            #expect(try await run(experiment(in: folder)).executed == 0)
            let grown = Self.candidates + #"{"problem": "sum", "model": "m", "sample": 3, "code": "print(0)"}"# + "\n"
            let result = try await run(experiment(in: folder, candidates: grown))
            #expect(result.executed == 1)
            #expect(result.record.pools.first?.candidates["sum"]?.count == 4)
        }
    }

    @Test func otherConditionsAreOtherVerdicts() async throws {
        try await withTemporaryFolder { folder in
            var experiment = try experiment(in: folder)
            _ = try await run(experiment)
            experiment.execution.settings.semantics = .strict
            #expect(try await run(experiment).executed == 5)
        }
    }

    @Test func aSelectorThatFailsLeavesTheOthersAlone() async throws {
        try await withTemporaryFolder { folder in
            let result = try await run(experiment(in: folder, selectors: "[moody, longest]"))
            #expect(!result.isComplete)
            #expect(result.scoringFailures.map(\.message) == ["no mood"])
            #expect(result.scoringFailures.map(\.problems) == [1])
            #expect(result.record.selectors.last?.scores["pool"]?.count == 2)
        }
    }

    @Test func aSelectorBuildsOnAnotherWhateverTheirOrder() async throws {
        try await withTemporaryFolder { folder in
            let result = try await run(experiment(in: folder, selectors: "[double, longest]"))
            #expect(result.isComplete)
            #expect(result.record.selectors.map(\.label) == ["double", "longest"])
            func ranks(_ label: String) -> [Double] {
                let scores = result.record.selectors.first { $0.label == label }?.scores["pool"]?["sum"]
                guard case .scored(let values, _, _) = scores else { return [] }
                return values.map(\.rank)
            }
            #expect(ranks("longest").count == 3)
            #expect(ranks("double") == ranks("longest").map { $0 * 2 })
        }
    }

    /// `double` builds on `first`, which takes the first candidate of whatever it is shown.
    @Test func selectorsThatCompareChooseFromSubsetsToo() async throws {
        try await withTemporaryFolder { folder in
            var experiment = try experiment(
                in: folder, selectors: "[{name: double, options: {inner: first}}, first, longest, moody]")
            experiment.subsets = 30
            let counter = StageCounter()
            let result = try await Pipeline(
                experiment, selectors: registry, toolVersion: "test", progress: counter
            ).run()
            func sizes(_ label: String, _ problem: String) -> [SubsetChoices.Size]? {
                result.record.selectors.first { $0.label == label }?.subsets["pool"]?[problem]?.sizes
            }
            let first = try #require(sizes("first", "sum"))
            #expect(first.map(\.n) == [2] && first[0].chosen.count == 30)
            // The first of two out of three is the first or the second of all; {0, 1} and {0, 2} are twice as likely as {1, 2}.
            let zeros = first[0].chosen.count { $0 == [0] }
            #expect(zeros + first[0].chosen.count { $0 == [1] } == 30 && (11...28).contains(zeros))
            #expect(sizes("double", "sum") == first)
            #expect(sizes("longest", "sum") == nil, "its curve is computed from its scores")
            #expect(sizes("moody", "sum") == nil && sizes("moody", "twice") != nil)
            #expect(result.scoringFailures.contains { $0.selector == "moody" && $0.message.contains("subsets") })
            #expect(counter.stages == ["execute", "score", "subsets of pool"])

            // Nothing is drawn again but what failed; without the key it is forgotten.
            let again = StageCounter()
            let second = try await Pipeline(experiment, selectors: registry, toolVersion: "test", progress: again).run()
            #expect(again.cached["subsets of pool"] == 1)
            #expect(second.record.selectors.map(\.subsets) == result.record.selectors.map(\.subsets))
            experiment.subsets = 0
            let without = try await run(experiment)
            #expect(without.record.selectors.allSatisfy { $0.subsets.isEmpty })
        }
    }

    @Test func whatASelectorBuildsOnFailsItToo() async throws {
        try await withTemporaryFolder { folder in
            let result = try await run(
                experiment(in: folder, selectors: "[moody, {name: double, options: {inner: moody}}]"))
            #expect(
                result.scoringFailures.map(\.message) == [
                    "no mood", "Selector 'moody', whose scores 'double' needs, failed: no mood",
                ])
        }
    }

    @Test(arguments: [
        ("[{name: double, options: {inner: longst}}, longest]", "Did you mean 'longest'?"),
        (
            "[{name: double, options: {inner: b}}, {name: double, label: b, options: {inner: double}}]",
            "need one another's scores"
        ),
    ])
    func selectorsThatCannotBeFirstAreRefused(_ selectors: String, _ expected: String) async throws {
        try await withTemporaryFolder { folder in
            await #expect {
                try await run(experiment(in: folder, selectors: selectors))
            } throws: {
                "\($0)".contains(expected)
            }
        }
    }

    @Test(arguments: [
        (#"{"problem": "nowhere", "model": "m", "sample": 0, "code": ""}"#, "nowhere"),
        (#"{"problem": "sum", "model": "m", "sample": 0, "code": 5}"#, "pool.jsonl:1: field 'code'"),
        ("not json", "pool.jsonl:1"), ("", "pool.jsonl"),
    ])
    func badPoolsAreRefusedByName(_ rows: String, _ expected: String) async throws {
        try await withTemporaryFolder { folder in
            await #expect {
                try await run(experiment(in: folder, candidates: rows + "\n"))
            } throws: {
                "\($0)".contains(expected)
            }
        }
    }

    @Test func aMissingPythonIsSaidBeforeAnythingRuns() async throws {
        try await withTemporaryFolder { folder in
            var experiment = try experiment(in: folder)
            experiment.execution.python = "python-that-does-not-exist"
            await #expect(throws: SandboxError.self) { try await run(experiment) }
        }
    }

    @Test func aCancelledRunKeepsWhatItHadAndContinues() async throws {
        try await withTemporaryFolder { folder in
            let slow = (0..<6).map {
                #"{"problem": "sum", "model": "m", "sample": \#($0), "code": "import time; time.sleep(0.4); print(\#($0))"}"#
            }.joined(separator: "\n")
            let experiment = try experiment(in: folder, candidates: slow + "\n", selectors: "[first]")
            let (events, sink) = AsyncStream.makeStream(of: Void.self)
            let task = Task {
                try await Pipeline(
                    experiment, selectors: registry, toolVersion: "test", progress: VerdictSignal(sink: sink)
                ).run()
            }
            for await _ in events { break }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            let result = try await run(experiment)
            #expect(result.executed < 6)
            #expect(result.record.pools.first?.candidates["sum"]?.allSatisfy { $0.verdict != nil } == true)
        }
    }
}

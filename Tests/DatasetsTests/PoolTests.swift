// SPDX-License-Identifier: Apache-2.0
import Datasets
import Fixtures
import Foundation
import SelectorKit
import Testing

@Suite struct PoolTests {
    private func load(_ rows: [String], _ problems: ProblemIndex) async throws -> CandidateSet {
        try await withFile(rows.joined(separator: "\n"), named: "m.jsonl") {
            try await CandidateFiles([$0], problems: problems).load()
        }
    }

    private func row(_ problem: String, _ sample: Int, _ code: String = "x", _ more: String = "") -> String {
        #"{"problem": "\#(problem)", "sample": \#(sample), "code": "\#(code)"\#(more)}"#
    }

    @Test func theHashDoesNotDependOnTheOrderOfRows() async throws {
        let problems = liveCodeBenchIndex("P", "Q")
        let rows = [row("P", 0), row("Q", 0, "y"), row("P", 1)]
        let hash = try await load(rows, problems).hash
        #expect(try await load(rows.reversed(), problems).hash == hash)
        #expect(try await load(Array(rows.dropLast()), problems).hash != hash)
        #expect(try await load([rows[0], rows[1], row("P", 1, "z")], problems).hash != hash)
        #expect(try await load([rows[0], rows[1], row("P", 2)], problems).hash != hash)
    }

    @Test func theHashCountsTokensAndNotVerdicts() async throws {
        let problems = liveCodeBenchIndex("P")
        let hash = try await load([row("P", 0)], problems).hash
        #expect(try await load([row("P", 0, "x", #", "pass": true"#)], problems).hash == hash)
        let tokens = try await load([row("P", 0, "x", #", "tokens": {"count": 2}"#)], problems).hash
        #expect(tokens != hash)
        #expect(try await load([row("P", 0, "x", #", "tokens": {"count": 2, "k": 20}"#)], problems).hash != tokens)
    }

    @Test func aPoolThatFitsHasNothingToSay() async throws {
        let problems = liveCodeBenchIndex("P", "Q")
        let validation = try await load([row("P", 0), row("Q", 0)], problems).validation(against: problems)
        #expect(validation.refusals.isEmpty && validation.warnings.isEmpty && validation.problemsByCount == [1: 2])
    }

    @Test func whatDoesNotFitIsCountedWithExamples() async throws {
        let problems = liveCodeBenchIndex("P", "Q", "R")
        let set = try await load(
            [row("P", 0), row("P", 1, " \\n"), row("Q", 0), row("X", 0), row("Y", 0), row("X", 1)], problems)
        let validation = set.validation(against: problems)
        #expect(
            validation.refusals == [
                "2 problems of the candidates are in no problem file: X, Y. Is this the pool of another benchmark, or is a problem file missing?"
            ])
        #expect(
            validation.warnings == [
                "1 problem has no candidate: R.", "Problems have different numbers of candidates: from 1 to 2.",
                "1 of 3 candidates are blank: nothing could be extracted.",
            ])
        #expect(set.unknown == ["X": 2, "Y": 1])
    }

    @Test func anEmptyPoolIsRefused() async throws {
        let problems = liveCodeBenchIndex("P")
        #expect(
            try await load([], problems).validation(against: problems).refusals == [
                "The pool has no candidate for any of the problems."
            ])
    }

    @Test func candidatesOfProblemsThatWereLeftOutAreNoMistake() async throws {
        var problems = liveCodeBenchIndex("P")
        problems.excluded = ["Q"]
        let set = try await load([row("P", 0), row("Q", 0)], problems)
        #expect(set.passedOver == 1 && set.validation(against: problems).refusals.isEmpty)
    }

    @Test(
        .enabled(if: SharedData.isPresent, missing),
        arguments: [
            (
                Benchmark.humanEval, "humaneval/HumanEval",
                ["humaneval/candidates_gpt-4", "humaneval/candidates_gpt-3.5-turbo"], 3280, [20: 164]
            ),
            (.humanEval, "humaneval/HumanEval", ["humaneval/candidates_codegen-16B_even"], 8200, [100: 82]),
            (
                .liveCodeBench, "livecodebench/lcb_v6_partial",
                [
                    "livecodebench/candidates_O1-Mini-2024-09-12", "livecodebench/candidates_Qwen2.5-Ins-7B",
                    "livecodebench/candidates_Qwen3-8B",
                ], 2990, [3: 880, 2: 175]
            ),
        ])
    func realPoolsLoad(
        _ benchmark: Benchmark, _ problems: String, _ pools: [String], _ count: Int, _ byCount: [Int: Int]
    ) async throws {
        let problems = try index(ofFile: benchmark, problems)
        let set = try await CandidateFiles(pools.map { SharedData.data($0 + ".jsonl.gz") }, problems: problems).load()
        #expect(set.errors.isEmpty && set.candidates.count == count)
        let validation = set.validation(against: problems)
        #expect(validation.refusals.isEmpty && validation.problemsByCount == byCount && validation.withVerdict == count)
    }

    /// LiveCodeBench's own extraction gave `code`.
    @Test(.enabled(if: SharedData.isPresent, missing))
    func extractingAnewGivesTheOfficialPrograms() async throws {
        let problems = try index(ofFile: .liveCodeBench, "livecodebench/lcb_v6_partial")
        for name in ["O1-Mini-2024-09-12", "Qwen2.5-Ins-7B", "Qwen3-8B"] {
            let file = SharedData.data("livecodebench/candidates_\(name).jsonl.gz")
            let given = try await CandidateFiles([file], problems: problems).load()
            let extracted = try await CandidateFiles(
                [file], problems: problems, options: CandidateOptions(prefersOutput: true)
            ).load()
            #expect(given.hash == extracted.hash, "\(name)")
        }
    }

    private func index(ofFile benchmark: Benchmark, _ path: String) throws -> ProblemIndex {
        var index = ProblemIndex(benchmark: benchmark)
        for item in try items(benchmark, [SharedData.data(path + ".jsonl.gz")]) { index.add(item) }
        return index
    }
}

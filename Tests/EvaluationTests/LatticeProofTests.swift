// SPDX-License-Identifier: Apache-2.0
import Datasets
import Evaluation
import Execution
import Fixtures
import Foundation
import SelectorKit
import Testing

/// The demo's ground truth: its policy is known only if every correct program passes and every bug is caught.
@Suite struct LatticeProofTests {
    private let demo = SharedData.package.appendingPathComponent("benchmarks/demo")

    private func engine() async throws -> ExecutionEngine {
        try await ExecutionEngine(
            settings: ExecutionSettings(secondsPerTest: 1), sandbox: nil,
            interpreter: PythonInterpreter(resolving: "python3"),
            workers: nil, profile: .standard)
    }

    private func suites() throws -> [String: TestSuite] {
        var suites: [String: TestSuite] = [:]
        var reader = BenchmarkFiles(benchmark: .liveCodeBench, files: [demo.appendingPathComponent("problems.jsonl")])
            .makeReader()
        while let item = try reader.next() { suites[item.problem.id] = item.suite }
        return suites
    }

    @Test func everyCorrectProgramPassesAndEveryBugIsCaught() async throws {
        let lattice = try Lattice.load(demo.appendingPathComponent("lattice"))
        let suites = try suites()
        #expect(lattice.problems.count >= 36)
        for difficulty in ["easy", "medium", "hard"] {
            #expect(lattice.problems.count { $0.difficulty.rawValue == difficulty } >= 12)
        }
        let engine = try await engine()
        let found = try await withThrowingTaskGroup(of: [String].self) { group in
            for problem in lattice.problems {
                guard let suite = suites[problem.id] else {
                    Issue.record("\(problem.id) has no row in problems.jsonl")
                    continue
                }
                group.addTask { try await self.mistakes(in: problem, suite, engine.grader) }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        await engine.shutDown()
        #expect(found == [])
    }

    private func mistakes(in problem: LatticeProblem, _ suite: TestSuite, _ grader: Grader) async throws -> [String] {
        var mistakes: [String] = []
        guard case .liveCodeBench(let tests) = suite.tests else { return ["\(problem.id): not a LiveCodeBench suite"] }
        if tests.tests.count - tests.publicCount < 10 { mistakes.append("\(problem.id): fewer than 10 hidden tests") }
        for style in LatticeStyle.allCases {
            for choice in problem.correctChoices {
                let verdict = try await grader.grade(problem.program(choice: choice, style: style), against: suite)
                if !verdict.passed {
                    mistakes.append("\(problem.id) \(style) \(choice) is correct and fails: \(verdict.message)")
                }
            }
            for (slot, content) in problem.slots.enumerated() {
                for (variant, code) in content.variants.enumerated() where !code.isCorrect {
                    var choice = problem.referenceChoice
                    choice[slot] = variant
                    let verdict = try await grader.grade(problem.program(choice: choice, style: style), against: suite)
                    if verdict.passed {
                        mistakes.append("\(problem.id) \(style) \(content.name)[\(variant)] is wrong and passes")
                    }
                }
            }
        }
        return mistakes
    }

    @Test func theCommittedProblemsAndPoolsAreWhatTheLatticesGive() async throws {
        let lattice = try Lattice.load(demo.appendingPathComponent("lattice"))
        let suites = try suites()
        let engine = try await engine()
        let builder = LatticeBuilder(grader: engine.grader)
        for problem in lattice.problems {
            // Compared by content: another zlib packs the same tests into other bytes.
            let row = try await builder.row(for: problem, file: problem.id)
            try withTemporaryFolder { folder in
                let file = folder.appendingPathComponent("row.jsonl")
                try Data(row.utf8).write(to: file)
                var reader = BenchmarkFiles(benchmark: .liveCodeBench, files: [file]).makeReader()
                let item = try #require(try reader.next())
                #expect(item.suite.hash == suites[problem.id]?.hash, "\(problem.id): run 'bestofn lattice build' again")
            }
        }
        await engine.shutDown()
        for style in LatticeStyle.allCases {
            let rows = lattice.problems.flatMap { problem in
                problem.sample(count: 8, seed: 1, style: style).map {
                    problem.candidateRow($0, model: "lattice-\(style.rawValue)")
                }
            }
            let committed = try String(
                contentsOf: demo.appendingPathComponent("pool-\(style.rawValue).jsonl"), encoding: .utf8)
            #expect(
                committed == rows.joined(separator: "\n") + "\n",
                "pool-\(style.rawValue).jsonl: run 'bestofn lattice sample' again")
        }
    }
}

extension LatticeProblem {
    /// Every choice of correct variants.
    fileprivate var correctChoices: [[Int]] {
        slots.reduce([[]]) { choices, slot in
            choices.flatMap { choice in
                slot.variants.indices.filter { slot.variants[$0].isCorrect }.map { choice + [$0] }
            }
        }
    }
}

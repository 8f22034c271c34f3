// SPDX-License-Identifier: Apache-2.0
import ContentHash
import Datasets
import Evaluation
import Fixtures
import Foundation
import PythonSource
import SelectorKit
import Synchronization
import Testing
import Training

/// Counts what is drawn and executed.
private final class Counts: ProgressSink {
    private let state = Mutex<[String: Int]>([:])

    func report(_ event: ProgressEvent) {
        if case .began(let stage, let total, let cached, _) = event { state.withLock { $0[stage] = total - cached } }
    }

    subscript(stage: String) -> Int? { state.withLock { $0[stage] } }
}

@Suite struct RolloutsTests {
    private static let demo = SharedData.package.appendingPathComponent("benchmarks/demo")
    private let lattice: Lattice

    init() throws { lattice = try Lattice.load(Self.demo.appendingPathComponent("lattice")) }

    private func pipeline(_ folder: URL, pool: String = "cof", problems: Int = 2, counts: Counts) async throws
        -> Pipeline
    {
        let experiment = try Experiment(
            file: Self.demo.appendingPathComponent("experiment.yaml"),
            overrides: [
                "subset.limit=\(problems)", "pools=[{name: p, candidates: pool-\(pool).jsonl}]", "selectors=[]",
                "rewardModels={}", "outputs={run: \(folder.path)/run}",
            ])
        return try await Pipeline(
            experiment, selectors: SelectorRegistry([]), toolVersion: "test", progress: counts)
    }

    @Test func distributionsAreThoseOfTheLattice() async throws {
        let policy = try LatticePolicy(lattice, style: .chainOfFunctions)
        for lattice in lattice.problems.prefix(5) {
            let problem = Problem(id: lattice.id, benchmark: "livecodebench", statement: lattice.statement)
            let all = try #require(try policy.distribution(of: "", problem: problem))
            #expect(all.count == lattice.choiceCount)
            #expect(abs(all.reduce(0) { $0 + $1.probability } - 1) < 1e-12)
            // After the functions of a program, what is left is the choice of the others.
            let program = lattice.program(choice: lattice.referenceChoice, style: .chainOfFunctions)
            let ends = FunctionStepper().steps(of: program).prefixEnds
            #expect(ends.count == lattice.slots.count)
            for (step, end) in ends.enumerated() {
                let prefix = String(decoding: program.utf8.prefix(end), as: UTF8.self)
                let rest = try #require(try policy.distribution(of: prefix, problem: problem))
                #expect(rest.count == lattice.slots[(step + 1)...].reduce(1) { $0 * $1.variants.count })
                let value = lattice.slots[(step + 1)...].reduce(1) { $0 * $1.probabilityCorrect }
                let correct = Set(
                    correctPrograms(lattice))
                let exact = rest.reduce(0) { $0 + (correct.contains($1.program) ? $1.probability : 0) }
                #expect(abs(exact - value) < 1e-12)
                let drawn = try await policy.completions(of: prefix, problem: problem, samples: 0..<400, seed: 3)
                #expect(drawn.allSatisfy { $0.program.hasPrefix(prefix) && $0.details == nil })
                let share = Double(drawn.count { correct.contains($0.program) }) / 400
                #expect(abs(share - value) < 0.1)
                #expect(
                    try await policy.completions(of: prefix, problem: problem, samples: 100..<110, seed: 3)
                        == Array(drawn[100..<110]))
            }
        }
    }

    private func correctPrograms(_ problem: LatticeProblem) -> [String] {
        var choices: [[Int]] = [[]]
        for slot in problem.slots {
            choices = choices.flatMap { choice in
                slot.variants.indices.filter { slot.variants[$0].isCorrect }.map { choice + [$0] }
            }
        }
        return choices.map { problem.program(choice: $0, style: .chainOfFunctions) }
    }

    @Test func rewardsAreThoseOfExecutedCompletionsAndAreKept() async throws {
        try await withTemporaryFolder { folder in
            let policy = try LatticePolicy(lattice, style: .chainOfFunctions)
            let counts = Counts()
            let pipeline = try await pipeline(folder, counts: counts)
            let first = try await pipeline.rollouts(policy, RolloutOptions(samples: 4, exact: true))
            let file = first.file
            #expect(first.shortcomings == nil && !file.rollouts.isEmpty && first.tally == CompletionTally())
            #expect(file.rollouts.allSatisfy { $0.samples == 4 && $0.passed <= 4 && $0.distinct <= 4 })
            for rollout in file.rollouts {
                // Once a wrong function is written nothing can mend it; before, the value is the share of right choices to come.
                let problem = try #require(lattice.problems.first { $0.id == rollout.problemID })
                let value = problem.slots[rollout.step...].reduce(1) { $0 * $1.probabilityCorrect }
                let exact = try #require(rollout.exact)
                #expect(exact == 0 || abs(exact - value) < 1e-9)
                #expect(exact > 0 || rollout.passed == 0)
            }
            #expect(file.rollouts.contains { $0.exact == 0 } && file.rollouts.contains { ($0.exact ?? 0) > 0 })
            #expect(counts["complete"] == file.rollouts.count && (counts["execute"] ?? 0) > 0)

            // More completions cost only the new draws, and the programs are known.
            let more = try await pipeline.rollouts(policy, RolloutOptions(samples: 6, exact: true)).file
            #expect(counts["execute"] == 0)
            for (first, second) in zip(
                file.rollouts.sorted { $0.prefixHash < $1.prefixHash },
                more.rollouts.sorted { $0.prefixHash < $1.prefixHash })
            {
                #expect(first.exact == second.exact && (0...2).contains(second.passed - first.passed))
            }
            let again = try await pipeline.rollouts(policy, RolloutOptions(samples: 6, exact: true)).file
            #expect(counts["complete"] == 0 && counts["execute"] == 0)
            #expect(
                again.rollouts.sorted { $0.prefixHash < $1.prefixHash }
                    == more.rollouts.sorted { $0.prefixHash < $1.prefixHash })
            // Fewer are the first of them.
            let fewer = try await pipeline.rollouts(policy, RolloutOptions(samples: 4, exact: true)).file
            #expect(try fewer.encoded() == file.encoded())
        }
    }

    @Test func poolsThatThePolicyCannotHaveWrittenAreRefused() async throws {
        try await withTemporaryFolder { folder in
            let counts = Counts()
            let plain = try LatticePolicy(lattice, style: .plain)
            let cof = try await pipeline(folder, counts: counts)
            await #expect { _ = try await cof.rollouts(plain, RolloutOptions()) } throws: {
                "\($0)".contains("in style 'plain' begins as")
            }
            let single = try await pipeline(folder, pool: "plain", counts: counts)
            await #expect { _ = try await single.rollouts(plain, RolloutOptions()) } throws: {
                "\($0)".contains("every program is a single 'function' step")
            }
            let other = try LatticePolicy(Lattice(problems: [lattice.problems[20]]), style: .chainOfFunctions)
            await #expect { _ = try await cof.rollouts(other, RolloutOptions()) } throws: {
                "\($0)".contains("The lattice has no problem")
            }
        }
    }
}

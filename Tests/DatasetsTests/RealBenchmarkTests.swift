// SPDX-License-Identifier: Apache-2.0
import Datasets
import Fixtures
import Foundation
import SelectorKit
import Testing

@Suite(.enabled(if: SharedData.isPresent, missing)) struct RealBenchmarkTests {
    private let liveCodeBench = SharedData.data("livecodebench/lcb_v6_partial.jsonl.gz")

    @Test(arguments: [
        (Benchmark.humanEval, "humaneval/HumanEval.jsonl.gz", 164),
        (.humanEvalPlus, "humanevalplus/HumanEvalPlus.jsonl.gz", 164),
        (.humanEvalPlus, "humanevalplus/HumanEvalPlus-Mini.jsonl.gz", 164),
        (.mbppPlus, "mbppplus/MbppPlus.jsonl.gz", 378),
        (.bigCodeBench, "bigcodebench/BigCodeBench.jsonl.gz", 1140),
        (.liveCodeBench, "livecodebench/lcb_v6_partial.jsonl.gz", 1055),
    ])
    func everyRowIsRead(_ benchmark: Benchmark, _ path: String, _ count: Int) throws {
        #expect(try items(benchmark, [SharedData.data(path)]).count == count)
    }

    private func counts(_ options: BenchmarkOptions) throws -> [Int] {
        let problems = try items(.liveCodeBench, [liveCodeBench], options).map(\.problem)
        return [problems.count]
            + [Difficulty.easy, .medium, .hard].map { word in problems.count { $0.difficulty == word } }
    }

    @Test func theWindowsHoldAsManyProblemsAsThePaperSays() throws {
        #expect(try counts(BenchmarkOptions(to: "2024-08-01")) == [601, 212, 242, 147])
        #expect(try counts(BenchmarkOptions(from: "2024-08-01")) == [454, 110, 141, 203])
        #expect(try counts(BenchmarkOptions(from: "2025-02-01")) == [131, 31, 39, 61])
    }

    @Test func windowsAreHalfOpen() throws {
        let day = try items(.liveCodeBench, [liveCodeBench], BenchmarkOptions(from: "2025-04-06", to: "2025-04-07"))
        #expect(!day.isEmpty && day.allSatisfy { $0.problem.contestDate == "2025-04-06" })
        #expect(try items(.liveCodeBench, [liveCodeBench], BenchmarkOptions(from: "2025-04-07")).isEmpty)
    }

    @Test func publicAndHiddenTestsAreAllThere() throws {
        var publicTests = 0
        var hiddenTests = 0
        for item in try items(.liveCodeBench, [liveCodeBench]) {
            guard case .liveCodeBench(let tests) = item.suite.tests else { continue }
            #expect(item.publicTests == Array(tests.tests.prefix(tests.publicCount)))
            #expect(
                (tests.functionName == nil) == tests.tests.allSatisfy { $0.kind == .standardInput }
                    || tests.tests.isEmpty)
            publicTests += tests.publicCount
            hiddenTests += tests.tests.count - tests.publicCount
        }
        #expect(publicTests == 2763 && hiddenTests == 70)
    }

    @Test func everySuiteHasItsOwnHash() throws {
        let hashes = try items(.liveCodeBench, [liveCodeBench]).map(\.suite.hash)
        #expect(Set(hashes).count == 1055)
    }
}

// SPDX-License-Identifier: Apache-2.0
import Metrics
import RunStore
import SelectorKit
import Testing

@Suite struct StepSummaryTests {
    private static let two = "def main():\n    \"\"\"Say it.\"\"\"\n    say()\n\n\ndef say():\n    print(1)\n"
    private static let one = "print(1)\n"
    private static let broken = "def f(:\n  '''"

    private func pool(_ programs: [String: [String]]) -> PoolRecord {
        let candidates = programs.mapValues { texts in
            texts.enumerated().map {
                CandidateRecord(id: CandidateID(model: "m", sample: $0), program: $1, verdict: nil)
            }
        }
        return PoolRecord(name: "pool", hash: "", verdictsImported: false, candidates: candidates)
    }

    @Test func countsFunctionsByDifficulty() throws {
        let record = Runs.run(
            problems: [("a", .easy), ("b", .hard)],
            pools: [pool(["a": [Self.one, Self.one, ""], "b": [Self.two, Self.two, Self.two, Self.broken]])])
        let steps = try #require(RunTables(record: record).pools.first?.steps)
        #expect(steps.map(\.title) == ["overall", "easy", "hard"])
        let (overall, easy, hard) = (steps[0], steps[1], steps[2])
        #expect((overall.candidates, overall.blankCandidates) == (6, 1))
        #expect(overall.histogram.map(\.steps) == [1, 2])
        #expect(overall.histogram.map(\.candidates) == [3, 3])
        #expect(close(overall.meanSteps, 1.5))
        #expect(close(overall.medianSteps, 1.5))
        #expect(close(overall.singleStep, 0.5))
        // Three programs of 7 lines and two steps, two of one line, one of two lines.
        #expect(close(overall.linesPerStep, 25.0 / 9))
        #expect(close(overall.malformed, 1.0 / 6))
        #expect(close(overall.documentedFunctions, 0.5))
        #expect(easy.documentedFunctions == nil)
        #expect(close(hard.topDown, 1))
        #expect(easy.topDown == nil)
        #expect(close(easy.tokensPerStep, 4))
        #expect(close(hard.meanSteps, 1.75))
    }

    @Test func programsWhoseHelpersComeFirstAreNotTopDown() throws {
        let upside = "def say():\n    print(1)\n\ndef main():\n    say()\n"
        let record = Runs.run(problems: [("a", nil)], pools: [pool(["a": [Self.two, upside, Self.one, upside]])])
        let steps = try #require(RunTables(record: record).pools.first?.steps)
        #expect(close(steps[0].topDown, 1.0 / 3))
    }

    @Test func aPoolOfBlankProgramsHasNoSteps() throws {
        let record = Runs.run(problems: [("a", nil)], pools: [pool(["a": ["", " \n"]])])
        let steps = try #require(RunTables(record: record).pools.first?.steps)
        #expect(steps.map(\.title) == ["overall"])
        #expect(steps[0].blankCandidates == 2)
        #expect(steps[0].histogram.isEmpty)
        #expect(steps[0].meanSteps == nil)
    }
}

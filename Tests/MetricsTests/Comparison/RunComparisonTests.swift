// SPDX-License-Identifier: Apache-2.0
import Foundation
import RunStore
import SelectorKit
import Testing

@testable import Metrics

@Suite struct RunComparisonTests {
    private typealias R = ComparisonRuns

    @Test func aRunComparedWithItselfHasNoDifference() throws {
        let run = R.results(
            ["+-", "-+", "++"], chosen: ["a": [0, 0, nil], "b": [1, nil, 1]], difficulties: [.easy, .hard, .hard])
        let comparison = try RunComparison(base: run, head: run)
        let pool = try #require(comparison.pools.first)
        #expect(pool.verdictChanges.isEmpty && pool.outcomeChanges == 0)
        #expect(pool.selectors.map(\.label) == ["a", "b"])
        for row in pool.selectors {
            let overall = try #require(row.overall)
            #expect(overall.difference == Estimate(value: 0, low: 0, high: 0))
            #expect(overall.p == 1 && overall.adjustedP == 1 && overall.problems == 3)
            #expect(row.lost.isEmpty && row.gained.isEmpty && row.changedChoices.isEmpty && row.leftOut.isEmpty)
            #expect(row.difficulties.map(\.title) == ["easy", "hard"])
            #expect(row.difficulties.map(\.problems) == [1, 2])
            #expect(row.costs.allSatisfy { $0.increase == 0 })
        }
        #expect(comparison.notes.isEmpty)
    }

    /// Verdicts first, then choices: by hand, a problem per case.
    @Test func aDifferenceIsSplitIntoVerdictsAndChoices() throws {
        let base = R.results(["+-", "+-", "+-", "-+"], chosen: ["s": [0, 0, 0, 0]])
        //                    p0: the chosen candidate now fails; p1: another, wrong choice; p2: the chosen one fails now, and the other choice is right;
        //                    p3: a tie instead of a wrong choice.
        let head = R.results(["--", "+-", "-+", "-+"], chosen: ["s": [0, 1, 1, nil]])
        let row = try #require(try RunComparison(base: base, head: head).pools.first?.selectors.first)
        #expect(row.lost.map(\.id) == ["p0", "p1"])
        #expect(row.gained.map(\.id) == ["p3"])
        let overall = try #require(row.overall)
        #expect(close(overall.base, 0.75) && close(overall.head, 0.375))
        #expect(close(overall.difference.value, -0.375))
        #expect(close(overall.fromVerdicts, -0.5))
        #expect(close(overall.fromChoices, 0.125))
        #expect(row.lost.map(\.fromVerdicts) == [-1, 0])
        #expect(row.lost.map(\.fromChoices) == [0, -1])
        #expect(row.gained.first.map { [$0.base, $0.head] } == [0, 0.5])
        #expect(row.changedChoices == ["p1", "p2", "p3"])
    }

    @Test func partsAddUpToTheDifference() throws {
        var random = SplitMix64(state: 5)
        for _ in 0..<50 {
            func side() -> RunResults {
                R.results(
                    (0..<9).map { _ in ["++", "+-", "-+", "--"][random.next(below: 4)] },
                    chosen: ["s": (0..<9).map { _ in [0, 1, nil][random.next(below: 3)] }])
            }
            let comparison = try RunComparison(base: side(), head: side(), settings: .init(resamples: 50))
            let overall = try #require(comparison.pools.first?.selectors.first?.overall)
            #expect(close(overall.fromVerdicts + overall.fromChoices, overall.difference.value))
            #expect(close(overall.head - overall.base, overall.difference.value))
            let low = try #require(overall.difference.low), high = try #require(overall.difference.high)
            #expect(low <= overall.difference.value + 1e-12 && overall.difference.value <= high + 1e-12)
        }
    }

    @Test func changedVerdictsAreListed() throws {
        let base = R.results(["+-", "-t", "+-", "?+"], chosen: ["s": [0, 0, 0, 1]])
        let head = R.results(["--", "-+", "+t", "++"], chosen: ["s": [0, 0, 0, 1]])
        let pool = try #require(try RunComparison(base: base, head: head).pools.first)
        #expect(
            pool.verdictChanges == [
                VerdictChange(problem: "p0", candidate: 0, base: "p", head: "w"),
                VerdictChange(problem: "p1", candidate: 1, base: "!", head: "p"),
            ])
        #expect(pool.verdictChanges.map(\.title) == ["passed → wrong answer", "tampered → passed"])
        #expect(pool.outcomeChanges == 1)
        #expect(pool.verdictsOnOneSide == 1)
    }

    /// Each reason why a problem is left out; one selector's gaps do not shrink another's set.
    @Test func incompleteProblemsAreLeftOutAndCounted() throws {
        let base = R.results(
            ["?-", "+-", "+-", "+-", "+-"], chosen: ["a": [0, 0, -1, 0, 0], "b": [0, 0, 0, 0, 0]])
        let head = R.results(
            ["+-", "!-", "+-", "+-", "+-"], chosen: ["a": [0, 0, 0, -2, 1], "b": [0, 0, 0, 0, 0]])
        let rows = try #require(try RunComparison(base: base, head: head).pools.first).selectors
        #expect(rows[0].overall?.problems == 1 && rows[1].overall?.problems == 3)
        #expect(
            rows[0].leftOut == [
                LeftOut(reason: .ungradedInBase, problems: ["p0"]), LeftOut(reason: .ungradedInHead, problems: ["p1"]),
                LeftOut(reason: .unscoredInBase, problems: ["p2"]), LeftOut(reason: .unscoredInHead, problems: ["p3"]),
            ])
        #expect(rows[0].lost.map(\.id) == ["p4"])
    }

    @Test func selectorsOfOneSideAndChangedOnesAreTold() throws {
        let base = R.results(["+-"], chosen: ["old": [0], "same": [0], "kept": [0]])
        var head = R.results(["+-"], chosen: ["kept": [0], "new": [0], "same": [0]])
        head.selectors[0].options = #"{"x":1}"#
        head.selectors[2].version = 2
        let comparison = try RunComparison(base: base, head: head)
        #expect(comparison.pools.first?.selectors.map(\.label) == ["same", "kept"])
        #expect(comparison.pools.first?.missingSelectors == ["old"])
        #expect(
            comparison.notes == [
                "Selector same has version 1 in base and 2 in head.",
                #"Selector kept has other options: "{}" in base, "{"x":1}" in head."#, "Selector old is only in base.",
                "Selector new is only in head.",
            ])
        let only = try RunComparison(base: base, head: head, settings: .init(only: ["same"]))
        #expect(only.notes == ["Selector same has version 1 in base and 2 in head."])
    }

    @Test func anotherModelIsTold() throws {
        var base = R.results(["+-"], chosen: ["s": [0]])
        base.selectors[0].models = ["prm"]
        base.models = [.init(role: "prm", fingerprint: "1")]
        var head = base
        head.models[0].fingerprint = "2"
        #expect(try RunComparison(base: base, head: head).notes == ["Selector s asks another model in the role prm."])
    }

    /// Two changed selectors and one that did not: p-values are adjusted for two.
    @Test func unchangedSelectorsDoNotCountInTheAdjustment() throws {
        let verdicts = Array(repeating: "+-", count: 10)
        let right = Array(repeating: Int?(0), count: 10)
        let lost = right.enumerated().map { $0.offset < 6 ? 1 : $0.element }
        let base = R.results(verdicts, chosen: ["a": right, "b": right, "c": right])
        let head = R.results(verdicts, chosen: ["a": lost, "b": lost, "c": right])
        let rows = try #require(try RunComparison(base: base, head: head).pools.first).selectors
        #expect(zip(rows, [0.03125, 0.03125, 1]).allSatisfy { close($0.overall?.p, $1) })
        #expect(zip(rows, [0.0625, 0.0625, 1]).allSatisfy { close($0.overall?.adjustedP, $1) })
    }

    @Test func costsAreComparedPerScoredProblem() throws {
        let base = R.results(["+-", "+-"], chosen: ["s": [0, 0]])
        let head = R.results(["+-", "+-"], chosen: ["s": [0, -1]])
        let row = try #require(try RunComparison(base: base, head: head).pools.first?.selectors.first)
        // One call per scored problem on both sides: half the total, no change.
        #expect(row.costs.first == CostChange(kind: .calls, base: 2, head: 1, increase: 0))
    }
}

/// Random whole numbers, the same on every machine.
struct SplitMix64 {
    var state: UInt64

    mutating func next(below bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((bits ^ (bits >> 31)) >> 33) % bound
    }
}

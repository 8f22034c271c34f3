// SPDX-License-Identifier: Apache-2.0
import Metrics
import Statistics
import Testing

/// The published counts: 101, 104, 105 and 106 of 131 problems.
@Suite struct ClaimsTests {
    private static let published: [Claims.Method] = [
        .init(name: "base", solved: 101), .init(name: "orm", solved: 104), .init(name: "prm", solved: 105),
        .init(name: "funprm", solved: 106),
    ]

    @Test func noneOfThePublishedDifferencesCanBeSignificant() throws {
        let claims = Claims(problems: 131, methods: Self.published)
        #expect(claims.pairs.count == 6)
        #expect(claims.pairs.allSatisfy { $0.conclusion == .impossible && $0.leastP >= 0.05 && $0.mostAlone == nil })
        let largest = try #require(claims.pairs.first { $0.better == "funprm" && $0.other == "base" })
        // Five problems, all one way: 2 / 2^5. Least overlap: 30 against 25.
        #expect(largest.problems == 5 && abs(largest.leastP - 0.0625) < 1e-12)
        #expect(abs(largest.greatestP - McNemarByHand.p(30, 25)) < 1e-9)
        #expect(abs(largest.leastAdjustedP - 6 * 0.0625) < 1e-12)
        let correction = try #require(claims.pairs.first { $0.better == "funprm" && $0.other == "prm" })
        #expect(correction.problems == 1 && correction.leastP == 1)
        // Six problems all one way are the first that could be (1/32 = 0.031).
        let six = Claims(problems: 131, methods: [.init(name: "a", solved: 100), .init(name: "b", solved: 106)])
        #expect(
            six.pairs[0].conclusion == .open && six.pairs[0].mostAlone == 0
                && abs(six.pairs[0].leastP - 0.03125) < 1e-12)
        let row = try #require(claims.rows.last)
        #expect(abs(row.low - 0.733) < 0.001 && abs(row.high - 0.867) < 0.001)
    }

    /// All overlaps of small counts, one by one, against the bounds.
    @Test func boundsHoldForEveryOverlap() throws {
        for (high, low, n) in [(9, 3, 12), (7, 5, 9), (12, 0, 12), (4, 4, 10), (20, 9, 24)] {
            let pair = try #require(
                Claims(problems: n, methods: [.init(name: "h", solved: high), .init(name: "l", solved: low)]).pairs
                    .first)
            let overlaps = max(0, high + low - n)...min(high, low)
            let values = overlaps.map { McNemarByHand.p(high - $0, low - $0) }
            #expect(abs(pair.leastP - (values.min() ?? 0)) < 1e-12)
            #expect(abs(pair.greatestP - (values.max() ?? 0)) < 1e-12)
            let significant = overlaps.filter { McNemarByHand.p(high - $0, low - $0) < 0.05 }.map { low - $0 }.max()
            #expect(pair.mostAlone == significant)
        }
    }

    @Test func largeDifferencesAreCertainAndTheFamilyCounts() {
        let far = Claims(problems: 100, methods: [.init(name: "a", solved: 10), .init(name: "b", solved: 90)])
        #expect(far.pairs[0].conclusion == .certain && far.pairs[0].better == "b")
        // Six of one kind are enough alone, and not among three comparisons.
        let three = [("a", 50), ("b", 56), ("c", 50)].map { Claims.Method(name: $0.0, solved: $0.1) }
        #expect(
            Claims(problems: 100, methods: three).pairs.map(\.conclusion) == [
                .impossibleAmongAll, .impossible, .impossibleAmongAll,
            ])
        #expect(
            Claims(problems: 100, methods: three, reference: "b").pairs.map { "\($0.better) \($0.other)" } == [
                "b a", "b c",
            ])
    }
}

/// By adding up Pascal's triangle.
private enum McNemarByHand {
    static func p(_ first: Int, _ second: Int) -> Double {
        var row = [1.0]
        for _ in 0..<(first + second) {
            row = ([0] + row).enumerated().map { $1 / 2 + ($0 < row.count ? row[$0] / 2 : 0) }
        }
        return min(1, 2 * row[0...min(first, second)].reduce(0, +))
    }
}

@Suite struct GateSimulationTests {
    /// With known truth: intervals hold it, no more false alarms than promised, and losses are found as often as planned.
    ///
    /// The standard error of a share near 0.95 is 0.009 for 600 repetitions, of one near 0.5 0.035 for 200. Fewer resamples than by default, because a debug build is slow.
    @Test func intervalsAndGatesKeepTheirPromises() throws {
        let simulation = GateSimulation(problems: 131, discordance: 0.15, repetitions: 200, resamples: 500, seed: 1)
        let none = try simulation.run(loss: 0)
        // Two-sided at 5 %: a loss is called at most 2.5 % of the time; 5.5 % would be three standard errors more.
        #expect(none.failureRate <= 0.055, "false alarms \(none.failureRate)")
        var covered = none.covered
        for wished in [0.5, 0.8] {
            let plan = PairedPower(discordance: 0.15, power: wished)
            let outcome = try simulation.run(loss: try #require(plan.exactDetectableDifference(problems: 131)))
            #expect(abs(outcome.failureRate - wished) < 0.1, "power \(outcome.failureRate) instead of \(wished)")
            covered += outcome.covered
        }
        #expect((0.93...0.97).contains(Double(covered) / 600), "\(covered) of 600")
    }

    @Test func tiesAndSeveralSelectorsDoNotRaiseTheAlarm() throws {
        let tied = GateSimulation(
            problems: 80, discordance: 0.2, repetitions: 100, tied: 0.5, selectors: 3, resamples: 200, seed: 2)
        let outcome = try tied.run(loss: 0)
        // 2.5 % promised; 8 of 100 would be more than three standard errors above.
        #expect(outcome.failed < 8)
        #expect(outcome.difference == 0 && (0.88...1).contains(outcome.coverage))
        #expect(try tied.run(loss: 0) == outcome, "the same seed draws the same runs")
        let all = try GateSimulation(problems: 40, discordance: 0.5, repetitions: 20, tied: 1, resamples: 200).run(
            loss: 0.5)
        #expect(all.difference == -0.25 && all.failed == 20)
    }
}

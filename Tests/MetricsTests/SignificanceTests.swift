// SPDX-License-Identifier: Apache-2.0
import Metrics
import RunStore
import SelectorKit
import Testing

/// Two selectors on forty problems of two candidates, one of them right.
@Suite struct SignificanceTests {
    private func table(first: (Int) -> Bool, second: (Int) -> Bool) throws -> PoolTable {
        let ids = (0..<40).map { "p\($0 + 10)" }
        func scores(_ picks: (Int) -> Bool) -> [String: PoolScores] {
            Dictionary(ids.enumerated().map { ($1, picks($0) ? Runs.scored(2, 1) : Runs.scored(1, 2)) }) { first, _ in
                first
            }
        }
        let record = Runs.run(
            problems: ids.map { ($0, nil) },
            pools: [Runs.pool(Dictionary(ids.map { ($0, "+-") }) { first, _ in first })],
            selectors: [Runs.selector("a", scores(first)), Runs.selector("b", scores(second))])
        return try #require(RunTables(record: record).pools.first)
    }

    @Test func gainsHaveIntervalsAndAdjustedValues() throws {
        let pool = try table(first: { $0 < 36 }, second: { $0 % 2 == 0 })
        let (strong, even) = (pool.overall.rows[0], pool.overall.rows[1])
        let low = try #require(strong.gainEstimate?.low)
        let high = try #require(strong.gainEstimate?.high)
        #expect(close(strong.gainEstimate?.value, 0.4) && low > 0.28 && high < 0.5)
        #expect(try #require(strong.estimate?.low) > 0.78)
        #expect(try #require(strong.adjustedGainP) < 0.01)
        #expect(try #require(even.adjustedGainP) > 0.5)
        #expect(try #require(strong.adjustedGainP) >= 2 * (try #require(strong.gainP)) - 1e-12)
    }

    @Test func pairsCountTheProblemsThatOnlyOneSolved() throws {
        let pool = try table(first: { $0 < 36 }, second: { $0 >= 20 })
        let pair = try #require(pool.pairs.first)
        #expect(pool.pairs.count == 1)
        #expect(pair.firstBetter == 20 && pair.secondBetter == 4 && pair.same == 16)
        // Twice the probability of at most 4 heads in 24 throws: 12,951 / 2^23.
        #expect(close(pair.p, 12_951.0 / 8_388_608) && pair.adjustedP == pair.p)
        #expect(close(pair.difference.value, 0.4))
    }

    @Test func curvesRunFromTheMeanToTheFullPool() throws {
        let pool = try table(first: { $0 < 30 }, second: { _ in true })
        let curves = try #require(pool.bestOfN)
        #expect(curves.problems == 40 && curves.oracle == [0.5, 1])
        #expect(curves.curves.map(\.label) == ["a", "b"])
        #expect(close(curves.curves[0].values[0], 0.5) && close(curves.curves[0].values[1], 0.75))
        #expect(close(curves.curves[1].values[1], 1))
    }

    /// Three candidates, one right: what a selector that compares them chose from two is taken from its subsets, the ends from the pool itself.
    @Test func comparingSelectorsHaveCurvesWhereTheyChoseFromSubsets() throws {
        func curves(_ subsets: SubsetChoices?) throws -> BestOfNCurves {
            var selector = Runs.selector("s", ["p1": Runs.scored(3, 1, 1)])
            selector.descriptor.scope = .pool
            if let subsets { selector.subsets = ["pool": ["p1": subsets]] }
            let record = Runs.run(
                problems: [("p1", nil)], pools: [Runs.pool(["p1": "+--"])], selectors: [selector])
            return try #require(RunTables(record: record).pools.first?.bestOfN)
        }
        let drawn = try curves(.init(sizes: [.init(n: 2, chosen: [[0], [1], [0, 2], [0]])]))
        #expect(drawn.curves.first?.subsets == 4 && drawn.withoutCurve == [])
        #expect(zip(drawn.curves.first?.values ?? [], [1.0 / 3, 0.625, 1]).allSatisfy { close($0, $1) })
        for unusable in [nil, SubsetChoices(sizes: []), .init(sizes: [.init(n: 2, chosen: [[7]])])] {
            let without = try curves(unusable)
            #expect(without.curves.isEmpty && without.withoutCurve == ["s"])
        }
    }
}

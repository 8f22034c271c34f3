// SPDX-License-Identifier: Apache-2.0
import Metrics
import SelectorKit
import Testing

@Suite struct LeaderboardTableTests {
    private let difficulties = ["a": "easy", "b": "easy", "c": "hard", "d": "hard"]

    private func entry(_ name: String, _ values: [String: Double], kind: LeaderboardTable.Entry.Kind = .model)
        -> LeaderboardTable.Entry
    {
        LeaderboardTable.Entry(name: name, kind: kind, values: values)
    }

    @Test func rowsStandOnTheProblemsThatAllHave() throws {
        let table = try #require(
            LeaderboardTable(
                [
                    entry("low", ["a": 0.5, "b": 0, "c": 0, "d": 0.1]),
                    entry("high", ["a": 1, "b": 0.5, "c": 0.25]),
                ], difficulties: difficulties))
        #expect(table.rows.map(\.name) == ["high", "low"])
        #expect(table.rows.map(\.rank) == [1, 2])
        #expect(table.problems == 4)
        #expect(table.commonProblems == 3)
        #expect(table.difficulties == ["easy", "hard"])
        #expect(table.rows.map(\.problems) == [3, 3])
        #expect(table.rows.map(\.known) == [3, 4])
        #expect(table.rows.map(\.problemsByDifficulty) == [[2, 1], [2, 1]])
        // By hand: (1 + 0.5 + 0.25) / 3 and (0.5 + 0 + 0) / 3.
        #expect(close(table.rows[0].overall.value, 1.75 / 3))
        #expect(close(table.rows[1].overall.value, 0.5 / 3))
        #expect(table.rows[0].byDifficulty.map { $0?.value } == [0.75, 0.25])
        #expect(table.rows[1].byDifficulty.map { $0?.value } == [0.25, 0])
        let (low, high) = (table.rows[0].overall.low ?? 2, table.rows[0].overall.high ?? -1)
        #expect(low < 1.75 / 3 && 1.75 / 3 < high && low >= 0.25 && high <= 1)
    }

    @Test func eachModelCanStandOnItsOwnProblems() throws {
        let table = try #require(
            LeaderboardTable(
                [entry("one", ["a": 1]), entry("other", ["c": 0.5, "d": 0])], difficulties: difficulties,
                isPerModel: true))
        #expect(table.rows.map(\.problems) == [1, 2])
        #expect(table.rows.map(\.overall.value) == [1, 0.25])
        #expect(table.rows[0].byDifficulty.map { $0?.value } == [1, nil])
        #expect(table.rows[1].byDifficulty.map { $0?.value } == [nil, 0.25])
        // One problem tells no interval.
        #expect(table.rows[0].overall.low == nil)
    }

    @Test func nothingInCommonIsNoTable() {
        #expect(
            LeaderboardTable([entry("one", ["a": 1]), entry("other", ["b": 1])], difficulties: difficulties) == nil)
        #expect(LeaderboardTable([], difficulties: [:]) == nil)
    }

    @Test func equalValuesShareAPlaceAndTheTopKeepsOwnRows() throws {
        let table = try #require(
            LeaderboardTable(
                [
                    entry("x", ["a": 1]), entry("y", ["a": 1]), entry("z", ["a": 0.5]),
                    entry("mine", ["a": 0], kind: .selector),
                ], difficulties: difficulties))
        #expect(table.rows.map(\.rank) == [1, 1, 3, 4])
        #expect(table.top(1).rows.map(\.name) == ["x", "y", "mine"])
        #expect(table.top(3).rows.map(\.rank) == [1, 1, 3, 4])
    }

    @Test func aRunGivesItsSelectorsOnCountedProblems() {
        let record = Runs.run(
            problems: [("a", .easy), ("b", .easy), ("c", .hard)],
            pools: [Runs.pool(["a": "+-", "b": "--", "c": "+?"])],
            selectors: [
                Runs.selector("one", ["a": Runs.scored(1, 0), "b": Runs.scored(1, 0), "c": Runs.scored(1, 0)]),
                Runs.selector("tied", ["a": Runs.scored(1, 1), "b": Runs.scored(1, 0), "c": Runs.scored(1, 0)]),
            ])
        let entries = RunTables(record: record).leaderboardEntries()
        #expect(entries.map(\.name) == ["random (pool)", "one (pool)", "tied (pool)"])
        #expect(entries.map(\.kind) == [.random, .selector, .selector])
        // A candidate of c has no verdict: the problem is not counted.
        #expect(entries[0].values == ["a": 0.5, "b": 0])
        #expect(entries[1].values == ["a": 1, "b": 0])
        #expect(entries[2].values == ["a": 0.5, "b": 0])
        #expect(
            RunTables(record: record).leaderboardEntries(only: ["one"]).map(\.name) == ["random (pool)", "one (pool)"])
    }
}

// SPDX-License-Identifier: Apache-2.0
import Foundation
@testable import Metrics
import RunStore
import SelectorKit
import Testing

@Suite struct RunTablesTests {
    /// Two easy problems and one hard one, four candidates each.
    private let problems: [(id: String, difficulty: Difficulty?)] = [("a", .easy), ("b", .easy), ("c", .hard)]
    private let verdicts = Runs.pool(["a": "+---", "b": "++--", "c": "----"])

    @Test func everyValueOfASmallTableIsAsComputedByHand() throws {
        // a: the wrong ones tie with the right one (1/2, first is right); b: a wrong one alone is highest; c: nothing to win.
        let record = Runs.run(
            problems: problems, pools: [verdicts],
            selectors: [
                Runs.selector(
                    "s",
                    ["a": Runs.scored(2, 1, 2, 1), "b": Runs.scored(1, 2, 3, 1), "c": Runs.scored(1, 2, 3, 4)])
            ])
        let pool = try #require(RunTables(record: record).pools.first)
        #expect(pool.overall.coverage == Coverage(problems: 3, counted: 3))
        #expect(close(pool.overall.poolMean, (0.25 + 0.5 + 0) / 3))
        #expect(close(pool.overall.oracle, 2.0 / 3))
        #expect(pool.overall.mixedProblems == 2)
        let row = try #require(pool.overall.rows.first)
        #expect(close(row.passAt1, 0.5 / 3))
        #expect(close(row.firstIndexPassAt1, 1.0 / 3))
        #expect(close(row.gain, 0.5 / 3 - 0.25))
        #expect(close(row.normalisedGain, (0.5 / 3 - 0.25) / (2.0 / 3 - 0.25)))
        #expect(row.tiedProblems == 1)
        #expect(row.isComplete)
        #expect(row.wallSeconds == 3)
        #expect(row.cost == Cost(calls: 3, cpuSeconds: 1.5))

        #expect(pool.difficulties.map(\.title) == ["easy", "hard"])
        #expect(close(pool.difficulties[0].rows[0].passAt1, 0.25))
        #expect(close(pool.difficulties[0].poolMean, 0.375))
        #expect(pool.difficulties[1].rows[0].passAt1 == 0)
        #expect(pool.difficulties[1].rows[0].normalisedGain == nil)
        #expect(pool.notes.isEmpty)
    }

    @Test func aSelectorThatRejectsAllCandidatesSharesTheChoiceAmongThem() throws {
        let record = Runs.run(
            problems: problems, pools: [verdicts],
            selectors: [
                Runs.selector(
                    "s",
                    [
                        "a": Runs.scored(nil, nil, nil, nil), "b": Runs.scored(nil, nil, -5, nil),
                        "c": Runs.scored(1, 1, 1, 1),
                    ])
            ])
        let pool = try #require(RunTables(record: record).pools.first)
        let row = pool.overall.rows[0]
        #expect(close(row.passAt1, (0.25 + 0 + 0) / 3))
        #expect(row.allRejectedProblems == 1)
        #expect(row.tiedProblems == 2)
        #expect(pool.problems[0].choices[0].chosen == [0, 1, 2, 3])
        #expect(pool.problems[0].choices[0].scores == [nil, nil, nil, nil])
        #expect(pool.problems[1].choices[0].chosen == [2])
        #expect(
            pool.notes == [
                Note(
                    kind: .information, selector: "s",
                    text: "s rejected every candidate of 1 problem; there all candidates share the choice.")
            ])
    }

    @Test func allRowsAreComputedOnTheProblemsThatEverySelectorScored() throws {
        let record = Runs.run(
            problems: problems, pools: [verdicts],
            selectors: [
                Runs.selector(
                    "whole",
                    ["a": Runs.scored(2, 1, 1, 1), "b": Runs.scored(1, 2, 1, 1), "c": Runs.scored(1, 2, 3, 4)]),
                Runs.selector(
                    "broken",
                    [
                        "a": .failed(message: "out of memory"), "b": Runs.scored(2, 1, 1, 1),
                        "c": Runs.scored(1, 1, 2, 2),
                    ]),
            ])
        let pool = try #require(RunTables(record: record).pools.first)
        #expect(pool.overall.coverage == Coverage(problems: 3, counted: 2, unscored: 1))
        #expect(close(pool.overall.coverage.share, 2.0 / 3))
        #expect(close(pool.overall.poolMean, 0.25))
        // 'whole' is right on 'a', which does not count because 'broken' failed there.
        #expect(close(pool.overall.rows[0].passAt1, 0.5))
        #expect(pool.overall.rows[0].isComplete)
        #expect(pool.overall.rows[0].wallSeconds == 2)
        #expect(close(pool.overall.rows[1].passAt1, 0.5))
        #expect(!pool.overall.rows[1].isComplete)
        #expect(pool.overall.rows[1].errored == 1)
        #expect(pool.overall.rows[1].scored == 2)
        #expect(pool.problems.map(\.exclusion) == [.unscored, nil, nil])
        #expect(
            pool.notes.map(\.text) == [
                "broken scored 2 of 3 problems, failed on 1; those left are out of every row. First message: out of memory"
            ])
    }

    @Test func aSelectorThatNeverScoredDoesNotEmptyTheTable() throws {
        let scores = ["a": Runs.scored(2, 1, 1, 1), "b": Runs.scored(1, 2, 1, 1), "c": Runs.scored(1, 2, 3, 4)]
        let record = Runs.run(
            problems: problems, pools: [verdicts],
            selectors: [
                Runs.selector("whole", scores), Runs.selector("absent", [:]),
                Runs.selector("down", ["a": .failed(message: "no server"), "b": .failed(message: "no server")]),
            ])
        let pool = try #require(RunTables(record: record).pools.first)
        #expect(pool.overall.coverage.counted == 3)
        #expect(close(pool.overall.rows[0].passAt1, 2.0 / 3))
        for row in pool.overall.rows.dropFirst() {
            #expect(row.passAt1 == nil)
            #expect(row.firstIndexPassAt1 == nil)
            #expect(row.gain == nil)
            #expect(!row.isComplete)
        }
        #expect(
            pool.notes.map(\.text) == [
                "absent scored 0 of 3 problems, was not run on 3; its row is empty.",
                "down scored 0 of 3 problems, failed on 2, was not run on 1; its row is empty. First message: no server",
            ])
    }

    @Test func problemsWithoutAFullRowOfVerdictsAreLeftOutOfEveryRow() throws {
        let scores = ["a": Runs.scored(1, 2), "b": Runs.scored(1, 2), "c": Runs.scored(1, 2)]
        let record = Runs.run(
            problems: problems, pools: [Runs.pool(["a": "+?", "b": "+!", "c": "-+"])],
            selectors: [Runs.selector("s", scores)])
        let pool = try #require(RunTables(record: record).pools.first)
        #expect(
            pool.overall.coverage == Coverage(problems: 3, counted: 1, ungraded: 1, infrastructureErrors: 1))
        #expect(pool.overall.poolMean == 0.5)
        #expect(pool.overall.rows[0].passAt1 == 1)
        #expect(!pool.overall.rows[0].isComplete)
        #expect(pool.overall.ungradedCandidates == 1)
        #expect(pool.overall.outcomes.map(\.candidates) == [3, 1, 1])
        #expect(pool.overall.outcomes.map(\.title) == ["passed", "infrastructure error", "wrong answer"])
        #expect(pool.problems.map(\.exclusion) == [.ungraded, .infrastructureError, nil])
        // Neither of the chosen candidates has a verdict that says anything.
        #expect(pool.problems.map(\.choices[0].correctness) == [nil, nil, 1])
        #expect(
            pool.notes.map(\.text) == [
                "1 candidate has no verdict yet. The 1 problem concerned is left out of every row.",
                "Grading failed by no fault of the candidates on 1 problem, left out of every row and not counted as wrong.",
            ])
    }

    @Test func poolsOfOtherSizesAndWithFewerProblemsKeepTheirOwnSets() throws {
        let scores = ["a": Runs.scored(1, 2), "b": Runs.scored(1, 2, 3, 3)]
        let record = Runs.run(
            problems: problems, pools: [verdicts, Runs.pool(["a": "-+", "b": "+++-"], name: "small", imported: true)],
            selectors: [Runs.selector("s", scores, in: "small")])
        let tables = RunTables(record: record)
        #expect(tables.pools[0].overall.coverage.counted == 3)
        #expect(tables.pools[0].overall.rows[0].passAt1 == nil)
        let small = tables.pools[1]
        #expect(small.overall.coverage == Coverage(problems: 3, counted: 2, absent: 1))
        #expect((small.fewestCandidates, small.mostCandidates) == (2, 4))
        // Problems weigh the same, however many candidates they have.
        #expect(close(small.overall.poolMean, (0.5 + 0.75) / 2))
        #expect(close(small.overall.rows[0].passAt1, (1 + 0.5) / 2))
        #expect(small.overall.rows[0].isComplete)
        #expect(small.difficulties[1].coverage == Coverage(problems: 1, absent: 1))
        #expect(small.difficulties[1].poolMean == nil)
        #expect(
            small.notes.map(\.text) == [
                "The pool has no candidates for 1 of the run's 3 problems; they are left out.",
                "The verdicts were imported with the pool; this run executed none of its programs.",
                "Problems have between 2 and 4 candidates; each problem counts the same.",
            ])
    }

    @Test func scoresThatBreakTheContractCountAsFailures() throws {
        let record = Runs.run(
            problems: problems, pools: [verdicts],
            selectors: [
                Runs.selector(
                    "s",
                    ["a": Runs.scored(1, 2), "b": Runs.scored(.nan, 1, 1, 1), "c": Runs.scored(.infinity, 1, 1, 1)])
            ])
        let pool = try #require(RunTables(record: record).pools.first)
        #expect(pool.overall.rows[0].errored == 3)
        #expect(pool.problems[0].choices[0].message == "It gave 2 scores for 4 candidates.")
        #expect(pool.problems[1].choices[0].message == "It gave a score that is not a finite number.")
        #expect(pool.problems[2].choices[0].message == "It gave a score that is not a finite number.")
    }

    @Test func selectorsThatSeeTestsAreTold() throws {
        let record = Runs.run(
            problems: problems, pools: [verdicts],
            selectors: [Runs.selector("filter", requirements: [.publicTests, .execution], [:])])
        let tables = RunTables(record: record)
        #expect(tables.selectors[0].usesTests)
        #expect(tables.selectors[0].uses == ["execution", "public tests"])
        #expect(
            tables.pools[0].notes.last?.text
                == "filter uses execution and public tests, which selectors that only read the programs do not have.")
    }

    @Test func problemsWithoutADifficultyComeLastAndNeedNoGroupOfTheirOwn() throws {
        let mixed = Runs.run(problems: [("a", nil), ("b", .hard), ("c", .easy)], pools: [verdicts])
        #expect(RunTables(record: mixed).pools[0].difficulties.map(\.title) == ["easy", "hard", "unrated"])
        let none = Runs.run(problems: [("a", nil), ("b", nil)], pools: [verdicts])
        #expect(RunTables(record: none).pools[0].difficulties.isEmpty)
        #expect(RunTables(record: none).pools[0].overall.coverage.counted == 2)
    }

    @Test func equalProgramsAreFoundAndCounted() throws {
        var pool = Runs.pool(["a": "++--"])
        pool.candidates["a"]?[2].program = "print(0)"
        let table = try #require(RunTables(record: Runs.run(problems: [("a", nil)], pools: [pool])).pools.first)
        #expect(table.problems[0].candidates.map(\.sameProgramAs) == [nil, nil, 0, nil])
        #expect(table.overall.distinctPrograms == 0.75)
    }

    @Test func anEmptyRunGivesEmptyTables() {
        let tables = RunTables(
            record: Runs.run(problems: [], pools: [Runs.pool([:])], selectors: [Runs.selector("s", [:])]))
        #expect(tables.pools[0].overall.coverage == Coverage())
        #expect(tables.pools[0].overall.coverage.share == nil)
        #expect(tables.pools[0].overall.rows[0].passAt1 == nil)
        #expect(
            tables.pools[0].headline == "Nothing can be compared yet: no problem has all its verdicts and scores.")
    }

    @Test func tablesSurviveJSON() throws {
        let record = Runs.run(
            problems: problems, pools: [verdicts], selectors: [Runs.selector("s", ["a": Runs.scored(1, nil, 3, 0.1)])])
        let tables = RunTables(record: record)
        #expect(try JSONDecoder().decode(RunTables.self, from: JSONEncoder().encode(tables)) == tables)
    }
}

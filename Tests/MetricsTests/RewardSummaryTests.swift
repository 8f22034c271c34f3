// SPDX-License-Identifier: Apache-2.0
import Metrics
import RunStore
import SelectorKit
import Testing

@Suite struct RewardSummaryTests {
    /// Three problems: the first two mixed, the third all wrong.
    private func pool(_ scores: [String: PoolScores], scope: SelectorDescriptor.Scope = .candidate) throws -> PoolTable
    {
        var selector = Runs.selector("s", scores)
        selector.descriptor.scope = scope
        let record = Runs.run(
            problems: [("p1", nil), ("p2", nil), ("p3", nil)],
            pools: [Runs.pool(["p1": "+-+", "p2": "-+", "p3": "--"])], selectors: [selector])
        return try #require(RunTables(record: record).pools.first)
    }

    @Test func scoresAreHeldAgainstVerdicts() throws {
        let pool = try pool([
            "p1": Runs.scored(0.9, 0.4, 0.3), "p2": Runs.scored(0.2, 0.8), "p3": Runs.scored(0.1, nil),
        ])
        let reward = try #require(pool.rewards.first)
        #expect(reward.passed == 3 && reward.failed == 3 && reward.rejectedPassed == 0 && reward.rejectedFailed == 1)
        // p1: 0.9 beats 0.4 and 0.3 does not; p2: right.
        #expect(close(reward.pairAccuracy?.value, 0.75))
        // Correct 0.9, 0.3, 0.8 against wrong 0.4, 0.2, 0.1, rejected: 4 + 3 + 4 of 12.
        #expect(close(reward.area, 11.0 / 12))
        #expect(reward.bars.count == 20)
        #expect(reward.bars.reduce(0) { $0 + $1.passed } == 3 && reward.bars.reduce(0) { $0 + $1.failed } == 3)
        let calibration = try #require(reward.calibration)
        // 0.01 + 0.16 + 0.49 + 0.04 + 0.04 + 0.01 over six.
        #expect(close(calibration.brier, 0.125) && close(calibration.brierOfConstant, 0.25))
        #expect(calibration.bins.reduce(0) { $0 + $1.candidates } == 6)
    }

    @Test func lengthsAreNoProbabilitiesAndEqualScoresHaveOneBar() throws {
        let long = try pool(["p1": Runs.scored(100, 40, 300), "p2": Runs.scored(2, 8), "p3": Runs.scored(1, 7)])
        #expect(long.rewards.first?.calibration == nil)
        let flat = try pool(["p1": Runs.scored(1, 1, 1), "p2": Runs.scored(1, 1), "p3": Runs.scored(1, 1)])
        let reward = try #require(flat.rewards.first)
        #expect(reward.bars.count == 1 && reward.bars[0].passed == 3 && reward.bars[0].failed == 4)
        #expect(reward.calibration == nil && close(reward.area, 0.5))
    }

    @Test func selectorsThatCompareOrFailHaveNoRewards() throws {
        let scores = ["p1": Runs.scored(1, 2, 3), "p2": Runs.scored(1, 2), "p3": Runs.scored(1, 2)]
        #expect(try pool(scores, scope: .pool).rewards.isEmpty)
        #expect(try pool(["p1": .failed(message: "down")]).rewards.isEmpty)
    }
}

@Suite struct ComparisonTests {
    private func tables(_ selectors: [SelectorRecord], verdicts: [String: String], imported: Bool = false) throws
        -> PoolTable
    {
        let record = Runs.run(
            problems: verdicts.keys.sorted().map { ($0, nil) }, pools: [Runs.pool(verdicts, imported: imported)],
            selectors: selectors)
        return try #require(RunTables(record: record).pools.first)
    }

    @Test func disagreementsAreSortedByHowEvenlyTheySplit() throws {
        let verdicts = ["p1": "+-", "p2": "+-", "p3": "+-", "p4": "++", "p5": "--", "p6": "+-"]
        func picks(_ rights: [String]) -> [String: PoolScores] {
            Dictionary(
                uniqueKeysWithValues: verdicts.keys.map {
                    ($0, rights.contains($0) ? Runs.scored(2, 1) : Runs.scored(1, 2))
                })
        }
        var tied = picks(["p1", "p2"])
        tied["p6"] = Runs.scored(1, 1)
        let pool = try tables(
            [
                Runs.selector("a", picks(["p1", "p2"])), Runs.selector("b", picks(["p1"])),
                Runs.selector("c", picks(["p1", "p2"])), Runs.selector("d", tied),
            ], verdicts: verdicts)
        let found = try #require(pool.disagreements)
        #expect(found.allCorrect == 1 && found.allWrong == 1 && found.everyoneRight == 1 && found.everyoneWrong == 1)
        #expect(found.problems.map(\.id) == ["p2", "p6"])
        #expect(found.problems[0].right == ["a", "c", "d"] && found.problems[0].wrong == ["b"])
        #expect(found.problems[1].tied == ["d"] && found.problems[1].right.isEmpty)
    }

    @Test func theFrontHoldsWhatNoneBeatsInBoth() throws {
        func costing(_ calls: Int, _ isRight: Bool) -> [String: PoolScores] {
            let values: [CandidateScore] = isRight ? [.value(2), .value(1)] : [.value(1), .value(2)]
            return ["p1": .scored(values, cost: Cost(calls: calls), wallSeconds: 0)]
        }
        let pool = try tables(
            [
                Runs.selector("dear and right", costing(9, true)), Runs.selector("right", costing(3, true)),
                Runs.selector("cheap", costing(0, false)), Runs.selector("wrong", costing(4, false)),
            ], verdicts: ["p1": "+-"])
        #expect(pool.overall.front(by: .calls).map(\.label) == ["cheap", "right"])
        // Where nothing costs anything the best are left.
        #expect(pool.overall.front(by: .tokens).map(\.label) == ["dear and right", "right"])
    }

    @Test func tooFewProblemsForADifferenceAreToldBesideThePairs() throws {
        let verdicts = Dictionary((0..<30).map { ("p\($0 + 10)", "+-") }) { first, _ in first }
        func picks(_ isRight: (String) -> Bool) -> [String: PoolScores] {
            verdicts.reduce(into: [:]) { $0[$1.key] = isRight($1.key) ? Runs.scored(2, 1) : Runs.scored(1, 2) }
        }
        let near = try tables(
            [Runs.selector("a", picks { $0 < "p14" }), Runs.selector("b", picks { $0 < "p12" })], verdicts: verdicts)
        let warning = try #require(near.notes.first { $0.topic == .pairs })
        #expect(
            warning.kind == .warning
                && warning.text.contains("1 of the 1 difference shown is smaller and could not be found"))
        #expect(near.pairs[0].p == 0.5)
        let far = try tables(
            [Runs.selector("a", picks { _ in true }), Runs.selector("b", picks { _ in false })], verdicts: verdicts)
        #expect(!far.notes.contains { $0.topic == .pairs } && far.pairs[0].adjustedP < 1e-6)
    }

    @Test func candidatesOfSeveralModelsAreWarnedOf() throws {
        var pool = Runs.pool(["p1": "+-"])
        pool.candidates["p1"]?[1].id.model = "other"
        let record = Runs.run(problems: [("p1", nil)], pools: [pool])
        let notes = RunTables(record: record).pools[0].notes
        #expect(notes.contains { $0.kind == .warning && $0.text.contains("2 models (m, other)") })
    }

    @Test func aModelTrainedOnTheseProblemsIsToldAtItsSelectors() {
        var record = Runs.run(
            problems: [("p1", nil)], pools: [Runs.pool(["p1": "+-"])],
            selectors: [
                Runs.selector("funprm", requirements: [.rewardModel(role: "prm")], ["p1": Runs.scored(2, 1)]),
                Runs.selector("orm", requirements: [.rewardModel(role: "orm")], ["p1": Runs.scored(2, 1)]),
            ])
        let warning =
            "Reward model 'prm' scores 1 of 1 problems that it was trained on, such as 'p1': overlap was allowed."
        record.manifest.warnings = [warning]
        let tables = RunTables(record: record)
        #expect(tables.warnings == [warning])
        #expect(tables.selectors.map(\.warnings) == [[warning], []])
    }
}

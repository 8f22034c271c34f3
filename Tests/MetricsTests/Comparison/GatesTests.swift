// SPDX-License-Identifier: Apache-2.0
import SelectorKit
import Testing

@testable import Metrics

@Suite struct GatesTests {
    private typealias R = ComparisonRuns

    private func judge(_ base: RunResults, _ head: RunResults, _ policy: GatePolicy) throws -> [GateResult] {
        gates(try RunComparison(base: base, head: head, settings: .init(resamples: 100)), under: policy)
    }

    @Test func withoutGatesNothingFails() throws {
        #expect(try judge(R.run(right: 10, wrong: 0), R.run(right: 0, wrong: 10), GatePolicy()).isEmpty)
    }

    /// Five losses of ten: p = 1/16. Six: p = 1/32.
    @Test func aRegressionMustBeSignificant() throws {
        let base = R.run(right: 10, wrong: 0)
        let policy = GatePolicy(gates: [.regression])
        #expect(try judge(base, R.run(right: 5, wrong: 5), policy).map(\.outcome) == [.passed])
        let failed = try judge(base, R.run(right: 4, wrong: 6), policy)
        #expect(failed.map(\.outcome) == [.failed])
        #expect(failed.first?.details == (4..<10).map { "lost p\($0)" })
        #expect(
            failed.first?.message
                == "Regression: pass@1 100.0 → 40.0 (-60.0 points, adjusted p = 0.031, 10 problems).")
        #expect(
            try judge(base, R.run(right: 4, wrong: 6), GatePolicy(gates: [.regression], alpha: 0.03)).map(\.outcome)
                == [.passed])
        #expect(
            try judge(base, R.run(right: 5, wrong: 5), GatePolicy(gates: [.regression], alpha: 0.1)).map(\.outcome) == [
                .failed
            ])
    }

    @Test func aGainIsNoRegression() throws {
        let results = try judge(
            R.run(right: 0, wrong: 20), R.run(right: 20, wrong: 0), GatePolicy(gates: [.regression, .anyLoss]))
        #expect(results.map(\.outcome) == [.passed, .passed])
    }

    /// A loss of exactly the least effect counts, one below it does not.
    @Test func aRegressionMustBeLargeEnough() throws {
        let (base, head) = (R.run(right: 100, wrong: 0), R.run(right: 90, wrong: 10))
        func outcome(_ effect: Double) throws -> [GateResult.Outcome] {
            try judge(base, head, GatePolicy(gates: [.regression], leastEffect: effect)).map(\.outcome)
        }
        #expect(try outcome(0.1) == [.failed])
        #expect(try outcome(0.101) == [.passed])
    }

    @Test func everyGateNamesWhatItConcerns() throws {
        let base = R.results(["+-", "+-", "+-"], chosen: ["a": [0, 0, 0], "b": [0, 0, 0], "gone": [0, 0, 0]])
        let head = R.results(["+-", "--", "+-"], chosen: ["a": [1, 0, 0], "b": [nil, 0, -1]])
        let policy = GatePolicy(gates: [.anyLoss, .anyVerdictChange, .incomplete])
        let results = try judge(base, head, policy)
        #expect(
            results == [
                GateResult(
                    gate: .anyLoss, pool: "pool", selector: "a", outcome: .failed, message: "2 problems lost.",
                    details: ["lost p0", "lost p1"]),
                GateResult(
                    gate: .anyLoss, pool: "pool", selector: "b", outcome: .failed, message: "2 problems lost.",
                    details: ["lost p0 (100.0\u{A0}→\u{A0}50.0\u{A0}%)", "lost p1"]),
                GateResult(
                    gate: .anyVerdictChange, pool: "pool", selector: nil, outcome: .failed,
                    message: "1 verdict changed.", details: ["p1 candidate 0: passed → wrong answer"]),
                GateResult(
                    gate: .incomplete, pool: "pool", selector: "a", outcome: .passed,
                    message: "All problems were compared.", details: []),
                GateResult(
                    gate: .incomplete, pool: "pool", selector: "b", outcome: .failed,
                    message: "1 problem of 3 could not be compared.", details: ["1 problem not scored in head: p2"]),
                GateResult(
                    gate: .incomplete, pool: "pool", selector: "gone", outcome: .failed,
                    message: "The selector is only in base.", details: []),
            ])
    }

    @Test func aMissingPoolIsIncomplete() throws {
        var base = R.run(right: 2, wrong: 0)
        let head = base
        base.pools.append(base.pools[0])
        base.pools[1].name = "second"
        let results = try judge(base, head, GatePolicy(gates: [.incomplete]))
        #expect(results.map(\.outcome) == [.failed, .passed])
        #expect(results.first?.subject == "second")
    }

    @Test func costsHaveALimitPerKind() throws {
        let base = R.run(right: 4, wrong: 0)
        var head = base
        head.pools[0].costs[0].cost.calls = 5
        head.pools[0].costs[0].cost.cpuSeconds = 100
        func outcome(_ limits: [CostChange.Kind: Double]) throws -> [GateResult.Outcome] {
            try judge(base, head, GatePolicy(gates: [.costIncrease], costLimits: limits)).map(\.outcome)
        }
        // 4 → 5 calls is 25 % more.
        #expect(try outcome([.calls: 0.25]) == [.passed])
        #expect(try outcome([.calls: 0.24]) == [.failed])
        #expect(try outcome([.executions: 0]) == [.passed])
        #expect(try outcome([.cpu: 0.5]) == [.failed])
        head.pools[0].costs[0].cost.executions = 1
        #expect(try outcome([.executions: 1000]) == [.failed])
        head.pools[0].costs[0].cost.executions = .max
        #expect(try outcome([.executions: 1000]) == [.failed])
    }

    @Test func whatCannotBeComparedIsNotJudged() throws {
        let base = R.results(["+-"], chosen: ["a": [0], "b": [0]])
        let head = R.results(["+-"], chosen: ["a": [0], "b": [-1]])
        let results = try judge(base, head, GatePolicy(gates: [.regression, .anyLoss]))
        #expect(results.map(\.outcome) == [.passed, .notJudged, .passed, .notJudged])
    }

    /// Base and head are drawn alike, ties included: any failure is a false alarm.
    @Test func falseAlarmsStayWithinTheLevel() throws {
        var random = SplitMix64(state: 9)
        let trials = 200
        let verdicts = Array(repeating: "+-", count: 40)
        func side() -> RunResults {
            func choices() -> [Int?] { verdicts.map { _ in [0, 0, 1, nil][random.next(below: 4)] } }
            return R.results(verdicts, chosen: ["a": choices(), "b": choices(), "c": choices()])
        }
        var alarms = 0
        for _ in 0..<trials {
            let comparison = try RunComparison(base: side(), head: side(), settings: .init(resamples: 2))
            if gates(comparison, under: GatePolicy(gates: [.regression], alpha: 0.2)).contains(where: {
                $0.outcome == .failed
            }) {
                alarms += 1
            }
        }
        // About half of 0.2, less for a test that counts: 20 of 200; five standard deviations above are 41.
        #expect(alarms <= 41)
        #expect(alarms >= 4)
    }
}

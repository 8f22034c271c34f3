// SPDX-License-Identifier: Apache-2.0
import SelectorKit
import Statistics

extension GroupTable {
    /// - Parameters:
    ///   - problems: how many problems of the run belong to the group.
    ///   - measured: those that the pool has candidates for.
    ///   - bootstrap: for intervals and p-values.
    init(title: String, problems: Int, measured: [MeasuredProblem], labels: [String], bootstrap: Bootstrap) {
        let coverage = Coverage(problems: problems, measured: measured.map(\.table))
        let counted = measured.filter { $0.table.exclusion == nil }
        let correctShares = counted.compactMap { share($0.table.candidates.map { $0.passed == true }) }
        let poolMean = mean(correctShares)
        let programShares = counted.compactMap { share($0.table.distinctCandidates.map { $0.passed == true }) }
        let oracle = share(correctShares.map { $0 > 0 })
        let candidates = measured.flatMap(\.table.candidates)
        self.init(
            title: title, coverage: coverage, poolMean: poolMean, programMean: mean(programShares), oracle: oracle,
            mixedProblems: correctShares.count { $0 > 0 && $0 < 1 },
            distinctPrograms: mean(measured.compactMap { share($0.table.candidates.map { $0.sameProgramAs == nil }) }),
            outcomes: OutcomeCount.counts(of: candidates), ungradedCandidates: candidates.count { $0.outcome == nil },
            rows: labels.indices.map { index in
                SelectorRow(
                    label: labels[index], selector: index, measured: measured, counted: counted, poolMean: poolMean,
                    oracle: oracle, coverage: coverage)
            })
        estimate(counted: counted, bootstrap: bootstrap)
    }

    /// Adds intervals and p-values, all from the same resamples of the problems.
    private mutating func estimate(counted: [MeasuredProblem], bootstrap: Bootstrap) {
        let random = counted.compactMap { share($0.table.candidates.map { $0.passed == true }) }
        let scored = rows.indices.filter { index in
            rows[index].passAt1 != nil && counted.allSatisfy { $0.table.choices[index].correctness != nil }
        }
        let values = scored.map { index in counted.compactMap { $0.table.choices[index].correctness } }
        let gains = values.map { zip($0, random).map { $0 - $1 } }
        let estimates = bootstrap.estimates(ofMeans: values + gains)
        var tested: [(index: Int, p: Double)] = []
        for (place, index) in scored.enumerated() {
            let (value, gain) = (estimates[place], estimates[scored.count + place])
            rows[index].estimate = rows[index].passAt1.map { Estimate($0, value) }
            rows[index].gainEstimate = rows[index].gain.map { Estimate($0, gain) }
            rows[index].gainP = gain?.pValue
            if let p = gain?.pValue { tested.append((index, p)) }
        }
        for (row, p) in zip(tested, Adjustment.holm.adjusted(tested.map(\.p))) { rows[row.index].adjustedGainP = p }
    }
}

extension Coverage {
    init(problems: Int, measured: [ProblemTable]) {
        self.problems = problems
        counted = measured.count { $0.exclusion == nil }
        absent = problems - measured.count
        ungraded = measured.count { $0.exclusion == .ungraded }
        infrastructureErrors = measured.count { $0.exclusion == .infrastructureError }
        unscored = measured.count { $0.exclusion == .unscored }
    }
}

extension OutcomeCount {
    static func counts(of candidates: [CandidateRow]) -> [OutcomeCount] {
        var counts: [String: OutcomeCount] = [:]
        for candidate in candidates {
            guard let outcome = candidate.outcome else { continue }
            // Imported verdicts share one outcome name and differ in `passed` alone.
            let passed = candidate.passed == true
            counts["\(outcome) \(passed)", default: OutcomeCount(outcome: outcome, passed: passed, candidates: 0)]
                .candidates += 1
        }
        return counts.values.sorted {
            ($0.passed ? 0 : 1, -$0.candidates, $0.outcome) < ($1.passed ? 0 : 1, -$1.candidates, $1.outcome)
        }
    }
}

extension SelectorRow {
    init(
        label: String, selector: Int, measured: [MeasuredProblem], counted: [MeasuredProblem], poolMean: Double?,
        oracle: Double?, coverage: Coverage
    ) {
        let choices = counted.map(\.table.choices[selector]).filter { $0.state == .scored }
        let states = measured.map(\.table.choices[selector].state)
        let passAt1 = mean(choices.compactMap(\.correctness))
        let firstCorrect = counted.filter { $0.table.choices[selector].state == .scored }.map { problem in
            problem.table.choices[selector].chosen.first.map { problem.table.candidates[$0].passed == true } ?? false
        }
        var gain: Double?
        var normalised: Double?
        if let passAt1, let poolMean, let oracle {
            gain = passAt1 - poolMean
            normalised = Statistics.normalisedGain(of: passAt1, over: poolMean, ceiling: oracle)
        }
        let scored = states.count { $0 == .scored }
        self.init(
            label: label, passAt1: passAt1, firstIndexPassAt1: share(firstCorrect), gain: gain,
            normalisedGain: normalised,
            tiedProblems: choices.count { $0.chosen.count > 1 },
            allRejectedProblems: choices.count(where: \.rejectsAll),
            scored: scored, errored: states.count { $0 == .failed }, missing: states.count { $0 == .missing },
            isComplete: scored == measured.count && coverage.isFullyGraded,
            cost: counted.reduce(.zero) { $0 + $1.spent[selector].cost },
            wallSeconds: counted.reduce(0) { $0 + $1.spent[selector].wallSeconds })
    }
}

// SPDX-License-Identifier: Apache-2.0

extension PoolTable {
    /// The pool's result in one sentence of plain words. It states what was observed on these problems, and whether the gain over a random choice is more than chance.
    public var headline: String {
        let coverage = overall.coverage
        guard coverage.counted > 0, let poolMean = overall.poolMean, let oracle = overall.oracle else {
            return "Nothing can be compared yet: no problem has all its verdicts and scores."
        }
        let problems =
            coverage.counted == coverage.problems
            ? NumberFormat.count(coverage.counted, "problem")
            : "\(coverage.counted) of \(NumberFormat.count(coverage.problems, "problem"))"
        let bounds =
            "a random choice is expected to be correct for \(percent(poolMean)), a perfect one for \(percent(oracle))"
        let best = highestRows
        guard let first = best.first, let highest = first.passAt1, let gain = first.gain else {
            return "On \(problems), \(bounds)."
        }
        if overall.mixedProblems == 0 {
            return "On \(problems), no selector can make a difference: each has only correct or only wrong candidates."
        }
        let names = NumberFormat.list(best.map(\.label))
        guard gain > Self.tolerance else {
            return
                "On \(problems), no selector chose better than at random: \(names) came highest with \(percent(highest)), "
                + "while \(bounds)."
        }
        return "On \(problems), \(names) most often chose a correct program: for \(percent(highest)) of them, "
            + "where \(bounds)." + told(best)
    }

    /// Whether the gain of the highest rows is more than luck with the problems.
    private func told(_ best: [SelectorRow]) -> String {
        guard let p = best.compactMap(\.adjustedGainP).min() else { return "" }
        return p < 0.05
            ? " That is more over random than the choice of problems explains (p \(NumberFormat.probability(p)))."
            : " On this many problems the gain over random cannot be told from chance (p \(NumberFormat.probability(p)))."
    }

    /// How many percentage points one problem of the overall table is worth; nil where none is counted.
    public var pointsPerProblem: Double? {
        overall.coverage.counted > 0 ? 1 / Double(overall.coverage.counted) : nil
    }

    /// The rows with the highest pass@1, several if they are equal but for rounding errors.
    private var highestRows: [SelectorRow] {
        guard let highest = overall.rows.compactMap(\.passAt1).max() else { return [] }
        return overall.rows.filter { $0.passAt1.map { highest - $0 < Self.tolerance } ?? false }
    }

    private static var tolerance: Double { 1e-9 }

    private func percent(_ share: Double) -> String { NumberFormat.percent(share) + " %" }
}

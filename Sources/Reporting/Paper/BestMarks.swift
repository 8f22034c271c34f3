// SPDX-License-Identifier: Apache-2.0
import Metrics
import Statistics

/// Which rows of one column hold the highest value, and which the data do not tell apart from it.
struct BestMarks {
    /// Whether the random choice, and each selector, has the highest value.
    private(set) var isBest: (random: Bool, rows: [Bool])
    /// Whether they are lower, without the difference being significant.
    private(set) var isClose: (random: Bool, rows: [Bool])

    /// The level of the tests.
    static let alpha = 0.05

    /// - Parameters:
    ///   - group: the column's group of problems.
    ///   - problems: the counted problems of that group.
    ///   - taking: for each selector, whether it takes part; the random choice always does.
    init(_ group: GroupTable, problems: [ProblemTable], taking: [Bool], seed: UInt64) {
        let none = [Bool](repeating: false, count: group.rows.count)
        isBest = (false, none)
        isClose = (false, none)
        guard let random = group.poolMean else { return }
        let rows = group.rows.indices.filter { group.rows[$0].passAt1 != nil && taking[$0] }
        let highest = rows.compactMap { group.rows[$0].passAt1 }.reduce(random, max)
        func isHighest(_ value: Double?) -> Bool { value.map { $0 >= highest - 1e-12 } ?? false }
        isBest.random = isHighest(random)
        for row in rows { isBest.rows[row] = isHighest(group.rows[row].passAt1) }

        // The first of the highest stands for them all.
        func outcomes(_ row: Int?) -> [Double] { problems.map { Self.correctness(of: row, on: $0) } }
        let best = outcomes(isBest.rows.firstIndex(of: true))
        let others = (isBest.random ? [] : [Int?.none]) + rows.filter { !isBest.rows[$0] }.map { Int?.some($0) }
        let values = others.map { row in SignFlip(zip(best, outcomes(row)).map { $0 - $1 }, seed: seed).p }
        for (row, p) in zip(others, Adjustment.holm.adjusted(values)) where p >= Self.alpha {
            if let row { isClose.rows[row] = true } else { isClose.random = true }
        }
    }

    /// - Parameter row: a selector's; nil for the random choice.
    private static func correctness(of row: Int?, on problem: ProblemTable) -> Double {
        guard let row else { return Double(problem.correct) / Double(max(problem.candidates.count, 1)) }
        return problem.choices[row].correctness ?? 0
    }
}

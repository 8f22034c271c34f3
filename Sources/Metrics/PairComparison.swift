// SPDX-License-Identifier: Apache-2.0
import Statistics

/// Two selectors on the same problems of one pool.
public struct PairComparison: Sendable, Codable, Hashable {
    public var first: String
    public var second: String
    /// Problems on which the choice of the first, or of the second selector is correct more often (tied candidates are shared), and those on which they do
    /// not differ.
    public var firstBetter: Int
    public var secondBetter: Int
    public var same: Int
    /// Two-sided, by flipping signs of the differences (`SignFlip`); McNemar's exact test where nothing is tied.
    public var p: Double
    /// `p`, adjusted for the number of pairs of the pool (Holm).
    public var adjustedP: Double
    /// Pass@1 of the first minus that of the second, ties shared, with the 95 % interval over problems (paired bootstrap).
    public var difference: Estimate

    /// - Parameter problems: those that are counted.
    static func all(of problems: [ProblemTable], labels: [String], bootstrap: Bootstrap) -> [PairComparison] {
        guard !problems.isEmpty else { return [] }
        let compared = labels.indices.filter { index in
            problems.allSatisfy { $0.choices[index].correctness != nil }
        }
        let values = compared.map { index in problems.compactMap { $0.choices[index].correctness } }
        var places: [(first: Int, second: Int)] = []
        for first in compared.indices {
            for second in (first + 1)..<max(first + 1, compared.count) { places.append((first, second)) }
        }
        let differences = places.map { place in zip(values[place.first], values[place.second]).map { $0 - $1 } }
        let estimates = bootstrap.estimates(ofMeans: differences)
        let tests = differences.map { SignFlip($0, seed: bootstrap.seed) }
        let adjusted = Adjustment.holm.adjusted(tests.map(\.p))
        return places.indices.map { index in
            let test = tests[index]
            return PairComparison(
                first: labels[compared[places[index].first]], second: labels[compared[places[index].second]],
                firstBetter: test.above, secondBetter: test.below,
                same: problems.count - test.above - test.below, p: test.p, adjustedP: adjusted[index],
                difference: Estimate(mean(differences[index]) ?? 0, estimates[index]))
        }
    }
}

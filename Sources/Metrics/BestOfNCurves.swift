// SPDX-License-Identifier: Apache-2.0
import RunStore
import SelectorKit
import Statistics

/// What selection would be expected to give with fewer candidates: exact, from one scored pool, over all subsets of each size.
public struct BestOfNCurves: Sendable, Codable, Hashable {
    public struct Curve: Sendable, Codable, Hashable {
        public var label: String
        /// Entry `n - 1` is the mean over problems of the expected pass@1 with `n` candidates.
        public var values: [Double]
        /// How many random subsets of each size the values are estimated from, for a selector that compares candidates; nil where they are exact.
        public var subsets: Int?
        /// The 95 % intervals over problems of the gain over a random choice (paired bootstrap), on top of the pool's mean; for every n up to 16 and then
        /// for powers of two and all. Empty for fewer than two problems.
        public var intervals: [Interval] = []
    }

    public struct Interval: Sendable, Codable, Hashable {
        public var n: Int
        public var low: Double
        public var high: Double
    }

    /// The oracle's: pass@n.
    public var oracle: [Double]
    /// Selectors that score candidates one by one, and those that compare them where they chose from subsets.
    public var curves: [Curve]
    /// Selectors that compare candidates and were not asked to choose from subsets.
    public var withoutCurve: [String]
    /// Problems that the values stand on: those with the most candidates.
    public var problems: Int

    /// The most candidates of which subsets are drawn for selectors that compare them.
    public static let mostDrawnCandidates = 16

    /// The most candidates that curves are drawn for: their cost grows with the square.
    static let mostCandidates = 128

    /// - Parameter counted: the problems that are counted.
    /// - Returns: nil where there is no curve: fewer than two candidates, or problems with different numbers of them.
    init?(_ counted: [ProblemTable], selectors: [SelectorRecord], pool: String, bootstrap: Bootstrap) {
        guard let size = counted.map(\.candidates.count).max(), (2...Self.mostCandidates).contains(size) else {
            return nil
        }
        let complete = counted.filter { $0.candidates.count == size }
        guard complete.count * 10 >= counted.count * 9 else { return nil }
        let correct = complete.map { $0.candidates.map { $0.passed == true } }
        func mean(_ curves: [[Double]]) -> [Double] {
            (0..<size).map { n in curves.reduce(0) { $0 + $1[n] } / Double(curves.count) }
        }
        problems = complete.count
        oracle = mean(
            correct.map { correct -> [Double] in
                let hits = correct.count { $0 }
                return (1...size).map { passAtK(correct: hits, of: size, k: $0) }
            })
        curves = selectors.enumerated().compactMap { index, selector in
            let choices = complete.map { $0.choices[index] }
            guard choices.allSatisfy({ $0.scores.count == size }) else { return nil }
            let drawn = selector.subsets[pool] ?? [:]
            let expected =
                selector.descriptor.scope == .candidate
                ? zip(choices, correct).map { choice, correct in
                    expectedBestOfN(scores: choice.scores.map { $0 ?? -.infinity }, correct: correct)
                }
                : complete.indices.compactMap { place in
                    drawn[complete[place].id].flatMap { subsets in
                        Self.estimated(subsets, full: choices[place], correct: correct[place])
                    }
                }
            guard expected.count == complete.count else { return nil }
            return Curve(
                label: selector.label, values: mean(expected),
                subsets: selector.descriptor.scope == .pool ? drawn.values.first?.sizes.first?.chosen.count : nil,
                intervals: Self.intervals(of: expected, bootstrap: bootstrap))
        }
        let drawn = Set(curves.map(\.label))
        withoutCurve = selectors.filter { $0.descriptor.scope == .pool && !drawn.contains($0.label) }.map(\.label)
    }

    /// The mean share of correct candidates among those chosen from subsets of each size; a single candidate and all of them leave nothing to draw.
    private static func estimated(_ subsets: SubsetChoices, full: Choice, correct: [Bool]) -> [Double]? {
        guard let all = full.correctness, let single = share(correct) else { return nil }
        let sizes = subsets.sizes.sorted { $0.n < $1.n }
        guard sizes.map(\.n) == Array(2..<max(2, correct.count)) else { return nil }
        let between = sizes.compactMap { size -> Double? in
            let values = size.chosen.compactMap { chosen -> Double? in
                chosen.allSatisfy(correct.indices.contains) ? share(chosen.map { correct[$0] }) : nil
            }
            return values.count == size.chosen.count ? Statistics.mean(values) : nil
        }
        guard between.count == sizes.count else { return nil }
        return [single] + between + [all]
    }

    private static func intervals(of expected: [[Double]], bootstrap: Bootstrap) -> [Interval] {
        let most = expected.first?.count ?? 0
        let sizes = (1..<(most + 1)).filter { $0 <= 16 || $0 & ($0 - 1) == 0 || $0 == most }
        // A single candidate is a random choice.
        let columns = sizes.map { n in expected.map { $0[n - 1] - $0[0] } }
        let random = Statistics.mean(expected.compactMap(\.first)) ?? 0
        let estimates = bootstrap.estimates(ofMeans: columns)
        return zip(sizes, estimates).compactMap { n, estimate in
            estimate.map { Interval(n: n, low: random + $0.interval.lowerBound, high: random + $0.interval.upperBound) }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0

/// Whether two selectors differ on the same problems, from their differences problem by problem, fractions of tied choices included (Fisher's sign-flip
/// test for paired values).
///
/// If the selectors were equal, each difference could as well have had the other sign. The p-value is the share of sign patterns whose sum is as far from zero
/// as the observed one. Where all differences have one size it is McNemar's exact test of how many go either way.
public struct SignFlip: Sendable, Hashable {
    /// On how many problems the first is above the second, and below it.
    public let above: Int
    public let below: Int
    /// The two-sided p-value: exact unless differences have very many sizes.
    public let p: Double

    /// So many sums are looked at in one step; where there are more, patterns are drawn.
    private static let mostSums = 1_000_000

    /// - Parameters:
    ///   - differences: one finite number per problem; zeros do not matter.
    ///   - draws: how many patterns are drawn where there are too many outcomes to count; the observed one is added to them.
    public init(_ differences: [Double], draws: Int = 10_000, seed: UInt64 = 0) {
        above = differences.count { $0 > Self.tolerance }
        below = differences.count { $0 < -Self.tolerance }
        let sizes = Self.sizes(of: differences)
        // Sums that differ by rounding errors alone are equal.
        let observed = abs(differences.reduce(0, +)) - 1e-9
        p =
            sizes.count <= 1
            ? McNemar(onlyFirst: above, onlySecond: below).exact
            : Self.exact(sizes, observed) ?? Self.drawn(sizes, observed, draws: draws, seed: seed)
    }

    private static let tolerance = 1e-12

    /// The distinct sizes of differences with how often each occurs: choices shared by ties take few.
    private static func sizes(of differences: [Double]) -> [(size: Double, count: Int)] {
        var sizes: [(size: Double, count: Int)] = []
        for size in differences.map(abs).filter({ $0 > tolerance }).sorted() {
            if let last = sizes.last, size - last.size <= tolerance {
                sizes[sizes.count - 1].count += 1
            } else {
                sizes.append((size, 1))
            }
        }
        return sizes
    }

    /// The distribution of the sum, size by size: how many differences of a size are positive is binomial. Shares of ties have common parts, so that many ways lead
    /// to one sum.
    ///
    /// - Returns: nil where there are too many sums.
    private static func exact(_ sizes: [(size: Double, count: Int)], _ observed: Double) -> Double? {
        var sums: [(sum: Double, probability: Double)] = [(0, 1)]
        for (size, count) in sizes {
            guard sums.count * (count + 1) <= mostSums else { return nil }
            var next: [(sum: Double, probability: Double)] = []
            next.reserveCapacity(sums.count * (count + 1))
            for positive in 0...count {
                let weight = binomial(positive, of: count)
                let shift = size * Double(2 * positive - count)
                for entry in sums { next.append((entry.sum + shift, entry.probability * weight)) }
            }
            next.sort { $0.sum < $1.sum }
            sums = []
            for entry in next {
                if let last = sums.last, entry.sum - last.sum < 1e-9 {
                    sums[sums.count - 1].probability += entry.probability
                } else {
                    sums.append(entry)
                }
            }
        }
        return min(1, sums.reduce(0) { $0 + (abs($1.sum) >= observed ? $1.probability : 0) })
    }

    /// The positive ones of `count` fair signs are the set bits of as many random bits.
    private static func drawn(
        _ sizes: [(size: Double, count: Int)], _ observed: Double, draws: Int, seed: UInt64
    ) -> Double {
        var random = SeededNumbers(seed: seed)
        var far = 0
        for _ in 0..<draws {
            var sum = 0.0
            for (size, count) in sizes {
                var positive = 0
                for word in 0..<(count / 64 + 1) {
                    let bits = min(64, count - word * 64)
                    if bits > 0 { positive += (random.next() >> UInt64(64 - bits)).nonzeroBitCount }
                }
                sum += size * Double(2 * positive - count)
            }
            if abs(sum) >= observed { far += 1 }
        }
        return Double(far + 1) / Double(draws + 1)
    }
}

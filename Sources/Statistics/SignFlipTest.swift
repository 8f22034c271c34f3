// SPDX-License-Identifier: Apache-2.0

/// Whether paired differences lie around zero: how often their sum would be at least as far from zero if every sign were tossed (Fisher's randomisation test).
///
/// Two-sided. Valid for any number of problems, because nothing is approximated by a normal distribution: under the hypothesis that the two sides are
/// exchangeable on every problem, the p-value lies below a level at most as often as the level says. Where all differences have one size, it is McNemar's
/// exact test; other sizes come from ties, of which a problem counts a share.
public struct SignFlipTest: Sendable, Hashable {
    /// Shares of up to ten tied candidates are multiples of one part in 2520.
    private static let finestPart = 2520
    /// How many steps the exact count may take.
    private static let mostSteps = 50_000_000
    private static let flips = 50_000

    /// In (0, 1]; 1 where no difference is left.
    public let pValue: Double

    /// - Parameters:
    ///   - differences: one per problem; zeros do not count.
    ///   - seed: of tossed signs, which stand for all patterns where those cannot be counted: where the differences have no common part.
    public init(_ differences: [Double], seed: UInt64 = 0) {
        let present = differences.filter { abs($0) > 1e-12 }
        guard let first = present.first else {
            pValue = 1
            return
        }
        let sizes = present.map { abs($0) }
        if sizes.allSatisfy({ abs($0 - abs(first)) < 1e-12 }) {
            pValue = McNemar(onlyFirst: present.count { $0 > 0 }, onlySecond: present.count { $0 < 0 }).exact
        } else if let parts = Self.parts(sizes) {
            pValue = Self.counted(
                parts, observed: zip(parts, present).reduce(0) { $0 + ($1.1 > 0 ? $1.0 : -$1.0) })
        } else {
            pValue = Self.tossed(sizes, observed: abs(present.reduce(0, +)), seed: seed)
        }
    }

    /// The sizes as multiples of the largest part of one that they have in common; nil where there is none, or the count would take too long.
    private static func parts(_ sizes: [Double]) -> [Int]? {
        let distinct = Set(sizes)
        let denominator = (1...finestPart).first { denominator in
            distinct.allSatisfy { size in
                let multiple = size * Double(denominator)
                return abs(multiple - multiple.rounded()) < 1e-7
            }
        }
        guard let denominator, sizes.reduce(0, +) * Double(denominator) * Double(sizes.count) < Double(mostSteps)
        else { return nil }
        return sizes.map { Int(($0 * Double(denominator)).rounded()) }
    }

    /// The exact probability, from the distribution of the sum of those sizes whose sign is positive.
    private static func counted(_ sizes: [Int], observed: Int) -> Double {
        let total = sizes.reduce(0, +)
        var probability = [Double](repeating: 0, count: total + 1)
        probability[0] = 1
        var reached = 0
        for size in sizes {
            reached += size
            for sum in stride(from: reached, through: 0, by: -1) {
                probability[sum] = (probability[sum] + (sum >= size ? probability[sum - size] : 0)) / 2
            }
        }
        return min(
            1,
            probability.enumerated().reduce(0) { $0 + (abs(2 * $1.offset - total) >= abs(observed) ? $1.element : 0) })
    }

    /// The observed pattern counts as one of those tossed, which keeps the test valid.
    private static func tossed(_ sizes: [Double], observed: Double, seed: UInt64) -> Double {
        var random = SeededNumbers(seed: seed)
        var extreme = 1
        for _ in 0..<flips {
            var sum = 0.0
            var bits: UInt64 = 0
            for index in sizes.indices {
                if index & 63 == 0 { bits = random.next() }
                sum += bits & 1 == 0 ? sizes[index] : -sizes[index]
                bits >>= 1
            }
            if abs(sum) >= observed - 1e-9 { extreme += 1 }
        }
        return Double(extreme) / Double(flips + 1)
    }
}

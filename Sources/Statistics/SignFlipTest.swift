// SPDX-License-Identifier: Apache-2.0

/// Whether paired differences lie around zero: how often their sum would be at least as far from zero if every sign were tossed (Fisher's randomisation test).
///
/// Two-sided. Valid for any number of problems, because nothing is approximated by a normal distribution: under the hypothesis that the two sides are
/// exchangeable on every problem, the p-value lies below a level at most as often as the level says. Where all differences have one size, it is McNemar's
/// exact test; other sizes come from ties, of which a problem counts a share.
public struct SignFlipTest: Sendable, Hashable {
    /// Up to this many unequal differences, all patterns of signs are counted.
    private static let enumerated = 14
    private static let flips = 50_000

    /// In (0, 1]; 1 where no difference is left.
    public let pValue: Double

    /// - Parameters:
    ///   - differences: one per problem; zeros do not count.
    ///   - seed: of the tossed signs, where there are too many patterns to count them all.
    public init(_ differences: [Double], seed: UInt64 = 0) {
        let present = differences.filter { abs($0) > 1e-12 }
        guard let first = present.first else {
            pValue = 1
            return
        }
        let sizes = present.map { abs($0) }
        if sizes.allSatisfy({ abs($0 - abs(first)) < 1e-12 }) {
            pValue = McNemar(onlyFirst: present.count { $0 > 0 }, onlySecond: present.count { $0 < 0 }).exact
        } else if sizes.count <= Self.enumerated {
            pValue = Self.counted(sizes, observed: abs(present.reduce(0, +)))
        } else {
            pValue = Self.tossed(sizes, observed: abs(present.reduce(0, +)), seed: seed)
        }
    }

    private static func counted(_ sizes: [Double], observed: Double) -> Double {
        let patterns = 1 << sizes.count
        var extreme = 0
        for pattern in 0..<patterns {
            var sum = 0.0
            for (index, size) in sizes.enumerated() { sum += pattern >> index & 1 == 0 ? size : -size }
            if abs(sum) >= observed - 1e-9 { extreme += 1 }
        }
        return Double(extreme) / Double(patterns)
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

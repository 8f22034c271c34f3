// SPDX-License-Identifier: Apache-2.0

/// Whether two selectors differ on the same problems, from their paired differences: under the null hypothesis each difference is as likely to have the
/// other sign (Fisher's randomisation test).
///
/// For differences of 0/1 outcomes this is McNemar's exact test; unlike that it also takes the fractions that shared ties give.
public struct SignFlip: Sendable, Hashable {
    /// How many random flips are drawn where there are too many differences to try all.
    public var flips: Int
    public var seed: UInt64

    public init(flips: Int = 10_000, seed: UInt64 = 0) {
        self.flips = flips
        self.seed = seed
    }

    /// Up to so many differences all sign patterns are tried.
    private static let mostEnumerated = 13

    /// The two-sided p-value of a mean of zero: exact where all differences are of one size or few; otherwise from `flips` random patterns, the observed one
    /// counted among them.
    public func pValue(_ differences: [Double]) -> Double {
        // Rounding must not make equal sizes different.
        let sizes = differences.map(abs).filter { $0 > 1e-12 }
        let signed = differences.filter { abs($0) > 1e-12 }
        guard let size = sizes.first else { return 1 }
        if sizes.allSatisfy({ abs($0 - size) < 1e-9 }) {
            return McNemar(onlyFirst: signed.count { $0 > 0 }, onlySecond: signed.count { $0 < 0 }).exact
        }
        let reach = abs(signed.reduce(0, +)) - 1e-9
        if sizes.count <= Self.mostEnumerated {
            let patterns = 1 << sizes.count
            let extreme = (0..<patterns).count { pattern in
                abs(sizes.indices.reduce(0.0) { $0 + (pattern >> $1 & 1 == 1 ? sizes[$1] : -sizes[$1]) }) >= reach
            }
            return Double(extreme) / Double(patterns)
        }
        var random = SeededNumbers(seed: seed)
        var extreme = 1
        for _ in 0..<flips {
            var sum = 0.0
            var bits: UInt64 = 0
            for (index, size) in sizes.enumerated() {
                if index % 64 == 0 { bits = random.next() }
                sum += bits & 1 == 1 ? size : -size
                bits >>= 1
            }
            if abs(sum) >= reach { extreme += 1 }
        }
        return Double(extreme) / Double(flips + 1)
    }
}

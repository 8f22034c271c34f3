// SPDX-License-Identifier: Apache-2.0
import Statistics

/// Which differences between selectors a pool's number of problems can show at all.
public struct PairReach: Sendable, Hashable {
    /// Pairs of selectors that differ on any problem, and those of them whose difference was not found and is too small for this many problems.
    public var pairs: Int
    public var outOfReach: Int
    public var problems: Int
    /// The smallest differences in pass@1 that are found four times out of five, for the pairs that disagree on the fewest and on the most problems.
    public var least: Double
    public var most: Double

    /// - Returns: nil where no two selectors differ.
    public init?(_ pool: PoolTable) {
        problems = pool.overall.coverage.counted
        guard problems > 0 else { return nil }
        var reaches: [(reach: Double, isOut: Bool)] = []
        for pair in pool.pairs {
            let discordance = Double(pair.firstBetter + pair.secondBetter) / Double(problems)
            guard discordance > 0 else { continue }
            let detectable = PairedPower(discordance: discordance).detectableDifference(problems: problems)
            let difference = abs(pair.difference.value)
            // Where even a one-sided outcome would not be found, it takes more disagreement than there is.
            reaches.append(
                (detectable ?? discordance, difference > 0 && pair.p >= 0.05 && difference < detectable ?? .infinity))
        }
        guard let least = reaches.map(\.reach).min(), let most = reaches.map(\.reach).max() else { return nil }
        pairs = reaches.count
        outOfReach = reaches.count(where: \.isOut)
        self.least = least
        self.most = most
    }

    /// A full sentence where shown differences are too small to be relied on.
    public var warning: String? {
        guard outOfReach > 0 else { return nil }
        let range =
            NumberFormat.percent(least) == NumberFormat.percent(most)
            ? NumberFormat.percent(most) : "\(NumberFormat.percent(least)) to \(NumberFormat.percent(most))"
        return
            "On \(NumberFormat.count(problems, "problem")) a difference between two selectors must be about \(range) points, depending on how often they disagree, "
            + "to be found four times out of five. \(outOfReach) of the \(NumberFormat.count(pairs, "difference")) shown \(outOfReach == 1 ? "is" : "are") smaller and could not be found: \(outOfReach == 1 ? "it may" : "they may") be chance."
    }
}

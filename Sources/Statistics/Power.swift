// SPDX-License-Identifier: Apache-2.0

/// How many problems it takes to tell two selectors apart on the same problems (McNemar's test, normal approximation; Connor 1987).
public struct PairedPower: Sendable, Hashable {
    /// The share of problems that only one of the two selectors solves.
    public var discordance: Double
    /// The level of the two-sided test.
    public var alpha: Double
    /// The wished probability to find the difference.
    public var power: Double

    public init(discordance: Double, alpha: Double = 0.05, power: Double = 0.8) {
        precondition(discordance > 0 && discordance <= 1 && alpha > 0 && alpha < 1 && power > 0 && power < 1)
        self.discordance = discordance
        self.alpha = alpha
        self.power = power
    }

    private var critical: Double { normalQuantile(1 - alpha / 2) }

    /// The number of problems at which a difference in pass@1 is found with the wished power.
    ///
    /// - Parameter difference: in (0, discordance].
    public func problems(for difference: Double) -> Int {
        precondition(difference > 0 && difference <= discordance)
        let spread = (discordance - difference * difference).squareRoot()
        let root = critical * discordance.squareRoot() + normalQuantile(power) * spread
        return Int((root * root / (difference * difference)).rounded(.up))
    }

    /// The probability to find a difference in pass@1 on this many problems.
    public func power(for difference: Double, problems: Int) -> Double {
        precondition(abs(difference) <= discordance && problems > 0)
        let spread = (discordance - difference * difference).squareRoot()
        let shift = abs(difference) * Double(problems).squareRoot() - critical * discordance.squareRoot()
        return spread > 0 ? normalProbability(shift / spread) : shift > 0 ? 1 : 0
    }

    /// The smallest difference in pass@1 that is found with the wished power on this many problems; nil where even a one-sided difference would not be.
    public func detectableDifference(problems: Int) -> Double? {
        detectableDifference(problems: problems) { power(for: $0, problems: problems) }
    }

    /// - Parameter chance: to find a difference, which grows with it.
    func detectableDifference(problems: Int, chance: (Double) -> Double) -> Double? {
        guard problems > 0, chance(discordance) >= power else { return nil }
        var (low, high) = (0.0, discordance)
        for _ in 0..<50 {
            let middle = (low + high) / 2
            if chance(middle) < power { low = middle } else { high = middle }
        }
        return high
    }
}

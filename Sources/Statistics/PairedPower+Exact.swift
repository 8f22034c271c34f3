// SPDX-License-Identifier: Apache-2.0
import Foundation

extension PairedPower {
    /// The probability that McNemar's exact test finds a difference in pass@1 on this many problems, in the right direction: what a gate that uses that test does.
    ///
    /// Exact over how many problems only one of the two solves, and which. The exact test is cautious with few problems, so this lies below `power(for:problems:)`,
    /// which approximates both by a normal distribution.
    ///
    /// - Parameter difference: in 0...discordance.
    public func exactPower(for difference: Double, problems: Int) -> Double {
        precondition(abs(difference) <= discordance && problems > 0)
        let towards = (discordance + abs(difference)) / (2 * discordance)
        let expected = Double(problems) * discordance
        // Beyond this nothing adds to the sum.
        let reach = 9 * (expected * (1 - discordance)).squareRoot() + 9
        let from = max(0, Int(expected - reach))
        let upTo = min(problems, Int(expected + reach))
        var power = 0.0
        var against = AgainstTails(discordant: from, alpha: alpha, probability: 1 - towards)
        for discordant in from..<(upTo + 1) {
            power += binomial(discordant, of: problems, probability: discordance) * against.found
            against.addProblem()
        }
        return min(1, power)
    }

    /// The least number of problems at which the exact test finds the difference with the wished power; nil where it takes more than `limit`.
    ///
    /// Beyond 20,000 problems the normal approximation, which is then within a thousandth of it.
    public func exactProblems(for difference: Double, limit: Int = 1_000_000) -> Int? {
        precondition(difference > 0 && difference <= discordance)
        let approximate = problems(for: difference)
        if approximate > limit { return nil }
        if approximate > 20_000 { return approximate }
        func isEnough(_ problems: Int) -> Bool { exactPower(for: difference, problems: problems) >= power }
        // The approximation is a little below the exact number.
        var high = max(1, approximate)
        while !isEnough(high) {
            high += max(1, high / 20)
            if high > limit { return nil }
        }
        // Power goes up in saw teeth; the number of problems is that from which on it stays high, nearly.
        while high > 1, isEnough(high - 1) { high -= 1 }
        return high
    }

    /// The smallest difference in pass@1 that the exact test finds with the wished power on this many problems; nil where even a one-sided one would not be.
    public func exactDetectableDifference(problems: Int) -> Double? {
        detectableDifference(problems: problems) { exactPower(for: $0, problems: problems) }
    }
}

/// For a number of discordant problems that grows by one at a time: how many of them may go the other way for McNemar's exact test to be significant, and how
/// probable that is.
struct AgainstTails {
    private let alpha: Double
    private let probability: Double
    private(set) var discordant: Int
    /// Nil where none may, and it still is not significant.
    private(set) var most: Int?
    /// The probability that at most `most` go the other way: if each does like a tossed coin, and as it truly is.
    private var tossed = 0.0
    private(set) var found = 0.0

    /// - Parameter probability: that a discordant problem goes the other way.
    init(discordant: Int, alpha: Double, probability: Double) {
        self.alpha = alpha
        self.probability = probability
        self.discordant = discordant
        extend()
    }

    mutating func addProblem() {
        // At most k of n + 1 are at most k of n, without those k that a further one would exceed.
        if let most {
            tossed -= binomial(most, of: discordant) / 2
            found -= probability * binomial(most, of: discordant, probability: probability)
        }
        discordant += 1
        extend()
    }

    private mutating func extend() {
        while true {
            let next = (most ?? -1) + 1
            guard next <= discordant / 2 else { return }
            let tail = tossed + binomial(next, of: discordant)
            guard 2 * tail < alpha else { return }
            tossed = tail
            found += binomial(next, of: discordant, probability: probability)
            most = next
        }
    }
}

/// The probability of `count` successes in `trials`.
private func binomial(_ count: Int, of trials: Int, probability: Double) -> Double {
    guard probability > 0 else { return count == 0 ? 1 : 0 }
    guard probability < 1 else { return count == trials ? 1 : 0 }
    let ways = lgamma(Double(trials + 1)) - lgamma(Double(count + 1)) - lgamma(Double(trials - count + 1))
    return exp(ways + Double(count) * log(probability) + Double(trials - count) * log(1 - probability))
}

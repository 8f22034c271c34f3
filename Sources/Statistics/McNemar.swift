// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Whether two selectors differ on the same problems, from the problems that only one of them solved (McNemar 1947).
public struct McNemar: Sendable, Hashable {
    /// Problems that only the first, or only the second selector solved.
    public var onlyFirst: Int
    public var onlySecond: Int

    public init(onlyFirst: Int, onlySecond: Int) {
        precondition(onlyFirst >= 0 && onlySecond >= 0)
        self.onlyFirst = onlyFirst
        self.onlySecond = onlySecond
    }

    private var discordant: Int { onlyFirst + onlySecond }
    private var fewer: Int { min(onlyFirst, onlySecond) }

    /// The two-sided exact p-value: discordant problems fall to either side like a fair coin.
    public var exact: Double { min(1, 2 * binomialAtMost(fewer, of: discordant)) }

    /// The mid-p value, which counts half of the observed case: less conservative, and still close to its nominal level.
    public var midP: Double {
        min(1, 2 * binomialAtMost(fewer, of: discordant) - binomial(fewer, of: discordant))
    }
}

/// The probability of `count` heads in `trials` throws of a fair coin.
func binomial(_ count: Int, of trials: Int) -> Double {
    guard count >= 0, count <= trials else { return 0 }
    return exp(
        lgamma(Double(trials + 1)) - lgamma(Double(count + 1)) - lgamma(Double(trials - count + 1))
            - Double(trials) * log(2))
}

private func binomialAtMost(_ count: Int, of trials: Int) -> Double {
    (0...max(0, count)).reduce(0) { $0 + binomial($1, of: trials) }
}

/// p-values of several comparisons, adjusted so that they can each be held against one level.
public enum Adjustment: String, Sendable, Hashable, Codable, CaseIterable {
    /// The probability of any false alarm stays below the level (Holm 1979).
    case holm
    /// The expected share of false alarms among the findings stays below the level (Benjamini and Hochberg 1995); for exploring.
    case benjaminiHochberg

    /// - Returns: one adjusted p-value per p-value, in the same order.
    public func adjusted(_ values: [Double]) -> [Double] {
        let count = Double(values.count)
        let order = values.indices.sorted { values[$0] < values[$1] }
        var adjusted = values
        switch self {
        case .holm:
            var highest = 0.0
            for (rank, index) in order.enumerated() {
                highest = max(highest, min(1, (count - Double(rank)) * values[index]))
                adjusted[index] = highest
            }
        case .benjaminiHochberg:
            var lowest = 1.0
            for (rank, index) in order.enumerated().reversed() {
                lowest = min(lowest, values[index] * count / Double(rank + 1))
                adjusted[index] = lowest
            }
        }
        return adjusted
    }
}

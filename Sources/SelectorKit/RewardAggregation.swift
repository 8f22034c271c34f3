// SPDX-License-Identifier: Apache-2.0
import Foundation

/// How the rewards of a program's steps become its score.
public enum RewardAggregation: String, Sendable, Codable, CaseIterable {
    /// The arithmetic mean: the score of FunPRM (equation 1).
    case mean
    case min
    case max
    /// The product. Its score is the logarithm, which ranks alike and does not underflow for many steps.
    case prod
    /// The reward of the whole program.
    case last
    /// The geometric mean.
    case geomean

    /// The score of a program from its step rewards in [0, 1], finite; nil when there is no step.
    ///
    /// A reward of 0 counts as the smallest normal number where its logarithm is needed.
    public func score(of rewards: [Double]) -> Double? {
        guard let last = rewards.last else { return nil }
        switch self {
        case .mean: return rewards.reduce(0, +) / Double(rewards.count)
        case .min: return rewards.min()
        case .max: return rewards.max()
        case .prod: return logarithm(of: rewards)
        case .last: return last
        case .geomean: return exp(logarithm(of: rewards) / Double(rewards.count))
        }
    }

    private func logarithm(of rewards: [Double]) -> Double {
        rewards.reduce(0) { $0 + log(Swift.max($1, .leastNormalMagnitude)) }
    }
}

// SPDX-License-Identifier: Apache-2.0
import Foundation
import LanguageModels

/// Reads a reward from the probabilities of two designated tokens: r = p₊ / (p₊ + p₋) (FunPRM, appendix C).
public struct GenerativeReward: Sendable, Hashable {
    /// The spellings that say yes; their probabilities are added.
    public var plus: [String]
    /// The spellings that say no.
    public var minus: [String]

    public init(plus: [String] = ["+"], minus: [String] = ["-"]) {
        self.plus = plus
        self.minus = minus
    }

    public enum Reading: Sendable, Hashable {
        case exact(Double)
        /// One of the tokens was not among those that the server told; the smallest log-probability it told stands for it.
        case bounded(Double)
        /// Neither token was told.
        case undecided
    }

    /// - Parameter logProbs: natural log-probabilities of the first token's alternatives.
    public func read(_ logProbs: [String: Double]) -> Reading {
        func total(_ spellings: [String]) -> Double {
            spellings.compactMap { logProbs[$0] }.reduce(-.infinity, logSumExp)
        }
        let (yes, no) = (total(plus), total(minus))
        guard yes > -.infinity || no > -.infinity, let least = logProbs.values.min() else { return .undecided }
        if yes == -.infinity { return Self.reward(logPlus: least, logMinus: no).map { .bounded($0) } ?? .undecided }
        if no == -.infinity { return Self.reward(logPlus: yes, logMinus: least).map { .bounded($0) } ?? .undecided }
        return Self.reward(logPlus: yes, logMinus: no).map { .exact($0) } ?? .undecided
    }

    /// The reward of two log-probabilities (or logits: the normaliser cancels), computed without exponentiating either of them.
    ///
    /// - Returns: nil where it is undefined: both are minus infinity, or one is not a number.
    public static func reward(logPlus: Double, logMinus: Double) -> Double? {
        let difference = logPlus - logMinus
        return difference.isNaN ? nil : sigmoid(difference)
    }

    /// 1 / (1 + e⁻ˣ) without overflow.
    public static func sigmoid(_ x: Double) -> Double {
        if x >= 0 { return 1 / (1 + exp(-x)) }
        let small = exp(x)
        return small / (1 + small)
    }
}

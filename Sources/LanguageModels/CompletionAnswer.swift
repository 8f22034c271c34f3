// SPDX-License-Identifier: Apache-2.0
import Foundation
public import SelectorKit

/// What `/chat/completions` or `/completions` answered.
public struct CompletionAnswer: Sendable, Hashable {
    /// One of the texts.
    public struct Choice: Sendable, Hashable {
        public var text: String
        /// What a reasoning model thought, where the server tells it apart.
        public var reasoning: String?
        /// Why the text ended, in the server's word: `stop`, `length`, …
        public var finish: String?
        /// The generated tokens; nil where the server gave no log-probabilities.
        public var tokens: [TokenLogProbs]?
    }

    /// A generated token with natural log-probabilities.
    public struct TokenLogProbs: Sendable, Hashable {
        public var text: String
        /// nil where it is not told, or minus infinity.
        public var logProb: Double?
        /// Of the likeliest tokens, as the server told them.
        public var alternatives: [Double]

        public init(text: String, logProb: Double?, alternatives: [Double]) {
            self.text = text
            self.logProb = logProb
            self.alternatives = alternatives
        }
    }

    /// At least one.
    public var choices: [Choice]
    /// The first text's first token's alternatives with their natural log-probabilities; nil where the server gave none.
    public var firstToken: [String: Double]?
    public var promptTokens: Int
    /// Of all texts together.
    public var completionTokens: Int
    public var reasoningTokens: Int?
    /// What the server calls the model.
    public var model: String?

    public var text: String { choices.first?.text ?? "" }

    public var cost: Cost { Cost(calls: 1, promptTokens: promptTokens, completionTokens: completionTokens) }
}

/// ln(eˣ + eʸ) without overflow.
public func logSumExp(_ x: Double, _ y: Double) -> Double {
    let larger = max(x, y)
    return larger == -.infinity ? larger : larger + log(exp(x - larger) + exp(y - larger))
}

// SPDX-License-Identifier: Apache-2.0
import Foundation

/// How certain a distribution over a vocabulary is (Kang et al. 2025): pure functions of logits or log-probabilities, natural logarithms throughout.
public enum Certainty {
    /// The Kullback-Leibler divergence of the uniform distribution from p: -(1/V) Σ ln p_j - ln V. Zero for the uniform distribution, higher for more certain ones,
    /// infinite when a token is impossible: use raw logits, before masks and biases.
    ///
    /// - Parameter logits: one per token of the vocabulary; log-probabilities will do.
    public static func ofToken(logits: [Double]) -> Double {
        guard !logits.isEmpty else { return .nan }
        let mean = logits.reduce(0, +) / Double(logits.count)
        return logSumExp(logits) - mean - log(Double(logits.count))
    }

    /// Self-certainty of an answer: the mean over its tokens.
    ///
    /// - Parameter rows: for each generated token the logits that predicted it.
    public static func ofAnswer(rows: [[Double]]) -> Double {
        rows.isEmpty ? .nan : rows.reduce(0) { $0 + ofToken(logits: $1) } / Double(rows.count)
    }

    /// Which rows of a causal model's logits belong to an answer: row i predicts token i + 1.
    public enum Alignment: String, Sendable, CaseIterable {
        /// Rows P-1 to P+n-2, as the formula has it.
        case formula
        /// Rows P to P+n-1, as the published script has it: without the first token's distribution, and with one for a token that was not generated.
        case published

        public func rows(promptTokens: Int, outputTokens: Int) -> Range<Int> {
            let start = self == .formula ? promptTokens - 1 : promptTokens
            return start..<start + outputTokens
        }
    }

    /// ln V minus the entropy: the divergence the other way round, KL(p || U). Not the paper's measure.
    public static func divergenceFromUniform(logits: [Double]) -> Double {
        let normaliser = logSumExp(logits)
        let negativeEntropy = logits.reduce(0) { sum, logit in
            let logProb = logit - normaliser
            return logProb == -.infinity ? sum : sum + exp(logProb) * logProb
        }
        return log(Double(logits.count)) + negativeEntropy
    }

    // MARK: From the k largest log-probabilities

    /// Less than this is not left to the tokens that were not told.
    public static let tailFloor = 1e-7

    /// What is missing is spread evenly over the rest of the vocabulary: a lower bound of `ofToken`, far below it for small k.
    public static func uniformTail(top logProbs: [Double], vocabulary: Int) -> Double {
        let rest = vocabulary - logProbs.count
        var sum = logProbs.reduce(0, +)
        if rest > 0 {
            let mass = max(1 - logProbs.reduce(0) { $0 + exp($1) }, tailFloor)
            sum += Double(rest) * log(mass / Double(rest))
        }
        return -sum / Double(vocabulary) - log(Double(vocabulary))
    }

    /// The divergence among the k tokens alone.
    public static func renormalised(top logProbs: [Double]) -> Double { ofToken(logits: logProbs) }

    /// The mean of -ln p over the k tokens; higher is more certain here too.
    public static func meanNegativeLogProbability(top logProbs: [Double]) -> Double {
        logProbs.isEmpty ? .nan : -logProbs.reduce(0, +) / Double(logProbs.count)
    }
}

private func logSumExp(_ values: [Double]) -> Double {
    guard let greatest = values.max(), greatest > -.infinity else { return -.infinity }
    return greatest + log(values.reduce(0) { $0 + exp($1 - greatest) })
}

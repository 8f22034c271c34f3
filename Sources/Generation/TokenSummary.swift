// SPDX-License-Identifier: Apache-2.0
public import LanguageModels
public import SelectorKit

extension TokenStatistics {
    /// Summarises an answer's tokens, so that their distributions need not be kept.
    ///
    /// Self-certainty is exact where every token comes with the whole vocabulary. From fewer alternatives it is a lower bound, with what is missing spread
    /// evenly over the rest of the vocabulary; where the vocabulary's size is not known, it is the divergence among the alternatives alone.
    ///
    /// - Parameters:
    ///   - asked: how many alternatives per token were asked for: some servers add a sampled token that is none of the likeliest, and measures from
    ///     different numbers cannot be compared. Nil for as many as every token has.
    ///   - vocabularySize: how many tokens the model knows; nil where that is not told.
    public init(_ tokens: [CompletionAnswer.TokenLogProbs], asked: Int? = nil, vocabularySize: Int?) {
        var sum: Double? = 0
        for token in tokens {
            guard let known = sum, let logProb = token.logProb else {
                sum = nil
                break
            }
            sum = known + logProb
        }
        self.init(count: tokens.count, sumLogProb: sum)
        guard let told = tokens.map(\.alternatives.count).min() else { return }
        let k = min(told, asked ?? told)
        guard k > 0 else { return }
        let isExact = vocabularySize.map { k >= $0 } ?? false
        var certainty = 0.0
        for token in tokens {
            // A sampled token outside of the top may come on top of them.
            let top = Array(token.alternatives.sorted(by: >).prefix(k))
            if let vocabularySize, !isExact {
                certainty += Certainty.uniformTail(top: top, vocabulary: vocabularySize)
            } else {
                certainty += Certainty.renormalised(top: top)
            }
        }
        selfCertainty = certainty / Double(tokens.count)
        self.k = isExact ? nil : k
        exact = isExact
    }
}

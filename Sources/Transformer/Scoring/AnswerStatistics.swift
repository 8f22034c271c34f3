// SPDX-License-Identifier: Apache-2.0
import Foundation

/// What a model thinks of a text's tokens, from its whole vocabulary.
public struct AnswerStatistics: Sendable, Hashable {
    /// Tokens that went through the model, and tokens that did not have to.
    public var computed = 0
    public var shared = 0
    /// How many tokens there are.
    public var count: Int
    /// Σ ln p of the tokens, each given those before it.
    public var sumLogProb: Double
    /// The mean over tokens of KL(U || p) = ln Σ eᶻ - mean z - ln V (Kang et al. 2025): that of the distribution which predicts each token.
    public var selfCertainty: Double
}

extension PrefixForward {
    /// The statistics of an answer to a prompt.
    ///
    /// - Parameters:
    ///   - prompt: at least one token.
    ///   - answer: at least one token.
    /// - Throws: `TransformerError`, and `CancellationError`.
    public func statistics(of answer: [Int], after prompt: [Int]) throws -> AnswerStatistics {
        precondition(!prompt.isEmpty && !answer.isEmpty)
        // Row i predicts token i + 1: the last token of all predicts nothing that is asked for.
        let tokens = prompt + answer.dropLast()
        let result = try states([Request(tokens, from: prompt.count - 1)])[0]
        let states = result.states
        var statistics = AnswerStatistics(
            computed: result.computed, shared: result.shared, count: answer.count, sumLogProb: 0, selfCertainty: 0)
        let width = model.shape.width
        let vocabulary = model.shape.vocabulary
        // A row of logits of a large vocabulary is more than half a megabyte.
        let step = 64
        for first in stride(from: 0, to: answer.count, by: step) {
            try Task.checkCancellation()
            let rows = first..<min(first + step, answer.count)
            let logits = model.logits(Array(states[rows.lowerBound * width..<rows.upperBound * width]))
            logits.withUnsafeBufferPointer { logits in
                for row in rows {
                    let values = UnsafeBufferPointer(
                        rebasing: logits[
                            (row - rows.lowerBound) * vocabulary..<(row - rows.lowerBound + 1) * vocabulary])
                    let (normaliser, mean) = logSumExpAndMean(values)
                    statistics.sumLogProb += Double(values[answer[row]]) - normaliser
                    statistics.selfCertainty += normaliser - mean - log(Double(vocabulary))
                }
            }
        }
        statistics.selfCertainty /= Double(answer.count)
        return statistics
    }
}

/// ln Σ eᶻ and the mean of a row, summed in float64.
func logSumExpAndMean(_ values: UnsafeBufferPointer<Float>) -> (logSumExp: Double, mean: Double) {
    guard let start = values.baseAddress else { return (-.infinity, .nan) }
    let count = values.count
    var greatest = SIMD8<Float>(repeating: -.infinity)
    for index in stride(from: 0, to: count, by: 8) {
        greatest = larger(greatest, load(start + index, count: count - index, filler: -.infinity))
    }
    let maximum = greatest.max()
    var sum = 0.0
    var total = 0.0
    // Partial sums of 1,024 numbers stay exact enough in float32.
    for block in stride(from: 0, to: count, by: 1024) {
        var exponentials = SIMD8<Float>.zero
        var plain = SIMD8<Float>.zero
        for index in stride(from: block, to: min(block + 1024, count), by: 8) {
            let values = load(start + index, count: count - index, filler: -.infinity) - maximum
            exponentials += exponential(values)
            plain += load(start + index, count: count - index, filler: 0)
        }
        sum += Double(exponentials.sum())
        total += Double(plain.sum())
    }
    // What is too small for the exponential's range counts as e⁻⁸⁷ there, fillers too: nothing beside the greatest's 1.
    return (Double(maximum) + log(sum), total / Double(count))
}

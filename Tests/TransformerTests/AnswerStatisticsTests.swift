// SPDX-License-Identifier: Apache-2.0
import Fixtures
import Foundation
import Testing

@testable import Transformer

/// Log-probabilities and Self-Certainty of given text, against the formulas written out.
struct AnswerStatisticsTests {
    private let held = HeldWeights(TinyModel.tensors())
    private let model: TransformerModel

    init() throws {
        let held = held
        model = try TransformerModel(TinyModel.shape, keeping: held) { held.tensor($0) }
    }

    /// Both by the formula, from all logits of the whole text; the last row predicts nothing that is there.
    private func direct(_ answer: [Int], _ prompt: [Int]) throws -> (sumLogProb: Double, selfCertainty: Double) {
        let vocabulary = model.shape.vocabulary
        let logits = model.logits(try model.forward([.init(prompt + answer)])[0].hidden)
        var sum = 0.0
        var certainty = 0.0
        for (index, token) in answer.enumerated() {
            let start = (prompt.count - 1 + index) * vocabulary
            let row = logits[start..<start + vocabulary].map(Double.init)
            let normaliser = log(row.reduce(0) { $0 + exp($1) })
            let logProbs = row.map { $0 - normaliser }
            sum += logProbs[token]
            certainty += -logProbs.reduce(0, +) / Double(vocabulary) - log(Double(vocabulary))
        }
        return (sum, certainty / Double(answer.count))
    }

    @Test func statisticsAreThoseOfAllLogits() throws {
        let forward = PrefixForward(model)
        func tokens(_ count: Int, _ seed: UInt64) -> [Int] {
            testNumbers(count, seed: seed).map { min(30, Int(($0 + 1) * 15.5)) }
        }
        let prompt = tokens(12, 1)
        // One token, fewer than a block of rows of logits, exactly one, and several.
        for (prompt, count) in [(prompt, 1), (prompt, 40), (prompt, 64), (prompt, 150), ([3], 65)] {
            let answer = tokens(count, 70)
            let found = try forward.statistics(of: answer, after: prompt)
            let expected = try direct(answer, prompt)
            #expect(abs(found.sumLogProb - expected.sumLogProb) < 1e-5 * Double(count))
            #expect(abs(found.selfCertainty - expected.selfCertainty) < 1e-5)
            #expect(found.selfCertainty > 0)
            #expect(found.count == count)
            #expect(found.computed + found.shared == prompt.count + count - 1)
        }
    }

    /// The state that predicts the answer's first token is the prompt's last: it is computed again, those before are not.
    @Test func promptsAreSharedByTheirAnswers() throws {
        let forward = PrefixForward(model)
        let prompt = [1, 2, 3, 4, 5, 6]
        let first = try forward.statistics(of: [7, 8, 9], after: prompt)
        #expect(first.computed == 8 && first.shared == 0)
        let second = try forward.statistics(of: [10, 8, 9, 2], after: prompt)
        #expect(second.shared == 5 && second.computed == 4)
        let expected = try direct([10, 8, 9, 2], prompt)
        #expect(abs(second.sumLogProb - expected.sumLogProb) < 1e-5)
    }

    @Test(arguments: [1, 7, 8, 9, 1023, 1025, 5000])
    func rowsOfAnyLengthAreSummed(count: Int) {
        for shift: Float in [0, 300, -300] {
            let row = testNumbers(count, seed: UInt64(count)).map { 20 * $0 + shift }
            let found = row.withUnsafeBufferPointer { logSumExpAndMean($0) }
            let maximum = row.map(Double.init).max() ?? 0
            let expected = maximum + log(row.reduce(0) { $0 + exp(Double($1) - maximum) })
            #expect(abs(found.logSumExp - expected) < 2e-6 * (1 + abs(expected)))
            let mean = row.reduce(0) { $0 + Double($1) } / Double(count)
            #expect(abs(found.mean - mean) < 1e-5 * (1 + abs(mean)))
        }
    }

    private struct Vectors: Decodable {
        struct Case: Decodable {
            var name: String
            var logits: [[Double]]
            var exact_f64: Double
            var per_token_f64: [Double]
        }
        var cases: [Case]
    }

    @Test(.enabled(if: SharedData.isPresent, "needs the shared data pack"))
    func selfCertaintyIsThatOfTheReference() throws {
        let text = try Data(contentsOf: SharedData.vectors("self_certainty.json"))
        let cases = try JSONDecoder().decode(Vectors.self, from: text).cases
        try #require(cases.count > 3)
        for known in cases {
            var sum = 0.0
            for (row, expected) in zip(known.logits, known.per_token_f64) {
                let values = row.map(Float.init)
                let (normaliser, mean) = values.withUnsafeBufferPointer { logSumExpAndMean($0) }
                let found = normaliser - mean - log(Double(row.count))
                let greatest = row.map(abs).max() ?? 0
                // Logits are rounded to float32.
                #expect(abs(found - expected) < 1e-5 * (1 + greatest), "\(known.name)")
                sum += found
            }
            let greatest = known.logits.joined().map(abs).max() ?? 0
            #expect(abs(sum / Double(known.logits.count) - known.exact_f64) < 1e-5 * (1 + greatest), "\(known.name)")
        }
    }

    /// A token that is impossible makes Self-Certainty infinite, and leaves the normaliser as it is.
    @Test func maskedTokensMakeItInfinite() {
        let row: [Float] = [0, 1, -.infinity, 2]
        let (normaliser, mean) = row.withUnsafeBufferPointer { logSumExpAndMean($0) }
        #expect(abs(normaliser - log(1 + exp(1) + exp(2))) < 1e-6)
        #expect(normaliser - mean == .infinity)
    }
}

// SPDX-License-Identifier: Apache-2.0
import Fixtures
import Foundation
import Statistics
import Testing

@Suite struct PassAtKTests {
    struct Vectors: Decodable {
        struct Case: Decodable {
            var n: Int
            var c: Int
            var k: Int
            var official: Double
            var exact: Double
        }
        struct Problem: Decodable {
            var n: Int
            var c: Int
        }
        struct Dataset: Decodable {
            var problems: [Problem]
            var mean_pass_at_k: [String: Double]
        }
        var cases: [Case]
        var dataset: Dataset
    }

    @Test(.enabled(if: SharedData.isPresent, "\(SharedData.missing)"))
    func bothFormsAgreeWithTheReferenceVectors() throws {
        let vectors = try JSONDecoder().decode(
            Vectors.self, from: Data(contentsOf: SharedData.vectors("pass_at_k.json")))
        #expect(vectors.cases.count >= 16)
        for vector in vectors.cases {
            let name = Comment(rawValue: "n \(vector.n), c \(vector.c), k \(vector.k)")
            #expect(abs(passAtK(correct: vector.c, of: vector.n, k: vector.k) - vector.exact) < 1e-13, name)
            // LiveCodeBench multiplies with numpy, whose order of factors may differ in the last bits.
            #expect(
                abs(passAtKOverCorrect(correct: vector.c, of: vector.n, k: vector.k) - vector.official) < 1e-14, name)
        }
        for (k, expected) in vectors.dataset.mean_pass_at_k {
            let k = try #require(Int(k))
            let values = vectors.dataset.problems.map { passAtK(correct: $0.c, of: $0.n, k: k) }
            #expect(abs(try #require(mean(values)) - expected) < 1e-13, "mean pass@\(k)")
        }
    }

    @Test func passAt1IsTheShareOfCorrectSamples() {
        #expect(passAtK(correct: 3, of: 8, k: 1) == 0.375)
        #expect(passAtKOverCorrect(correct: 0, of: 8, k: 1) == 0)
    }

    @Test func drawingMoreSamplesThanAreWrongIsCertain() {
        #expect(passAtK(correct: 3, of: 8, k: 6) == 1)
        #expect(passAtKOverCorrect(correct: 3, of: 8, k: 6) == 1)
        #expect(passAtK(correct: 1, of: 1, k: 1) == 1)
    }

    @Test func passAtKGrowsWithKAndWithTheCorrectSamples() {
        for total in 1...12 {
            for correct in 0...total {
                for k in 1...total {
                    let value = passAtK(correct: correct, of: total, k: k)
                    #expect(abs(value - passAtKOverCorrect(correct: correct, of: total, k: k)) < 1e-12)
                    if k > 1 { #expect(value >= passAtK(correct: correct, of: total, k: k - 1)) }
                    if correct > 0 { #expect(value >= passAtK(correct: correct - 1, of: total, k: k)) }
                }
            }
        }
    }
}

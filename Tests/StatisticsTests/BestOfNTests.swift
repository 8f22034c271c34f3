// SPDX-License-Identifier: Apache-2.0
import Fixtures
import Foundation
import Statistics
import Testing

@Suite struct BestOfNTests {
    struct Vectors: Decodable {
        struct Pool: Decodable {
            var scores: [Double]
            var correct: [Int]
            var expected: [Double]
            var expected_first_index: [Double]
            var oracle: [Double]
        }
        var pools: [Pool]
    }

    @Test(.enabled(if: SharedData.isPresent, "\(SharedData.missing)"))
    func bothTieRulesAndTheOracleAgreeWithTheReferenceVectors() throws {
        let vectors = try JSONDecoder().decode(
            Vectors.self, from: Data(contentsOf: SharedData.vectors("best_of_n.json")))
        #expect(vectors.pools.count >= 10)
        for (index, pool) in vectors.pools.enumerated() {
            let correct = pool.correct.map { $0 == 1 }
            let name = Comment(rawValue: "pool \(index)")
            expectClose(expectedBestOfN(scores: pool.scores, correct: correct), pool.expected, name)
            expectClose(firstIndexBestOfN(scores: pool.scores, correct: correct), pool.expected_first_index, name)
            let oracle = correct.indices.map {
                passAtK(correct: pool.correct.reduce(0, +), of: correct.count, k: $0 + 1)
            }
            expectClose(oracle, pool.oracle, name)
            // With all candidates drawn, best-of-n is the selected correctness.
            let last = try #require(expectedBestOfN(scores: pool.scores, correct: correct).last)
            #expect(
                abs(last - (try #require(selectedCorrectness(scores: pool.scores, correct: correct)))) < 1e-12, name)
        }
    }

    @Test func anyPoolAgreesWithTheEnumerationOfItsSubsets() {
        // Four candidates: two tied at the top, one of them correct.
        let scores = [0.5, 0.9, 0.9, -.infinity]
        let correct = [true, false, true, true]
        expectClose(expectedBestOfN(scores: scores, correct: correct), enumerated(scores, correct, ties: .shared))
        expectClose(firstIndexBestOfN(scores: scores, correct: correct), enumerated(scores, correct, ties: .first))
    }

    @Test func rejectedCandidatesOnlyTieAmongThemselves() {
        let scores = [-Double.infinity, -.infinity, -.infinity, -.infinity]
        expectClose(expectedBestOfN(scores: scores, correct: [true, false, false, false]), [0.25, 0.25, 0.25, 0.25])
        expectClose(firstIndexBestOfN(scores: scores, correct: [true, false, false, false]), [0.25, 0.5, 0.75, 1])
    }

    @Test func theOrderOfCandidatesDoesNotMatterWhenTiesAreShared() {
        let scores = [0.1, 0.4, 0.4, 0.4, 0.7]
        let correct = [true, true, false, false, false]
        let reversed = expectedBestOfN(scores: scores.reversed(), correct: correct.reversed())
        expectClose(expectedBestOfN(scores: scores, correct: correct), reversed)
    }

    @Test func noCandidatesGiveNoValues() {
        #expect(expectedBestOfN(scores: [], correct: []).isEmpty)
        #expect(firstIndexBestOfN(scores: [], correct: []).isEmpty)
    }

    private enum Ties { case shared, first }

    /// Best-of-n by drawing every subset.
    private func enumerated(_ scores: [Double], _ correct: [Bool], ties: Ties) -> [Double] {
        (1...scores.count).map { n in
            let subsets = (0..<(1 << scores.count)).filter { $0.nonzeroBitCount == n }
            let values = subsets.compactMap { subset -> Double? in
                let members = scores.indices.filter { subset & (1 << $0) != 0 }
                let within = (members.map { scores[$0] }, members.map { correct[$0] })
                switch ties {
                case .shared: return selectedCorrectness(scores: within.0, correct: within.1)
                case .first: return firstSelectedIsCorrect(scores: within.0, correct: within.1).map { $0 ? 1 : 0 }
                }
            }
            return mean(values) ?? .nan
        }
    }

    private func expectClose(_ values: [Double], _ expected: [Double], _ name: Comment? = nil) {
        #expect(values.count == expected.count, name)
        for (value, expected) in zip(values, expected) { #expect(abs(value - expected) < 1e-12, name) }
    }
}

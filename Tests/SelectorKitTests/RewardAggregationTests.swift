// SPDX-License-Identifier: Apache-2.0
import Fixtures
import Foundation
import SelectorKit
import Testing

@Suite struct RewardAggregationTests {
    private struct File: Decodable {
        struct Case: Decodable {
            var steps: [Double]
            var mean: Double
            var min: Double
            var prod: Double
            var last: Double
            var max: Double
            var geomean: Double
        }
        var aggregates: [Case]
    }

    @Test(.enabled(if: SharedData.isPresent, "needs the shared data pack beside the checkout (or BESTOFN_SHARED)"))
    func aggregatesEqualTheReferences() throws {
        let file = try JSONDecoder().decode(File.self, from: Data(contentsOf: SharedData.vectors("prm_scores.json")))
        #expect(file.aggregates.count > 5)
        for row in file.aggregates {
            for (aggregation, expected) in [
                (RewardAggregation.mean, row.mean), (.min, row.min), (.max, row.max), (.prod, row.prod),
                (.last, row.last), (.geomean, row.geomean),
            ] {
                let score = try #require(aggregation.score(of: row.steps))
                // A product is ranked by its logarithm, which does not underflow.
                let value = aggregation == .prod ? exp(score) : score
                #expect(abs(value - expected) <= 1e-12 + 1e-9 * abs(expected), "\(aggregation) of \(row.steps)")
            }
        }
    }

    @Test func productsThatUnderflowKeepTheirOrder() throws {
        let small = [Double](repeating: 1e-5, count: 100)
        let smaller = [Double](repeating: 1e-6, count: 100)
        let scores = try [small, smaller].map { try #require(RewardAggregation.prod.score(of: $0)) }
        #expect(scores[0] > scores[1])
    }
}

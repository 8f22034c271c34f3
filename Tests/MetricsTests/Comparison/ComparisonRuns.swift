// SPDX-License-Identifier: Apache-2.0
import Metrics
import RunStore
import SelectorKit

/// Two small runs that differ in what a test says. Problems p0, p1, … with two candidates; a selector gives scores by problem.
enum ComparisonRuns {
    /// - Parameters:
    ///   - verdicts: letters of `Runs`, one text per problem.
    ///   - chosen: by label, the chosen candidate of each problem; nil for both (a tie), -1 for a failure, -2 where it was not run.
    static func record(
        _ verdicts: [String], chosen: KeyValuePairs<String, [Int?]>, difficulties: [Difficulty?] = [],
        imported: Bool = false
    ) -> RunRecord {
        let ids = verdicts.indices.map { "p\($0)" }
        let pool = Runs.pool(Dictionary(uniqueKeysWithValues: zip(ids, verdicts)), imported: imported)
        let selectors = chosen.map { label, choices in
            var scores: [String: PoolScores] = [:]
            for (id, choice) in zip(ids, choices) {
                switch choice {
                case nil: scores[id] = Runs.scored(1, 1)
                case -1: scores[id] = .failed(message: "no server")
                case -2: break
                case .some(let index): scores[id] = Runs.scored(index == 0 ? 1 : 0, index == 1 ? 1 : 0)
                }
            }
            return Runs.selector(label, scores)
        }
        return Runs.run(
            problems: ids.enumerated().map { ($1, $0 < difficulties.count ? difficulties[$0] : nil) }, pools: [pool],
            selectors: selectors)
    }

    static func results(
        _ verdicts: [String], chosen: KeyValuePairs<String, [Int?]>, difficulties: [Difficulty?] = []
    ) -> RunResults {
        RunResults(record: record(verdicts, chosen: chosen, difficulties: difficulties))
    }

    /// `right` problems on which the chosen candidate passes, then `wrong` ones on which it fails.
    static func run(right: Int, wrong: Int, label: String = "s") -> RunResults {
        results(
            Array(repeating: "+-", count: right + wrong),
            chosen: [label: Array(repeating: 0, count: right) + Array(repeating: 1, count: wrong)])
    }
}

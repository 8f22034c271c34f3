// SPDX-License-Identifier: Apache-2.0
import Foundation
import GRDB

/// How long problems took, by id.
public struct MeasuredSeconds: Sendable, Hashable {
    /// The mean wall time of one execution.
    public var perVerdict: [String: Double] = [:]
    /// How many verdicts there are.
    public var verdicts: [String: Int] = [:]
    /// The wall time of all selectors on all pools.
    public var scoring: [String: Double] = [:]
    /// The mean time that an answer of a language model took.
    public var perAnswer: [String: Double] = [:]
}

extension RunStore {
    /// What the run measured, under whatever conditions.
    public func measuredSeconds() throws -> MeasuredSeconds {
        let decoder = JSONDecoder()
        return try read { database in
            var measured = MeasuredSeconds()
            let verdicts = try Row.fetchCursor(
                database,
                sql: """
                    SELECT problem.id AS id, avg(verdict.wall_seconds) AS mean, count(*) AS count
                    FROM verdict JOIN problem ON problem.suite_hash = verdict.suite_hash GROUP BY problem.id
                    """)
            while let row = try verdicts.next() {
                measured.perVerdict[row["id"]] = row["mean"]
                measured.verdicts[row["id"]] = row["count"]
            }
            let scorings = try Row.fetchCursor(
                database, sql: "SELECT problem, json FROM scoring ORDER BY problem, selector, pool")
            while let row = try scorings.next() {
                let json: String = row["json"]
                guard case .scored(_, _, let seconds)? = try? decoder.decode(PoolScores.self, from: Data(json.utf8))
                else { continue }
                measured.scoring[row["problem"], default: 0] += seconds
            }
            let answers = try Row.fetchCursor(
                database,
                sql: """
                    SELECT problem, avg(json_extract(json, '$.latencySeconds')) AS mean FROM generated GROUP BY problem
                    """)
            while let row = try answers.next() {
                if let mean: Double = row["mean"] { measured.perAnswer[row["problem"]] = mean }
            }
            return measured
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
import GRDB

/// What a verdict depends on besides the conditions it was made under.
public struct VerdictKey: Sendable, Hashable {
    public var gradedHash: String
    public var suiteHash: String

    public init(gradedHash: String, suiteHash: String) {
        self.gradedHash = gradedHash
        self.suiteHash = suiteHash
    }
}

extension RunStore {
    /// Names the conditions under which verdicts are made (semantics, limits, interpreter): `id` is the hash of `json`.
    public func declareCondition(id: String, json: String) throws {
        try write { database in
            try database.execute(
                sql: "INSERT OR IGNORE INTO condition (id, json) VALUES (?, ?)", arguments: [id, json])
        }
    }

    /// All verdicts made under a condition.
    public func verdicts(condition: String) throws -> [VerdictKey: VerdictRecord] {
        try read { database in
            var verdicts: [VerdictKey: VerdictRecord] = [:]
            let rows = try Row.fetchCursor(
                database, sql: "SELECT * FROM verdict WHERE condition = ?", arguments: [condition])
            while let row = try rows.next() {
                verdicts[VerdictKey(gradedHash: row["graded_hash"], suiteHash: row["suite_hash"])] = VerdictRecord(
                    row: row)
            }
            return verdicts
        }
    }

    /// Stores a verdict for good. An infrastructure error is kept until the next try replaces it.
    public func record(_ verdict: VerdictRecord, for key: VerdictKey, condition: String) throws {
        try write { database in
            let statement = try database.cachedStatement(
                sql: """
                    INSERT OR REPLACE INTO verdict (graded_hash, suite_hash, condition, outcome, passed, cpu_seconds, wall_seconds,
                        peak_bytes, tests_run, tests_total, message, channel, near_limit, first_outcome, first_cpu_seconds,
                        first_wall_seconds, first_peak_bytes)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """)
            try statement.execute(arguments: [
                key.gradedHash, key.suiteHash, condition, verdict.outcome, verdict.passed, verdict.cpuSeconds,
                verdict.wallSeconds, verdict.peakBytes, verdict.testsRun, verdict.testsTotal, verdict.message,
                verdict.channel, verdict.nearLimit, verdict.firstTry?.outcome, verdict.firstTry?.cpuSeconds,
                verdict.firstTry?.wallSeconds, verdict.firstTry?.peakBytes,
            ])
        }
    }
}

extension VerdictRecord {
    init(row: Row) {
        self.init(
            passed: row["passed"], outcome: row["outcome"], message: row["message"], cpuSeconds: row["cpu_seconds"],
            wallSeconds: row["wall_seconds"], peakBytes: row["peak_bytes"], testsRun: row["tests_run"],
            testsTotal: row["tests_total"], channel: row["channel"], nearLimit: row["near_limit"])
        if let outcome: String = row["first_outcome"] {
            firstTry = FirstTry(
                outcome: outcome, cpuSeconds: row["first_cpu_seconds"], wallSeconds: row["first_wall_seconds"],
                peakBytes: row["first_peak_bytes"])
        }
    }
}

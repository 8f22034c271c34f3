// SPDX-License-Identifier: Apache-2.0
public import Foundation
import GRDB

/// One thing of which merged runs say different things.
public struct MergeConflict: Sendable, Hashable, Codable {
    public struct Value: Sendable, Hashable, Codable {
        /// Such as a verdict's outcome.
        public var value: String
        /// The runs that say so, as they were named.
        public var runs: [String]
        /// The whole row, where it is kept nowhere else.
        public var row: String?

        public init(value: String, runs: [String], row: String? = nil) {
            self.value = value
            self.runs = runs
            self.row = row
        }
    }

    /// The table of `run.sqlite`.
    public var table: String
    /// The row's key in that table, as a JSON list.
    public var key: String
    /// Nil where the key does not tell.
    public var problem: String?
    /// The candidates concerned, as `pool: model/sample`; empty where the row is of none.
    public var candidates: [String]
    /// The value that the merged run goes on with.
    public var kept: String
    /// Every value, the kept one first.
    public var values: [Value]

    public init(
        table: String, key: String, problem: String?, candidates: [String], kept: String, values: [Value]
    ) {
        self.table = table
        self.key = key
        self.problem = problem
        self.candidates = candidates
        self.kept = kept
        self.values = values
    }

    /// A line of JSON with sorted keys.
    public func encoded() throws -> Data { Data((try canonical(self) + "\n").utf8) }
}

/// Finds out what was put aside while merging, and which run said it.
struct ConflictReader {
    let database: Database

    /// The conflicts of the main database, still without the runs.
    func conflicts() throws -> [MergeConflict] {
        let rows = try Row.fetchAll(
            database, sql: "SELECT origin, key, statement FROM main.other_value ORDER BY origin, key, statement")
        var conflicts: [MergeConflict] = []
        for row in rows {
            let (table, key, statement): (String, String, String) = (row["origin"], row["key"], row["statement"])
            if conflicts.last?.table == table, conflicts.last?.key == key {
                conflicts[conflicts.count - 1].values.append(.init(value: statement, runs: []))
                continue
            }
            guard let rule = MergeRule.all.first(where: { $0.table == table }),
                let kept = try storedRow(rule, key, in: "main")
            else { continue }
            let keptText = try rule.statement(kept).text
            conflicts.append(
                MergeConflict(
                    table: table, key: key, problem: rule.columns.contains("problem") ? kept["problem"] : nil,
                    candidates: [], kept: keptText,
                    values: [.init(value: keptText, runs: []), .init(value: statement, runs: [])]))
        }
        try addCandidates(to: &conflicts)
        return conflicts
    }

    /// Notes which of the values the attached run holds.
    func addSource(_ name: String, to conflicts: inout [MergeConflict]) throws {
        let aside = try database.makeStatement(
            sql: "SELECT count(*) FROM source.other_value WHERE origin = ? AND key = ? AND statement = ?")
        for index in conflicts.indices {
            guard let rule = MergeRule.all.first(where: { $0.table == conflicts[index].table }) else { continue }
            let own = try storedRow(rule, conflicts[index].key, in: "source").map { try rule.statement($0).text }
            for place in conflicts[index].values.indices {
                let value = conflicts[index].values[place].value
                let says =
                    try own == value
                    || Int.fetchOne(aside, arguments: [rule.table, conflicts[index].key, value]) ?? 0 > 0
                if says { conflicts[index].values[place].runs.append(name) }
            }
        }
    }

    /// The row of a key that is a JSON list.
    private func storedRow(_ rule: MergeRule, _ key: String, in schema: String) throws -> Row? {
        let place = rule.key.enumerated().map { "\($1) = json_extract(?, '$[\($0)]')" }.joined(separator: " AND ")
        return try Row.fetchOne(
            database.cachedStatement(
                sql: "SELECT \(rule.columns.joined(separator: ", ")) FROM \(schema).\(rule.table) WHERE \(place)"),
            arguments: StatementArguments(rule.key.map { _ in key }))
    }

    /// Names the candidates whose program has two verdicts.
    private func addCandidates(to conflicts: inout [MergeConflict]) throws {
        var places: [String: Int] = [:]
        for (index, conflict) in conflicts.enumerated() where conflict.table == "verdict" {
            places[conflict.key] = index
        }
        guard !places.isEmpty else { return }
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT other.key AS key, problem.id AS id, pool, model, sample
                FROM (SELECT DISTINCT key, json_extract(key, '$[0]') AS graded, json_extract(key, '$[1]') AS suite
                    FROM main.other_value WHERE origin = 'verdict') AS other
                JOIN main.problem ON problem.suite_hash = other.suite
                JOIN main.candidate ON candidate.problem = problem.id AND candidate.graded_hash = other.graded
                ORDER BY pool, model, sample
                """)
        while let row = try rows.next() {
            guard let index = places[row["key"]] else { continue }
            conflicts[index].problem = row["id"]
            conflicts[index].candidates.append(
                "\(row["pool"] as String): \(row["model"] as String)/\(row["sample"] as Int)")
        }
    }
}

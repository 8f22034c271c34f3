// SPDX-License-Identifier: Apache-2.0
import GRDB

/// Joins the rows of an attached run, `source`, into the main database, table by table.
struct TableMerge {
    let database: Database
    /// The attached run's name in messages.
    let name: String

    func mergeAll() throws {
        for rule in MergeRule.all { try merge(rule) }
        // A row that was put aside says something else than the row that was kept beside it, which every rule puts before it: it can only be put aside here too.
        try database.execute(
            sql: """
                INSERT INTO main.other_value (origin, key, statement, row) SELECT origin, key, statement, row FROM source.other_value WHERE true
                ON CONFLICT (origin, key, statement) DO UPDATE SET row = min(row, excluded.row)
                """)
    }

    private func merge(_ rule: MergeRule) throws {
        let columns = rule.columns.joined(separator: ", ")
        let theirKey = rule.key.map { "theirs.\($0)" }.joined(separator: ", ")
        let keysMatch = rule.key.map { "ours.\($0) = theirs.\($0)" }.joined(separator: " AND ")
        let valuesDiffer = rule.values.map { "ours.\($0) IS NOT theirs.\($0)" }.joined(separator: " OR ")
        try database.execute(
            sql: "INSERT OR IGNORE INTO main.\(rule.table) (\(columns)) SELECT \(columns) FROM source.\(rule.table)")
        try database.execute(
            sql: """
                DROP TABLE IF EXISTS temp.differing;
                CREATE TEMP TABLE differing AS SELECT \(theirKey)
                    FROM source.\(rule.table) AS theirs JOIN main.\(rule.table) AS ours ON \(keysMatch) WHERE \(valuesDiffer) ORDER BY \(theirKey);
                """)
        let place = rule.key.map { "\($0) = ?" }.joined(separator: " AND ")
        let ours = try database.makeStatement(sql: "SELECT \(columns) FROM main.\(rule.table) WHERE \(place)")
        let theirs = try database.makeStatement(sql: "SELECT \(columns) FROM source.\(rule.table) WHERE \(place)")
        let take = try database.makeStatement(
            sql:
                "INSERT OR REPLACE INTO main.\(rule.table) (\(columns)) VALUES (\(rule.columns.map { _ in "?" }.joined(separator: ", ")))"
        )
        let differing = try Row.fetchCursor(database, sql: "SELECT * FROM temp.differing")
        while let keys = try differing.next() {
            let arguments = StatementArguments(keys.databaseValues)
            guard let own = try Row.fetchOne(ours, arguments: arguments),
                let other = try Row.fetchOne(theirs, arguments: arguments)
            else { continue }
            if try resolve(rule, own, other) { try take.execute(arguments: StatementArguments(other.databaseValues)) }
        }
    }

    /// - Returns: whether the other row is kept.
    private func resolve(_ rule: MergeRule, _ own: Row, _ other: Row) throws -> Bool {
        for column in rule.agreed {
            let (ours, theirs): (DatabaseValue, DatabaseValue) = (own[column], other[column])
            guard ours == theirs else {
                let key = try canonical(rule.key.map { own[$0] as DatabaseValue })
                throw MergeRefusal(
                    "\(name): The row \(key) of table '\(rule.table)' has another '\(column)' than the runs before it, though all name the same problems and pools. "
                        + "Leave this run out, or make it anew.")
            }
        }
        let (ours, theirs) = (try rule.statement(own), try rule.statement(other))
        let (ourRow, theirRow) = (try canonical(own.values(rule)), try canonical(other.values(rule)))
        let theirsIsKept =
            ours == theirs ? theirRow.utf8.lexicographicallyPrecedes(ourRow.utf8) : theirs.precedes(ours)
        if rule.meaning == .observed, ours != theirs {
            let (left, row) = theirsIsKept ? (ours, ourRow) : (theirs, theirRow)
            if left != .nothing {
                try database.execute(
                    sql: """
                        INSERT INTO main.other_value (origin, key, statement, row) VALUES (?, ?, ?, ?)
                        ON CONFLICT (origin, key, statement) DO UPDATE SET row = min(row, excluded.row)
                        """,
                    arguments: [rule.table, try canonical(rule.key.map { own[$0] as DatabaseValue }), left.text, row])
            }
        }
        return theirsIsKept
    }
}

extension Row {
    /// What the row says beside its key.
    fileprivate func values(_ rule: MergeRule) -> [DatabaseValue] { rule.values.map { self[$0] } }
}

/// Runs that do not belong together, as full sentences.
public struct MergeRefusal: Error, Sendable, Hashable, CustomStringConvertible {
    public var description: String

    public init(_ description: String) { self.description = description }
}

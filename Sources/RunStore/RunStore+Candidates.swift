// SPDX-License-Identifier: Apache-2.0
import ContentHash
import Foundation
import GRDB
public import SelectorKit

/// A candidate as the store keeps it.
public struct StoredCandidate: Sendable {
    public var problemID: String
    public var id: CandidateID
    public var program: String
    public var programHash: String
    public var gradedHash: String
    /// A verdict that the pool's file brought along.
    public var imported: (passed: Bool, source: String)?

    public init(
        problemID: String, id: CandidateID, program: String, programHash: String, gradedHash: String,
        imported: (passed: Bool, source: String)?
    ) {
        self.problemID = problemID
        self.id = id
        self.program = program
        self.programHash = programHash
        self.gradedHash = gradedHash
        self.imported = imported
    }
}

extension RunStore {
    /// Replaces the run's problems.
    public func replaceProblems(_ problems: [ProblemRecord]) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try write { database in
            try database.execute(sql: "DELETE FROM problem")
            for record in problems {
                let json = String(decoding: try encoder.encode(record.problem), as: UTF8.self)
                try database.cachedStatement(sql: "INSERT INTO problem (id, suite_hash, json) VALUES (?, ?, ?)")
                    .execute(arguments: [record.problem.id, record.suiteHash, json])
            }
        }
    }

    /// Replaces the run's pools, each with its candidates in pool order, and forgets what selectors said of the old ones. Verdicts and scores stay, for they
    /// are keyed by content. Pools that are stored already are not written again.
    public func replacePools(_ pools: [StoredPool]) throws {
        let contents = pools.map(\.content)
        try write { database in
            try database.execute(sql: "DELETE FROM scoring")
            let known = try Row.fetchAll(database, sql: "SELECT name, content FROM pool ORDER BY position")
            let stored: [[String]] = known.map { [$0["name"], $0["content"]] }
            let wanted = zip(pools, contents).map { [$0.name, $1] }
            guard stored != wanted else { return }
            try database.execute(sql: "DELETE FROM candidate; DELETE FROM pool; DELETE FROM program")
            for (pool, content) in zip(pools, contents) { try pool.add(to: database, content: content) }
        }
    }
}

/// A pool as the store keeps it.
public struct StoredPool: Sendable {
    public var name: String
    public var hash: String
    public var verdictsImported: Bool
    /// In pool order.
    public var candidates: [StoredCandidate]

    public init(name: String, hash: String, verdictsImported: Bool, candidates: [StoredCandidate]) {
        self.name = name
        self.hash = hash
        self.verdictsImported = verdictsImported
        self.candidates = candidates
    }

    /// Identifies everything that is stored of the pool.
    fileprivate var content: String {
        var content = PoolContent(name: name, hash: hash, verdictsImported: verdictsImported)
        for candidate in candidates {
            content.add(
                problem: candidate.problemID, candidate.id, programHash: candidate.programHash,
                gradedHash: candidate.gradedHash, imported: candidate.imported)
        }
        return content.value
    }

    /// Writes anew what identifies each stored pool, after its rows changed.
    static func writeContents(_ database: Database) throws {
        for row in try Row.fetchAll(database, sql: "SELECT * FROM main.pool") {
            var content = PoolContent(name: row["name"], hash: row["hash"], verdictsImported: row["verdicts_imported"])
            let candidates = try Row.fetchCursor(
                database, sql: "SELECT * FROM main.candidate WHERE pool = ? ORDER BY problem, position",
                arguments: [row["name"] as String])
            while let candidate = try candidates.next() {
                let passed: Bool? = candidate["imported_passed"]
                content.add(
                    problem: candidate["problem"], CandidateID(model: candidate["model"], sample: candidate["sample"]),
                    programHash: candidate["program_hash"], gradedHash: candidate["graded_hash"],
                    imported: passed.map { ($0, candidate["imported_source"] ?? "") })
            }
            try database.execute(
                sql: "UPDATE main.pool SET content = ? WHERE position = ?",
                arguments: [content.value, row["position"] as Int])
        }
    }

    fileprivate func add(to database: Database, content: String) throws {
        try database.execute(
            sql: "INSERT INTO pool (name, hash, verdicts_imported, content) VALUES (?, ?, ?, ?)",
            arguments: [name, hash, verdictsImported, content])
        let addProgram = try database.makeStatement(sql: "INSERT OR IGNORE INTO program (hash, text) VALUES (?, ?)")
        let addCandidate = try database.makeStatement(
            sql: """
                INSERT INTO candidate (pool, problem, position, model, sample, program_hash, graded_hash, imported_passed,
                    imported_source)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
        var positions: [String: Int] = [:]
        for candidate in candidates {
            let position = positions[candidate.problemID, default: 0]
            positions[candidate.problemID] = position + 1
            try addProgram.execute(arguments: [candidate.programHash, candidate.program])
            try addCandidate.execute(arguments: [
                name, candidate.problemID, position, candidate.id.model, candidate.id.sample, candidate.programHash,
                candidate.gradedHash, candidate.imported?.passed, candidate.imported?.source,
            ])
        }
    }
}

/// The hash of all that is stored of a pool, candidate by candidate, in pool order.
private struct PoolContent: ~Copyable {
    private var content = ContentHash()

    init(name: String, hash: String, verdictsImported: Bool) {
        content.add(name)
        content.add(hash)
        content.add("\(verdictsImported)")
    }

    mutating func add(
        problem: String, _ id: CandidateID, programHash: String, gradedHash: String,
        imported: (passed: Bool, source: String)?
    ) {
        content.add(problem)
        content.add(id.model)
        content.add("\(id.sample)")
        content.add(programHash)
        content.add(gradedHash)
        content.add(imported.map { "\($0.passed) \($0.source)" } ?? "")
    }

    var value: String { consuming get { content.hexDigest() } }
}

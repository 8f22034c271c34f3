// SPDX-License-Identifier: Apache-2.0
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

    /// Removes all pools; verdicts and scores stay, for they are keyed by content.
    public func removePools() throws {
        try write { database in
            try database.execute(
                sql: "DELETE FROM candidate; DELETE FROM pool; DELETE FROM program; DELETE FROM scoring")
        }
    }

    /// Adds a pool whose candidates are in pool order.
    public func addPool(name: String, hash: String, verdictsImported: Bool, candidates: [StoredCandidate]) throws {
        try write { database in
            try database.execute(
                sql: "INSERT INTO pool (name, hash, verdicts_imported) VALUES (?, ?, ?)",
                arguments: [name, hash, verdictsImported])
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
}

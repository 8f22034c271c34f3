// SPDX-License-Identifier: Apache-2.0
public import Foundation
import GRDB

/// Which question an answer answers: the same generation asks the same prompt once per sample.
public struct GeneratedKey: Sendable, Hashable {
    /// Identifies model, prompt and sampling.
    public var generation: String
    public var problemID: String
    /// SHA-256 of the prompt as it was before anything was shortened.
    public var promptHash: String

    public init(generation: String, problemID: String, promptHash: String) {
        self.generation = generation
        self.problemID = problemID
        self.promptHash = promptHash
    }
}

/// What a model answered, as the store keeps it.
public struct GeneratedRow: Sendable, Hashable {
    public var sample: Int
    /// What is known of the answer.
    public var json: String
    /// The answer's text, compressed.
    public var output: Data

    public init(sample: Int, json: String, output: Data) {
        self.sample = sample
        self.json = json
        self.output = output
    }
}

extension RunStore {
    /// The samples of a question that are answered.
    public func generatedSamples(_ key: GeneratedKey) throws -> Set<Int> {
        try read { database in
            try Int.fetchSet(
                database.cachedStatement(
                    sql: "SELECT sample FROM generated WHERE generation = ? AND problem = ? AND prompt_hash = ?"),
                arguments: [key.generation, key.problemID, key.promptHash])
        }
    }

    /// The answers to a question, in order of their sample numbers.
    ///
    /// - Parameter samples: numbers from this on are left out.
    public func generated(_ key: GeneratedKey, samples: Int = Int.max) throws -> [GeneratedRow] {
        try read { database in
            let statement = try database.cachedStatement(
                sql: """
                    SELECT sample, json, output FROM generated
                    WHERE generation = ? AND problem = ? AND prompt_hash = ? AND sample < ? ORDER BY sample
                    """)
            return try Row.fetchAll(
                statement, arguments: [key.generation, key.problemID, key.promptHash, samples]
            ).map { GeneratedRow(sample: $0["sample"], json: $0["json"], output: $0["output"]) }
        }
    }

    /// Adds the answers of one request in one step. An answer that is there already stays.
    public func record(_ rows: [GeneratedRow], for key: GeneratedKey) throws {
        try write { database in
            let statement = try database.cachedStatement(
                sql: """
                    INSERT OR IGNORE INTO generated (generation, problem, prompt_hash, sample, json, output)
                    VALUES (?, ?, ?, ?, ?, ?)
                    """)
            for row in rows {
                try statement.execute(arguments: [
                    key.generation, key.problemID, key.promptHash, row.sample, row.json, row.output,
                ])
            }
        }
    }

    /// Calls `body` with what is known of each answer of a generation.
    public func forEachGenerated(_ generation: String, _ body: (String) throws -> Void) throws {
        try read { database in
            let rows = try Row.fetchCursor(
                database, sql: "SELECT json FROM generated WHERE generation = ?", arguments: [generation])
            while let row = try rows.next() { try body(row["json"]) }
        }
    }
}

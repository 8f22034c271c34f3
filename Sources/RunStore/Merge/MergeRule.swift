// SPDX-License-Identifier: Apache-2.0
import ContentHash
import Foundation
import GRDB
import SelectorKit

/// How rows of a table are joined when several runs have a row of the same key.
///
/// Every rule is the least element of an order that depends on the rows alone: joining is then associative, commutative and idempotent, and the same runs give
/// the same rows in whatever order they come.
struct MergeRule: Sendable {
    /// What a difference between two rows of one key means.
    enum Meaning: Sendable {
        /// The key is the content's hash, or the content is part of what runs must agree on: either row will do.
        case sameContent
        /// Derived from other tables and made again by the next run: one row is taken and nothing is told.
        case derived
        /// Something measured: rows that say different things are a finding, and what is not kept is kept apart.
        case observed
    }

    /// What a row says, apart from times and costs.
    struct Statement: Sendable, Hashable {
        /// Of two statements the one of the lower rank is kept, of one rank the first by its text.
        var rank = 0
        var text: String

        /// Our own machinery failed, or an older version wrote something else: such rows give way to others, and nothing is told.
        static let nothing = Statement(rank: 9, text: "")

        func precedes(_ other: Statement) -> Bool {
            rank == other.rank ? text.utf8.lexicographicallyPrecedes(other.text.utf8) : rank < other.rank
        }
    }

    var table: String
    var key: [String]
    var values: [String]
    var meaning: Meaning
    /// Columns in which two runs that belong together cannot differ.
    var agreed: [String]
    var statement: @Sendable (Row) throws -> Statement

    init(
        _ table: String, key: [String], values: [String], _ meaning: Meaning, agreed: [String] = [],
        statement: @escaping @Sendable (Row) throws -> Statement = { _ in Statement(text: "") }
    ) {
        self.table = table
        self.key = key
        self.values = values
        self.meaning = meaning
        self.agreed = agreed
        self.statement = statement
    }

    var columns: [String] { key + values }

    /// One rule per table of a run.
    static let all: [MergeRule] = [
        MergeRule("problem", key: ["id"], values: ["suite_hash", "json"], .sameContent, agreed: ["suite_hash"]),
        MergeRule(
            "pool", key: ["position"], values: ["name", "hash", "verdicts_imported", "content"], .sameContent,
            agreed: ["name", "hash", "verdicts_imported"]),
        MergeRule("program", key: ["hash"], values: ["text"], .sameContent),
        MergeRule(
            "candidate", key: ["pool", "problem", "position"],
            values: ["model", "sample", "program_hash", "graded_hash", "imported_passed", "imported_source"],
            .sameContent, agreed: ["model", "sample", "program_hash", "graded_hash", "imported_passed"]),
        MergeRule("condition", key: ["id"], values: ["json"], .sameContent),
        MergeRule("completed_program", key: ["hash"], values: ["text"], .sameContent),
        verdict, score, reward, reply, completion, generated,
        MergeRule("scoring", key: ["selector", "pool", "problem"], values: ["json"], .derived) { row in
            // Where a selector failed in one run and worked in another, it worked.
            (row["json"] as String).hasPrefix("{\"failed\"") ? .nothing : Statement(text: "")
        },
        MergeRule("subset_choice", key: ["selector", "pool", "problem"], values: ["key", "json"], .derived),
    ]

    /// A program that did not pass everywhere has not passed: of different verdicts one that is no pass is kept, the first by its name.
    private static let verdict = MergeRule(
        "verdict", key: ["graded_hash", "suite_hash", "condition"],
        values: [
            "outcome", "passed", "cpu_seconds", "wall_seconds", "peak_bytes", "tests_run", "tests_total", "message",
            "channel", "near_limit", "first_outcome", "first_cpu_seconds", "first_wall_seconds", "first_peak_bytes",
        ], .observed
    ) { row in
        let record = VerdictRecord(row: row)
        if record.isInfrastructureError { return .nothing }
        return Statement(rank: record.passed ? 1 : 0, text: record.outcome)
    }

    private static let score = MergeRule(
        "score", key: ["fingerprint", "problem_hash", "candidate_hash", "pool_hash"], values: ["json"], .observed
    ) { row in
        try decoded(CachedScore.self, row) { try canonical($0.score) }
    }

    private static let reward = MergeRule(
        "reward", key: ["model", "problem_hash", "prefix_hash", "whole"], values: ["problem", "json"], .observed
    ) { row in
        try decoded(StoredReward.self, row) { "\($0.value)" }
    }

    private static let reply = MergeRule("reply", key: ["model", "request_hash"], values: ["json"], .observed) { row in
        try decoded(StoredReply.self, row) { try canonical($0) }
    }

    private static let completion = MergeRule(
        "completion", key: ["policy", "seed", "problem", "prefix_hash", "sample"], values: ["program_hash", "details"],
        .observed
    ) { row in Statement(text: row["program_hash"]) }

    private static let generated = MergeRule(
        "generated", key: ["generation", "problem", "prompt_hash", "sample"], values: ["json", "output"], .observed
    ) { row in Statement(text: ContentHash.sha256((row["output"] as Data).base64EncodedString())) }

    /// A reply without what it took.
    private struct StoredReply: Codable {
        var text: String
        var firstToken: [String: Double]
    }

    /// An entry that an older version wrote otherwise says nothing: runs take it for missing.
    private static func decoded<Value: Decodable>(
        _ type: Value.Type, _ row: Row, _ text: (Value) throws -> String
    ) throws -> Statement {
        let json: String = row["json"]
        guard let value = try? JSONDecoder().decode(type, from: Data(json.utf8)) else {
            return .nothing
        }
        return Statement(text: try text(value))
    }
}

/// JSON with sorted keys.
func canonical(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
}

/// A column's value as JSON; bytes as base64 behind a mark that no text of ours has.
func canonical(_ values: [DatabaseValue]) throws -> String {
    enum Value: Encodable {
        case null, integer(Int64), number(Double), text(String), bytes(String)

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .null: try container.encodeNil()
            case .integer(let value): try container.encode(value)
            case .number(let value): try container.encode(value)
            case .text(let value): try container.encode(value)
            case .bytes(let value): try container.encode(["base64": value])
            }
        }
    }
    return try canonical(
        values.map { value -> Value in
            switch value.storage {
            case .null: .null
            case .int64(let value): .integer(value)
            case .double(let value): .number(value)
            case .string(let value): .text(value)
            case .blob(let value): .bytes(value.base64EncodedString())
            }
        })
}

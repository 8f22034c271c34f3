// SPDX-License-Identifier: Apache-2.0
import ContentHash
import Foundation
import RunStore
import Training

/// The files of rows that shards write, told by their rows.
public enum RowFileKind: String, Sendable, Hashable {
    /// Of `bestofn execute`.
    case verdicts
    /// Of `bestofn rollouts`.
    case rollouts
    /// Of `bestofn generate`.
    case pool

    /// What a row is about, in the order in which rows are written.
    struct Key: Hashable, Comparable {
        var problem: String
        var model = ""
        var number: Int
        var prefix = ""

        static func < (first: Key, second: Key) -> Bool {
            (first.problem, first.model, first.number, first.prefix)
                < (second.problem, second.model, second.number, second.prefix)
        }
    }

    /// A row as far as merging reads it.
    struct Row {
        var key: Key
        /// The line as it was written.
        var line: Data
        /// What the row says, apart from times and costs; of two the one of the lower rank is kept.
        var statement: String
        var rank = 0

        /// Whether this row is kept rather than another of the same key: a choice that does not depend on their order.
        func precedes(_ other: Row) -> Bool {
            if rank != other.rank { return rank < other.rank }
            if statement != other.statement {
                return statement.utf8.lexicographicallyPrecedes(other.statement.utf8)
            }
            return line.lexicographicallyPrecedes(other.line)
        }
    }

    /// The rank of rows that say nothing, since our own machinery failed.
    static let silentRank = 9

    /// - Returns: nil for a line that is of none of these files.
    init?(firstLine line: Data) {
        guard let fields = try? JSONDecoder().decode(Fields.self, from: line) else { return nil }
        if fields.format == RolloutFile.Header(policy: "", stepper: "", samples: 0, seed: 0).format {
            self = .rollouts
        } else if fields.candidate != nil, fields.outcome != nil {
            self = .verdicts
        } else if fields.model != nil, fields.sample != nil, fields.code != nil {
            self = .pool
        } else {
            return nil
        }
    }

    /// The kind of file that a command writes.
    init?(command: String) {
        switch command {
        case "execute": self = .verdicts
        case "rollouts": self = .rollouts
        case "generate": self = .pool
        default: return nil
        }
    }

    private struct Fields: Decodable {
        var format: String?
        var candidate: String?
        var outcome: String?
        var model: String?
        var sample: Int?
        var code: String?
    }

    private struct VerdictFields: Decodable {
        var problem: String
        var candidate: String
        var passed: Bool
        var outcome: String
    }

    private struct RolloutFields: Decodable {
        var problem: String
        var prefix: String
        var step: Int
        var samples: Int
        var passed: Int
        var distinct: Int
    }

    private struct PoolFields: Decodable {
        var problem: String
        var model: String
        var sample: Int
        var code: String
    }

    /// - Throws: `DecodingError` for a line that is no row of this kind.
    func row(_ line: Data) throws -> Row {
        let decoder = JSONDecoder()
        switch self {
        case .verdicts:
            let fields = try decoder.decode(VerdictFields.self, from: line)
            // A model's name may hold slashes: the sample's number is behind the last.
            let parts = fields.candidate.split(separator: "/", omittingEmptySubsequences: false)
            let verdict = VerdictRecord(passed: fields.passed, outcome: fields.outcome)
            return Row(
                key: Key(
                    problem: fields.problem, model: parts.dropLast().joined(separator: "/"),
                    number: parts.last.flatMap { Int($0) } ?? 0),
                line: line, statement: fields.outcome,
                rank: verdict.isInfrastructureError ? Self.silentRank : verdict.passed ? 1 : 0)
        case .rollouts:
            let fields = try decoder.decode(RolloutFields.self, from: line)
            return Row(
                key: Key(problem: fields.problem, number: fields.step, prefix: fields.prefix), line: line,
                statement: "\(fields.passed) of \(fields.samples) passed, \(fields.distinct) distinct")
        case .pool:
            let fields = try decoder.decode(PoolFields.self, from: line)
            return Row(
                key: Key(problem: fields.problem, model: fields.model, number: fields.sample), line: line,
                statement: "program \(ContentHash.sha256(fields.code).prefix(12))")
        }
    }

    /// The key as texts, for people and as JSON.
    func texts(_ key: Key) -> [String] {
        self == .rollouts ? [key.problem, "\(key.number)", key.prefix] : [key.problem, "\(key.model)/\(key.number)"]
    }
}

// SPDX-License-Identifier: Apache-2.0
import Foundation
import GRDB
public import SelectorKit

/// What a reward depends on.
public struct RewardKey: Sendable, Hashable {
    /// The reward model's fingerprint.
    public var model: String
    public var problemHash: String
    /// The SHA-256 of the prefix's UTF-8 bytes.
    public var prefixHash: String
    /// Whether the model was told that the prefix is the whole program.
    public var isWhole: Bool

    public init(model: String, problemHash: String, prefixHash: String, isWhole: Bool) {
        self.model = model
        self.problemHash = problemHash
        self.prefixHash = prefixHash
        self.isWhole = isWhole
    }
}

/// A stored reward with what it took when it was asked for.
public struct StoredReward: Sendable, Hashable, Codable {
    public var value: Double
    public var cost: Cost

    public init(value: Double, cost: Cost) {
        self.value = value
        self.cost = cost
    }
}

extension RunStore {
    public func reward(for key: RewardKey) throws -> StoredReward? {
        let json = try read { database in
            try String.fetchOne(
                database.cachedStatement(
                    sql:
                        "SELECT json FROM reward WHERE model = ? AND problem_hash = ? AND prefix_hash = ? AND whole = ?"
                ),
                arguments: [key.model, key.problemHash, key.prefixHash, key.isWhole])
        }
        // An entry that another version wrote differently is a cache miss, not an error.
        return json.flatMap { try? JSONDecoder().decode(StoredReward.self, from: Data($0.utf8)) }
    }

    /// All stored rewards of a model (of every model for nil), sorted by problem and prefix.
    public func rewards(of model: String? = nil) throws -> [(key: RewardKey, problem: String, value: StoredReward)] {
        try read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT * FROM reward WHERE ? IS NULL OR model = ? ORDER BY problem, model, problem_hash, prefix_hash, whole
                    """, arguments: [model, model]
            ).compactMap { row in
                let json: String = row["json"]
                guard let value = try? JSONDecoder().decode(StoredReward.self, from: Data(json.utf8)) else {
                    return nil
                }
                let key = RewardKey(
                    model: row["model"], problemHash: row["problem_hash"], prefixHash: row["prefix_hash"],
                    isWhole: row["whole"])
                return (key, row["problem"], value)
            }
        }
    }

    /// Stores rewards of prefixes of one problem in one step.
    public func record(_ rewards: [(key: RewardKey, value: StoredReward)], problem: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        try write { database in
            for (key, value) in rewards {
                let json = String(decoding: try encoder.encode(value), as: UTF8.self)
                try database.cachedStatement(
                    sql: """
                        INSERT OR REPLACE INTO reward (model, problem_hash, prefix_hash, whole, problem, json)
                        VALUES (?, ?, ?, ?, ?, ?)
                        """
                ).execute(arguments: [key.model, key.problemHash, key.prefixHash, key.isWhole, problem, json])
            }
        }
    }

    public func reply(model: String, requestHash: String) throws -> LanguageModelReply? {
        let json = try read { database in
            try String.fetchOne(
                database.cachedStatement(sql: "SELECT json FROM reply WHERE model = ? AND request_hash = ?"),
                arguments: [model, requestHash])
        }
        return json.flatMap { try? JSONDecoder().decode(LanguageModelReply.self, from: Data($0.utf8)) }
    }

    public func record(_ reply: LanguageModelReply, model: String, requestHash: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let json = String(decoding: try encoder.encode(reply), as: UTF8.self)
        try write { database in
            try database.cachedStatement(
                sql: "INSERT OR REPLACE INTO reply (model, request_hash, json) VALUES (?, ?, ?)"
            ).execute(arguments: [model, requestHash, json])
        }
    }
}

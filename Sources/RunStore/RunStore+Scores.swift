// SPDX-License-Identifier: Apache-2.0
import Foundation
import GRDB
public import SelectorKit

/// What a score depends on.
public struct ScoreKey: Sendable, Hashable {
    /// The selector with its version, options, models and seed.
    public var fingerprint: String
    public var problemHash: String
    public var candidateHash: String
    /// The pool's content for selectors of scope `.pool`; empty for those of scope `.candidate`.
    public var poolHash: String

    public init(fingerprint: String, problemHash: String, candidateHash: String, poolHash: String) {
        self.fingerprint = fingerprint
        self.problemHash = problemHash
        self.candidateHash = candidateHash
        self.poolHash = poolHash
    }
}

/// A cached score with its share of what the scoring took.
public struct CachedScore: Sendable, Codable, Hashable {
    public var score: CandidateScore
    public var cost: Cost
    public var wallSeconds: Double

    public init(score: CandidateScore, cost: Cost, wallSeconds: Double) {
        self.score = score
        self.cost = cost
        self.wallSeconds = wallSeconds
    }
}

extension RunStore {
    /// All cached scores of a selector.
    public func scores(fingerprint: String) throws -> [ScoreKey: CachedScore] {
        let decoder = JSONDecoder()
        return try read { database in
            var scores: [ScoreKey: CachedScore] = [:]
            let rows = try Row.fetchCursor(
                database, sql: "SELECT * FROM score WHERE fingerprint = ?", arguments: [fingerprint])
            while let row = try rows.next() {
                let key = ScoreKey(
                    fingerprint: fingerprint, problemHash: row["problem_hash"], candidateHash: row["candidate_hash"],
                    poolHash: row["pool_hash"])
                let json: String = row["json"]
                // An entry that an older version wrote differently is a cache miss, not an error.
                scores[key] = try? decoder.decode(CachedScore.self, from: Data(json.utf8))
            }
            return scores
        }
    }

    /// Stores the scores of one problem's candidates, and what the selector said of the pool, in one step.
    public func record(
        _ scores: [(key: ScoreKey, value: CachedScore)], selector: String, pool: String, problem: String,
        outcome: PoolScores
    ) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try write { database in
            for (key, value) in scores {
                let json = String(decoding: try encoder.encode(value), as: UTF8.self)
                try database.cachedStatement(
                    sql: """
                        INSERT OR REPLACE INTO score (fingerprint, problem_hash, candidate_hash, pool_hash, json)
                        VALUES (?, ?, ?, ?, ?)
                        """
                ).execute(arguments: [key.fingerprint, key.problemHash, key.candidateHash, key.poolHash, json])
            }
            let json = String(decoding: try encoder.encode(outcome), as: UTF8.self)
            try database.cachedStatement(
                sql: "INSERT OR REPLACE INTO scoring (selector, pool, problem, json) VALUES (?, ?, ?, ?)"
            ).execute(arguments: [selector, pool, problem, json])
        }
    }
}

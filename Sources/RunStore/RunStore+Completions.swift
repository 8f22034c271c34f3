// SPDX-License-Identifier: Apache-2.0
import ContentHash
import GRDB

/// A prefix of a problem's program.
public struct PrefixKey: Sendable, Hashable, Comparable {
    public var problemID: String
    /// SHA-256 of the prefix's UTF-8 bytes.
    public var hash: String

    public init(problemID: String, hash: String) {
        self.problemID = problemID
        self.hash = hash
    }

    public static func < (first: PrefixKey, second: PrefixKey) -> Bool {
        (first.problemID, first.hash) < (second.problemID, second.hash)
    }
}

extension RunStore {
    /// The programs that a policy completed prefixes to, in order of their sample numbers.
    public func completions(policy: String, seed: UInt64) throws -> [PrefixKey: [String]] {
        try read { database in
            var texts: [String: String] = [:]
            var completions: [PrefixKey: [String]] = [:]
            let rows = try Row.fetchCursor(
                database,
                sql: """
                    SELECT problem, prefix_hash, program_hash, text FROM completion JOIN completed_program ON hash = program_hash
                    WHERE policy = ? AND seed = ? ORDER BY problem, prefix_hash, sample
                    """, arguments: [policy, String(seed)])
            while let row = try rows.next() {
                // Equal programs share one text in memory too.
                let hash: String = row["program_hash"]
                let text = texts[hash] ?? row["text"]
                texts[hash] = text
                completions[PrefixKey(problemID: row["problem"], hash: row["prefix_hash"]), default: []].append(text)
            }
            return completions
        }
    }

    /// How many completions of each prefix are there.
    public func completionCounts(policy: String, seed: UInt64) throws -> [PrefixKey: Int] {
        try read { database in
            var counts: [PrefixKey: Int] = [:]
            let rows = try Row.fetchCursor(
                database,
                sql: """
                    SELECT problem, prefix_hash, count(*) AS samples FROM completion
                    WHERE policy = ? AND seed = ? GROUP BY problem, prefix_hash
                    """, arguments: [policy, String(seed)])
            while let row = try rows.next() {
                counts[PrefixKey(problemID: row["problem"], hash: row["prefix_hash"])] = row["samples"]
            }
            return counts
        }
    }

    /// Calls `body` with what is known of how each completion was made, where something is.
    ///
    /// - Parameter samples: numbers from this on are left out.
    public func forEachCompletion(
        policy: String, seed: UInt64, samples: Int, _ body: (PrefixKey, _ details: String) throws -> Void
    ) throws {
        try read { database in
            let rows = try Row.fetchCursor(
                database,
                sql: """
                    SELECT problem, prefix_hash, details FROM completion
                    WHERE policy = ? AND seed = ? AND sample < ? AND details IS NOT NULL
                    """, arguments: [policy, String(seed), samples])
            while let row = try rows.next() {
                try body(PrefixKey(problemID: row["problem"], hash: row["prefix_hash"]), row["details"])
            }
        }
    }

    /// Adds completions of one prefix, from a sample number on, in one step.
    public func record(
        _ completions: [CompletionRow], from first: Int, of prefix: PrefixKey, policy: String, seed: UInt64
    ) throws {
        try write { database in
            for (offset, completion) in completions.enumerated() {
                let hash = ContentHash.of("program", completion.program)
                try database.cachedStatement(
                    sql: "INSERT OR IGNORE INTO completed_program (hash, text) VALUES (?, ?)"
                ).execute(arguments: [hash, completion.program])
                try database.cachedStatement(
                    sql: """
                        INSERT OR REPLACE INTO completion (policy, seed, problem, prefix_hash, sample, program_hash, details)
                        VALUES (?, ?, ?, ?, ?, ?, ?)
                        """
                ).execute(arguments: [
                    policy, String(seed), prefix.problemID, prefix.hash, first + offset, hash, completion.details,
                ])
            }
        }
    }
}

/// A completion as the store keeps it.
public struct CompletionRow: Sendable, Hashable {
    public var program: String
    /// JSON of how it was made; nil where there is nothing to tell.
    public var details: String?

    public init(program: String, details: String? = nil) {
        self.program = program
        self.details = details
    }
}

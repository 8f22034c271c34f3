// SPDX-License-Identifier: Apache-2.0
import Foundation
import GRDB

/// What a selector that compares candidates chose from random subsets of one problem's candidates.
public struct SubsetChoices: Sendable, Codable, Hashable {
    /// By ascending size.
    public var sizes: [Size]

    /// The subsets of one size.
    public struct Size: Sendable, Codable, Hashable {
        /// How many candidates each subset has.
        public var n: Int
        /// For each subset, the candidates of the highest score, by their place in the pool.
        public var chosen: [[Int]]

        public init(n: Int, chosen: [[Int]]) {
            self.n = n
            self.chosen = chosen
        }
    }

    public init(sizes: [Size]) { self.sizes = sizes }
}

extension RunStore {
    /// The keys under which choices from subsets are stored, by problem: whether they are those of a selector as it is now.
    public func subsetKeys(selector: String, pool: String) throws -> [String: String] {
        try read { database in
            let rows = try Row.fetchAll(
                database, sql: "SELECT problem, key FROM subset_choice WHERE selector = ? AND pool = ?",
                arguments: [selector, pool])
            return rows.reduce(into: [:]) { $0[$1["problem"]] = $1["key"] }
        }
    }

    /// Stores what a selector chose from subsets of one problem's candidates, in place of what it chose before.
    public func record(_ choices: SubsetChoices, key: String, selector: String, pool: String, problem: String) throws {
        let json = String(decoding: try JSONEncoder().encode(choices), as: UTF8.self)
        try write { database in
            try database.cachedStatement(
                sql: "INSERT OR REPLACE INTO subset_choice (selector, pool, problem, key, json) VALUES (?, ?, ?, ?, ?)"
            ).execute(arguments: [selector, pool, problem, key, json])
        }
    }

    /// Forgets choices from subsets, because the experiment does not ask for them any more.
    public func removeSubsets() throws {
        try write { database in try database.execute(sql: "DELETE FROM subset_choice") }
    }

    /// By pool and problem.
    func subsets(selector: String) throws -> [String: [String: SubsetChoices]] {
        let decoder = JSONDecoder()
        return try read { database in
            var choices: [String: [String: SubsetChoices]] = [:]
            let rows = try Row.fetchCursor(
                database, sql: "SELECT pool, problem, json FROM subset_choice WHERE selector = ?", arguments: [selector]
            )
            while let row = try rows.next() {
                let (pool, problem, json): (String, String, String) = (row["pool"], row["problem"], row["json"])
                choices[pool, default: [:]][problem] = try decoder.decode(SubsetChoices.self, from: Data(json.utf8))
            }
            return choices
        }
    }
}

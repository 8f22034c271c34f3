// SPDX-License-Identifier: Apache-2.0
import SelectorKit
import Statistics

/// Models of a leaderboard and, where wanted, a run's selectors among them, highest pass@1 first.
///
/// Unless each model stands on its own problems, all rows stand on the same ones: those that every row has.
public struct LeaderboardTable: Sendable, Codable, Hashable {
    /// What is ranked, with a value per problem.
    public struct Entry: Sendable, Hashable {
        public enum Kind: String, Sendable, Codable, Hashable {
            case model
            /// A selector of a run.
            case selector
            /// A random choice from a pool of a run: the base model without selection.
            case random
        }

        public var name: String
        public var kind: Kind
        /// Pass@1 by problem, in 0...1.
        public var values: [String: Double]

        public init(name: String, kind: Kind, values: [String: Double]) {
            self.name = name
            self.kind = kind
            self.values = values
        }
    }

    public struct Row: Sendable, Codable, Hashable {
        public var name: String
        public var kind: Entry.Kind
        /// The place by overall pass@1, from 1; equal values share a place.
        public var rank: Int
        /// The mean over problems with its bootstrap interval.
        public var overall: Estimate
        /// In the order of `difficulties`; nil where the row has no such problem.
        public var byDifficulty: [Estimate?]
        /// How many problems the values stand on.
        public var problems: Int
        public var problemsByDifficulty: [Int]
        /// How many problems the entry has a value for, counted or not.
        public var known: Int
    }

    public var difficulties: [String]
    public var rows: [Row]
    /// How many problems any entry has.
    public var problems: Int
    /// How many problems all entries have: what the rows stand on, unless each stands on its own.
    public var commonProblems: Int
    /// Whether each row stands on its own problems.
    public var isPerModel: Bool

    /// - Parameters:
    ///   - difficulties: the difficulty of each problem.
    ///   - isPerModel: whether each entry is measured on all problems that it has.
    ///   - seed: of the bootstrap.
    /// - Returns: nil where no problem is left that all entries have.
    public init?(_ entries: [Entry], difficulties: [String: String], isPerModel: Bool = false, seed: UInt64 = 0) {
        guard let first = entries.first else { return nil }
        let union = entries.reduce(into: Set<String>()) { $0.formUnion($1.values.keys) }
        let common = entries.dropFirst().reduce(Set(first.values.keys)) { $0.intersection($1.values.keys) }
        guard isPerModel || !common.isEmpty else { return nil }
        problems = union.count
        commonProblems = common.count
        self.isPerModel = isPerModel
        let levels = Set((isPerModel ? union : common).compactMap { difficulties[$0] })
        self.difficulties = levels.map { Difficulty(rawValue: $0) }.sorted().map(\.rawValue)

        let titles = self.difficulties
        let bootstrap = Bootstrap(seed: seed)
        /// The means of several entries over the same problems, from the same resamples.
        func estimates(_ entries: [Entry], _ ids: [String]) -> [Estimate?] {
            let columns = entries.map { entry in ids.compactMap { entry.values[$0] } }
            return zip(columns, bootstrap.estimates(ofMeans: columns)).map { values, resampled in
                mean(values).map { Estimate($0, resampled) }
            }
        }
        /// By id, so that every group is resampled alike; the last group is all.
        func groups(_ ids: Set<String>) -> [[String]] {
            titles.map { title in ids.filter { difficulties[$0] == title }.sorted() } + [ids.sorted()]
        }
        rows = []
        for members in isPerModel ? entries.map({ [$0] }) : [entries] {
            let groups = groups(isPerModel ? Set(members[0].values.keys) : common)
            let values = groups.map { estimates(members, $0) }
            for (index, entry) in members.enumerated() {
                guard let overall = values[titles.count][index] else { continue }
                rows.append(
                    Row(
                        name: entry.name, kind: entry.kind, rank: 0, overall: overall,
                        byDifficulty: titles.indices.map { values[$0][index] }, problems: groups[titles.count].count,
                        problemsByDifficulty: titles.indices.map { groups[$0].count }, known: entry.values.count))
            }
        }
        rows.sort { ($1.overall.value, $0.name) < ($0.overall.value, $1.name) }
        for index in rows.indices {
            let isTied = index > 0 && rows[index].overall.value == rows[index - 1].overall.value
            rows[index].rank = isTied ? rows[index - 1].rank : index + 1
        }
    }

    /// The table without the models behind place `count`; rows of a run stay, wherever they stand.
    public func top(_ count: Int) -> LeaderboardTable {
        var table = self
        table.rows.removeAll { $0.kind == .model && $0.rank > count }
        return table
    }
}

extension RunTables {
    /// The run's selectors, and the random choice from each pool, as entries of a leaderboard: on the problems that are counted.
    ///
    /// - Parameter labels: the selectors wanted; nil for all.
    public func leaderboardEntries(only labels: Set<String>? = nil) -> [LeaderboardTable.Entry] {
        pools.flatMap { pool -> [LeaderboardTable.Entry] in
            let counted = pool.problems.filter { $0.exclusion == nil && !$0.candidates.isEmpty }
            let random = counted.map { ($0.id, Double($0.correct) / Double($0.candidates.count)) }
            var entries = [
                LeaderboardTable.Entry(
                    name: "random (\(pool.name))", kind: .random,
                    values: Dictionary(random) { first, _ in first })
            ]
            for (index, selector) in selectors.enumerated() where labels?.contains(selector.label) ?? true {
                let values = counted.compactMap { problem in
                    problem.choices[index].correctness.map { (problem.id, $0) }
                }
                guard !values.isEmpty else { continue }
                entries.append(
                    LeaderboardTable.Entry(
                        name: "\(selector.label) (\(pool.name))", kind: .selector,
                        values: Dictionary(values) { first, _ in first }))
            }
            return entries
        }
    }
}

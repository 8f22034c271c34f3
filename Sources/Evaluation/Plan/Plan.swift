// SPDX-License-Identifier: Apache-2.0

/// What an experiment would take, stage by stage, as far as it can be told without asking any server.
public struct Plan: Sendable, Hashable, Codable {
    /// The paper's pipeline in order.
    public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
        case generate, rollouts, train, execute, score
    }

    /// Requests to one model.
    public struct Requests: Sendable, Hashable, Codable {
        /// The role of the model in the experiment.
        public var role: String
        /// How many are left to send.
        public var count: Int
        /// The same where every request brings one text only.
        public var countOneByOne: Int
        public var promptTokens: Double
        public var promptTokensOneByOne: Double
        public var completionTokens: Double
        /// In `currency`; nil where the experiment tells no prices.
        public var cost: Double?
        public var costOneByOne: Double?
        public var currency: String?
    }

    public struct Stage: Sendable, Hashable, Codable {
        public var kind: Kind
        /// The pool, the selector with its pool, or the model that is trained.
        public var name: String
        /// What is counted: candidates, completions, programs or prefixes.
        public var unit: String
        /// All that the stage needs, and what of it is known from before.
        public var total: Int
        public var known: Int
        /// Nil where no server is asked.
        public var requests: Requests?
        /// What the numbers do not say.
        public var note: String?

        public var left: Int { total - known }
    }

    /// A number that the plan rests on.
    public struct Assumption: Sendable, Hashable, Codable {
        public var name: String
        /// The pool that it is about; nil where it is about everything.
        public var pool: String?
        public var value: Double
        /// Where it comes from, or that it is assumed.
        public var source: String
    }

    public var experiment: String
    public var benchmark: String
    public var problems: Int
    public var assumptions: [Assumption]
    public var stages: [Stage]
    /// What else a reader must know, in full sentences.
    public var notes: [String]

    /// All requests to each model, sorted by role.
    public var totals: [Requests] {
        Dictionary(grouping: stages.compactMap(\.requests), by: \.role).values.map { requests in
            requests.dropFirst().reduce(into: requests[0]) { $0.add($1) }
        }.sorted { $0.role < $1.role }
    }
}

extension Plan.Requests {
    fileprivate mutating func add(_ other: Plan.Requests) {
        count += other.count
        countOneByOne += other.countOneByOne
        promptTokens += other.promptTokens
        promptTokensOneByOne += other.promptTokensOneByOne
        completionTokens += other.completionTokens
        cost = cost.flatMap { first in other.cost.map { first + $0 } }
        costOneByOne = costOneByOne.flatMap { first in other.costOneByOne.map { first + $0 } }
    }
}

// SPDX-License-Identifier: Apache-2.0

/// The programs of a whole pool, problem by problem: what a selector may learn from besides the problem at hand.
///
/// A selector must leave the programs of the problem that it scores out, or its score would depend on how often a program is repeated.
public struct PoolCorpus: Sendable {
    /// Identifies the content: what was learnt from one corpus can be kept for the next problem.
    public let fingerprint: String
    /// Sorted by problem; programs in pool order.
    public let problems: [(id: String, programs: [String])]

    public init(fingerprint: String, problems: [(id: String, programs: [String])]) {
        self.fingerprint = fingerprint
        self.problems = problems
    }
}

/// Another selector's scores of a pool.
public struct OtherScores: Sendable, Hashable {
    public var scores: [CandidateScore]
    public var cost: Cost

    public init(scores: [CandidateScore], cost: Cost) {
        self.scores = scores
        self.cost = cost
    }
}

// SPDX-License-Identifier: Apache-2.0

/// Scores the prefixes of a program: a process reward model, or with one prefix an outcome reward model.
public protocol RewardModel: Sendable {
    /// Identifies the weights and the way they are read (prompt, tokens, layout): two models with the same fingerprint give the same rewards.
    var fingerprint: String { get }

    /// One reward in [0, 1] per prefix, in order. Each prefix begins with the one before it; the last may be the whole program.
    ///
    /// - Throws: any error; the problem then counts as not scored.
    func rewards(for prefixes: [String], of problem: Problem) async throws -> PrefixRewards
}

/// The rewards of one program's prefixes, with what they took.
public struct PrefixRewards: Sendable, Hashable, Codable {
    /// One reward in [0, 1] per prefix, in order.
    public var values: [Double]
    public var cost: Cost

    public init(_ values: [Double], cost: Cost = .zero) {
        self.values = values
        self.cost = cost
    }
}

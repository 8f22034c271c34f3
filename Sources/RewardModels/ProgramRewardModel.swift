// SPDX-License-Identifier: Apache-2.0
public import SelectorKit

/// A reward model that judges some prefixes of a program together, because that is cheaper than one by one. Each reward is the same whichever others are asked for.
public protocol ProgramRewardModel: RewardModel {
    /// Whether a prefix can get another reward when it is known to be the whole program.
    var distinguishesWholePrograms: Bool { get }

    /// One reward in [0, 1] per prefix, in order.
    ///
    /// - Throws: any error; the problem then counts as not scored.
    func rewards(for prefixes: [RewardedPrefix], of problem: Problem) async throws -> PrefixRewards
}

extension ProgramRewardModel {
    public var distinguishesWholePrograms: Bool { false }

    public func rewards(for prefixes: [String], of problem: Problem) async throws -> PrefixRewards {
        try await rewards(for: RewardedPrefix.all(prefixes), of: problem)
    }
}

// SPDX-License-Identifier: Apache-2.0
public import SelectorKit

/// A reward model that judges every prefix by itself, so that rewards can be kept prefix by prefix.
public protocol PrefixRewardModel: RewardModel {
    /// Whether a prefix can get another reward when it is known to be the whole program.
    var distinguishesWholePrograms: Bool { get }

    /// - Throws: any error; the problem then counts as not scored.
    func reward(for prefix: RewardedPrefix, of problem: Problem) async throws -> PrefixReward
}

/// The beginning of a program.
public struct RewardedPrefix: Sendable, Hashable {
    public var text: String
    /// Whether it is the last of the prefixes that were asked for, and so the whole program.
    public var isWhole: Bool

    public init(_ text: String, isWhole: Bool) {
        self.text = text
        self.isWhole = isWhole
    }

    /// The prefixes of one program, in order.
    public static func all(_ prefixes: [String]) -> [RewardedPrefix] {
        prefixes.indices.map { RewardedPrefix(prefixes[$0], isWhole: $0 == prefixes.count - 1) }
    }
}

/// The reward of one prefix, with what it took.
public struct PrefixReward: Sendable, Hashable, Codable {
    /// In [0, 1].
    public var value: Double
    public var cost: Cost

    public init(_ value: Double, cost: Cost = .zero) {
        self.value = value
        self.cost = cost
    }
}

extension PrefixRewardModel {
    public var distinguishesWholePrograms: Bool { false }

    /// Asks for all prefixes at the same time, begun in their order.
    public func rewards(for prefixes: [String], of problem: Problem) async throws -> PrefixRewards {
        let prefixes = RewardedPrefix.all(prefixes)
        let rewards = try await withThrowingTaskGroup(of: (Int, PrefixReward).self) { group in
            for (index, prefix) in prefixes.enumerated() {
                group.addTask { (index, try await reward(for: prefix, of: problem)) }
            }
            var rewards: [(Int, PrefixReward)] = []
            for try await reward in group { rewards.append(reward) }
            return rewards.sorted { $0.0 < $1.0 }.map(\.1)
        }
        return PrefixRewards(rewards.map(\.value), cost: rewards.reduce(.zero) { $0 + $1.cost })
    }
}

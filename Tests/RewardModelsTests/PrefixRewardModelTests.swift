// SPDX-License-Identifier: Apache-2.0
import RewardModels
import SelectorKit
import Testing

/// Rewards a prefix by its length, and tells whole programs apart.
private struct LengthModel: PrefixRewardModel {
    let fingerprint = "length"

    func reward(for prefix: RewardedPrefix, of problem: Problem) async throws -> PrefixReward {
        PrefixReward(1 / Double(prefix.text.count + (prefix.isWhole ? 1 : 0)), cost: Cost(calls: 1))
    }
}

@Suite struct PrefixRewardModelTests {
    @Test func rewardsComeInTheOrderOfPrefixesAndTheLastIsWhole() async throws {
        let problem = Problem(id: "p", benchmark: "b", statement: "")
        let rewards = try await LengthModel().rewards(for: ["a", "ab", "abc"], of: problem)
        #expect(rewards == PrefixRewards([1, 0.5, 0.25], cost: Cost(calls: 3)))
    }
}

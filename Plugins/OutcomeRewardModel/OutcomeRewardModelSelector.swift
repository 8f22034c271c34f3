// SPDX-License-Identifier: Apache-2.0
public import SelectorKit

/// The reward of the whole program, by an outcome reward model (ORM).
public struct OutcomeRewardModelSelector: Selector {
    private let scorer: PrefixScorer

    public init(_ options: OutcomeRewardModelOptions = OutcomeRewardModelOptions()) {
        scorer = PrefixScorer(role: options.rewardModel, aggregation: .last) { [$0.utf8.count] }
    }

    public var descriptor: SelectorDescriptor {
        SelectorDescriptor(
            name: OutcomeRewardModelPlugin.name, version: 1, scope: .candidate,
            requirements: [.rewardModel(role: scorer.role)], summary: OutcomeRewardModelPlugin.summary)
    }

    public func score(_ pool: CandidatePool, in context: SelectionContext) async throws -> [CandidateScore] {
        try await scorer.scores(of: pool, in: context)
    }
}

public struct OutcomeRewardModelOptions: Codable, Sendable, Hashable {
    /// The role of the reward model in the experiment.
    public var rewardModel = "orm"

    public init() {}
}

public enum OutcomeRewardModelPlugin: SelectorPlugin {
    public static let name = "orm"
    public static let summary = "reward of the whole program"
    public static let defaultOptions = OutcomeRewardModelOptions()
    public static func makeSelector(options: OutcomeRewardModelOptions) -> any Selector {
        OutcomeRewardModelSelector(options)
    }
}

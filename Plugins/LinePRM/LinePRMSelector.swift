// SPDX-License-Identifier: Apache-2.0
import PythonSource
public import SelectorKit

/// The mean reward of a program's prefixes line by line: a process reward model whose steps are lines, as Skywork-o1-Open-PRM's are.
public struct LinePRMSelector: Selector {
    private let scorer: PrefixScorer

    public init(_ options: LinePRMOptions = LinePRMOptions()) {
        scorer = PrefixScorer(role: options.rewardModel, aggregation: options.aggregation) {
            LineStepper().steps(of: $0).prefixEnds
        }
    }

    public var descriptor: SelectorDescriptor {
        SelectorDescriptor(
            name: LinePRMPlugin.name, version: 1, scope: .candidate, requirements: [.rewardModel(role: scorer.role)],
            summary: LinePRMPlugin.summary)
    }

    public func score(_ pool: CandidatePool, in context: SelectionContext) async throws -> [CandidateScore] {
        try await scorer.scores(of: pool, in: context)
    }
}

public struct LinePRMOptions: Codable, Sendable, Hashable {
    /// The role of the reward model in the experiment.
    public var rewardModel = "line-prm"
    public var aggregation = RewardAggregation.mean

    public init() {}
}

public enum LinePRMPlugin: SelectorPlugin {
    public static let name = "line-prm"
    public static let summary = "mean process reward over the program's lines"
    public static let defaultOptions = LinePRMOptions()
    public static func makeSelector(options: LinePRMOptions) -> any Selector { LinePRMSelector(options) }
}

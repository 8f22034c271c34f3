// SPDX-License-Identifier: Apache-2.0
import PythonSource
public import SelectorKit

/// FunPRM: the mean reward of a program's prefixes, each of which ends with a function (equation 1).
public struct FunPRMSelector: Selector {
    private let scorer: PrefixScorer

    /// - Throws: `SelectorError` for an option out of range.
    public init(_ options: FunPRMOptions = FunPRMOptions()) throws {
        let stepper = try options.makeStepper()
        scorer = PrefixScorer(role: options.rewardModel, aggregation: options.aggregation) {
            stepper.steps(of: $0).prefixEnds
        }
    }

    public var descriptor: SelectorDescriptor {
        SelectorDescriptor(
            name: FunPRMPlugin.name, version: 1, scope: .candidate, requirements: [.rewardModel(role: scorer.role)],
            summary: FunPRMPlugin.summary)
    }

    public func score(_ pool: CandidatePool, in context: SelectionContext) async throws -> [CandidateScore] {
        try await scorer.scores(of: pool, in: context)
    }
}

public enum FunPRMPlugin: SelectorPlugin {
    public static let name = "funprm"
    public static let summary = "mean process reward over the program's functions"
    public static let defaultOptions = FunPRMOptions()
    public static func makeSelector(options: FunPRMOptions) throws -> any Selector { try FunPRMSelector(options) }
}

// SPDX-License-Identifier: Apache-2.0
public import SelectorKit

/// The candidate whose tokens the model found most probable on average: (1/n) sum ln p(token). Perplexity is exp of its negative and ranks alike.
public struct MeanLogProbabilitySelector: CandidateScorer {
    public init() {}

    public var descriptor: SelectorDescriptor {
        SelectorDescriptor(
            name: "mean-logprob", version: 1, scope: .candidate, requirements: [.tokenStatistics],
            summary: MeanLogProbabilityPlugin.summary)
    }

    public func score(_ candidate: Candidate, of problem: Problem, in context: SelectionContext) async throws
        -> CandidateScore
    {
        guard let tokens = candidate.tokens, let sum = tokens.sumLogProb else {
            throw SelectorError(
                .missingData,
                "Candidate \(candidate.id) of problem '\(problem.id)' has no 'tokens.sumLogProb', which selector 'mean-logprob' needs. "
                    + "Use a pool with token statistics, or leave this selector out.")
        }
        guard tokens.count > 0 else { return .rejected(reason: "no tokens") }
        guard sum.isFinite else { return .rejected(reason: "the sum of log-probabilities is \(sum)") }
        return .value(sum / Double(tokens.count))
    }
}

public enum MeanLogProbabilityPlugin: SelectorPlugin {
    public static let name = "mean-logprob"
    public static let summary = "highest mean log-probability of the generated tokens"
    public static let defaultOptions = NoOptions()
    public static func makeSelector(options: NoOptions) -> any Selector { MeanLogProbabilitySelector() }
}

// SPDX-License-Identifier: Apache-2.0

/// Two results on the same candidates: what became better, what worse, how sure that is, and whether verdicts or choices did it.
///
/// Made from two `RunResults` by `init(base:head:settings:)`. Shares and pass@1 values lie in 0...1, differences are head minus base.
public struct RunComparison: Sendable, Codable, Hashable {
    /// Raised whenever the meaning of a value changes.
    public var formatVersion = 1
    public var base: Side
    public var head: Side
    public var benchmark: String
    public var problemCount: Int
    /// The pools of both sides, in base's order.
    public var pools: [PoolComparison]
    /// What a reader must know: pools and selectors of one side, changed options and models. Full sentences.
    public var notes: [String]
    /// Names of pools that head lacks.
    public var missingPools: [String]

    /// One of the two results.
    public struct Side: Sendable, Codable, Hashable {
        public var run: String
        public var toolVersion: String
    }

    /// What a comparison can be made with.
    public struct Settings: Sendable, Hashable {
        /// The selectors to compare; empty for all. p-values are adjusted for those.
        public var only: Set<String>
        /// Whether results that were graded differently are compared all the same.
        public var allowsGradingChange: Bool
        /// Of the bootstrap intervals.
        public var resamples: Int
        public var seed: UInt64

        public init(
            only: Set<String> = [], allowsGradingChange: Bool = false, resamples: Int = 10_000, seed: UInt64 = 0
        ) {
            self.only = only
            self.allowsGradingChange = allowsGradingChange
            self.resamples = resamples
            self.seed = seed
        }
    }
}

/// One pool under all selectors.
public struct PoolComparison: Sendable, Codable, Hashable {
    public var name: String
    public var verdictsImported: Bool
    public var problems: Int
    /// Candidates that passed on one side and failed on the other, by problem and index.
    public var verdictChanges: [VerdictChange]
    /// Candidates that failed on both sides, each time in another way.
    public var outcomeChanges: Int
    /// Candidates with a verdict on one side only.
    public var verdictsOnOneSide: Int
    /// The selectors of both sides, in base's order.
    public var selectors: [SelectorComparison]
    /// Labels of selectors that head lacks.
    public var missingSelectors: [String]
}

/// A candidate whose verdict changed.
public struct VerdictChange: Sendable, Codable, Hashable {
    public var problem: String
    /// The index in the pool's order.
    public var candidate: Int
    /// Letters of `VerdictLetter`.
    public var base: String
    public var head: String

    /// The change in words: `passed → wrong answer`.
    public var title: String {
        func words(_ letter: String) -> String {
            letter.first.flatMap { VerdictLetter(rawValue: $0)?.title } ?? letter
        }
        return "\(words(base)) → \(words(head))"
    }
}

/// One selector on one pool.
public struct SelectorComparison: Sendable, Codable, Hashable {
    public var pool: String
    public var label: String
    /// On the problems that are complete on both sides: all candidates graded, the selector's scores there. Nil when there is none.
    public var overall: GroupComparison?
    /// The same by difficulty, easiest first; empty when no problem tells its difficulty.
    public var difficulties: [GroupComparison]
    /// Problems whose value changed, sorted by id: first `lost`, those with a smaller value in head, then `gained`.
    public var lost: [ProblemChange]
    public var gained: [ProblemChange]
    /// Compared problems of which other candidates are chosen.
    public var changedChoices: [String]
    /// Problems that are left out, by reason.
    public var leftOut: [LeftOut]
    public var costs: [CostChange]
    /// In what the selector itself differs: version, options, models. Full sentences.
    public var changes: [String]
}

/// One group of problems (all, or those of one difficulty).
public struct GroupComparison: Sendable, Codable, Hashable {
    /// `overall`, the difficulty, or `unrated`.
    public var title: String
    public var problems: Int
    /// Pass@1, ties shared.
    public var base: Double
    public var head: Double
    /// Head minus base with its 95 % interval (paired bootstrap over problems).
    public var difference: Estimate
    /// Two-sided: how probable a difference of this size or more would be if the sides were exchangeable (`SignFlip`).
    public var p: Double
    /// `p` adjusted for all selectors of all pools for which anything changed (Holm); only overall.
    public var adjustedP: Double?
    /// The part of the difference that changed verdicts make: base's choices under head's verdicts, minus base.
    public var fromVerdicts: Double
    /// The rest, which changed choices make: head minus base's choices, both under head's verdicts.
    public var fromChoices: Double
    public var lost: Int
    public var gained: Int
}

/// A problem whose value changed.
public struct ProblemChange: Sendable, Codable, Hashable {
    public var id: String
    /// The share of correct candidates among those chosen.
    public var base: Double
    public var head: Double
    public var fromVerdicts: Double
    public var fromChoices: Double

    /// Whether the change is from all to nothing or back, not one of a shared tie.
    public var isWhole: Bool { abs(head - base) == 1 }
}

/// Problems that cannot be compared, and why.
public struct LeftOut: Sendable, Codable, Hashable {
    public enum Reason: String, Sendable, Codable, Hashable, CaseIterable {
        case ungradedInBase
        case ungradedInHead
        /// The selector failed on the problem or was not run on it.
        case unscoredInBase
        case unscoredInHead

        /// In words.
        public var title: String {
            switch self {
            case .ungradedInBase: "not all candidates graded in base"
            case .ungradedInHead: "not all candidates graded in head"
            case .unscoredInBase: "not scored in base"
            case .unscoredInHead: "not scored in head"
            }
        }
    }

    public var reason: Reason
    /// Sorted by id.
    public var problems: [String]
}

/// What a selector spends per problem.
public struct CostChange: Sendable, Codable, Hashable {
    public enum Kind: String, Sendable, Codable, Hashable, CaseIterable {
        case calls
        case promptTokens = "prompt-tokens"
        case completionTokens = "completion-tokens"
        case forwardPasses = "forward-passes"
        case executions
        /// Seconds of CPU time: it changes from run to run.
        case cpu

        /// In words.
        public var title: String {
            switch self {
            case .calls: "calls"
            case .promptTokens: "prompt tokens"
            case .completionTokens: "completion tokens"
            case .forwardPasses: "forward passes"
            case .executions: "program runs"
            case .cpu: "CPU seconds"
            }
        }
    }

    public var kind: Kind
    /// Totals over the problems that each side scored.
    public var base: Double
    public var head: Double
    /// By what share the mean per scored problem grew: 0.1 is 10 % more. Nil where base has none and head some.
    public var increase: Double?
}

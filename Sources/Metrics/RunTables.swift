// SPDX-License-Identifier: Apache-2.0
public import SelectorKit

/// Every number that a report of a run shows, computed once: the terminal table, the JSON output and the HTML pages use these same values.
///
/// Made from a `RunRecord` by `init(record:)`. Shares and pass@1 values lie in 0...1, gains are differences of them, times are seconds.
public struct RunTables: Sendable, Codable, Hashable {
    /// Raised whenever the meaning of a value changes.
    public var formatVersion = 1
    /// The run's name.
    public var run: String
    public var benchmark: String
    /// How many problems the run has.
    public var problemCount: Int
    /// The selectors in the experiment's order. Every list of selectors below has this order.
    public var selectors: [SelectorSummary]
    /// The pools in the experiment's order.
    public var pools: [PoolTable]
    /// What each part of a method contributes, where the experiment asks for it.
    public var ablation: AblationTable?
    /// What a reader must know of how the models came about.
    public var warnings: [String] = []
}

/// What a report says of a selector beside its numbers.
public struct SelectorSummary: Sendable, Codable, Hashable {
    /// The name in tables.
    public var label: String
    public var name: String
    public var version: Int
    public var scope: SelectorDescriptor.Scope
    /// One line of the selector's own words.
    public var summary: String
    /// The options it was made with, as canonical JSON.
    public var options: String
    /// What it reads or runs beyond the problem and the programs, in words, sorted.
    public var uses: [String]
    /// What a reader must know of the models that it was scored with, such as that they were trained on these problems.
    public var warnings: [String] = []
    /// Whether it sees public tests or runs programs. Such a selector knows more than one that only reads, and is not in the same class of comparison.
    public var usesTests: Bool
}

/// All tables of one pool.
public struct PoolTable: Sendable, Codable, Hashable {
    public var name: String
    /// Whether the verdicts were imported instead of made by this run.
    public var verdictsImported: Bool
    /// The least and the greatest number of candidates that a problem of this pool has; zero if it has none.
    public var fewestCandidates: Int
    public var mostCandidates: Int
    /// All problems together.
    public var overall: GroupTable
    /// The problems of each difficulty, easiest first, then those without one. Empty when no problem tells its difficulty.
    public var difficulties: [GroupTable]
    /// How many functions the programs have: overall, then by difficulty as `difficulties`.
    public var steps: [StepSummary] = []
    /// Where the verdicts were made, and which of them want a look.
    public var verdicts = VerdictSummary()
    /// What a reader must know to judge this pool's numbers.
    public var notes: [Note]
    /// The problems that the pool has candidates for, sorted by id.
    public var problems: [ProblemTable]
    /// Every two selectors against each other, in the selectors' order.
    public var pairs: [PairComparison] = []
    /// What would be expected with fewer candidates.
    public var bestOfN: BestOfNCurves?
    /// How the scores of each selector that scores candidates one by one go with the verdicts.
    public var rewards: [RewardSummary] = []
    /// On which problems selectors differ.
    public var disagreements: Disagreements?

    /// All groups: overall first.
    public var groups: [GroupTable] { [overall] + difficulties }
}

/// One group of problems (all of them, or those of one difficulty) under every selector.
///
/// Every value but the counts of verdicts is computed on one set of problems, the same for all rows: those whose candidates all have a verdict, and which
/// every selector scored. `coverage` tells which problems are left out and why.
public struct GroupTable: Sendable, Codable, Hashable {
    /// `overall`, the difficulty, or `unrated` for problems without one.
    public var title: String
    public var coverage: Coverage
    /// The mean share of correct candidates: what a random choice is expected to get. Nil where no problem is counted.
    public var poolMean: Double?
    /// The same if equal programs of a problem count once: what a choice among different texts is expected to get that knows nothing. A selector that reads
    /// programs, and gives equal ones equal scores, is to be measured by this: correct programs are drawn again and again more often than wrong ones.
    public var programMean: Double?
    /// The share of problems with any correct candidate: no selector can get more.
    public var oracle: Double?
    /// Counted problems with both correct and wrong candidates: only there a selector can make a difference.
    public var mixedProblems: Int
    /// The mean share of different program texts among a problem's candidates, over all problems of the pool.
    public var distinctPrograms: Double?
    /// How many candidates ended in each outcome, over all problems of the pool: `passed` first, then the most frequent.
    public var outcomes: [OutcomeCount]
    /// Candidates without a verdict.
    public var ungradedCandidates: Int
    /// One row per selector, in the order of `RunTables.selectors`.
    public var rows: [SelectorRow]

    /// What a row's values stand on, in words: `32 of 36`, with how many problems the selector failed on if it did: `32 of 36, 2 errored`.
    public func standing(of row: SelectorRow) -> String {
        let counted = row.passAt1 == nil ? 0 : coverage.counted
        return "\(counted) of \(coverage.problems)" + (row.errored > 0 ? ", \(row.errored) errored" : "")
    }
}

/// How many problems a group has, and how many of them its values are computed on.
public struct Coverage: Sendable, Codable, Hashable {
    /// The run's problems in this group. The sum of all numbers below.
    public var problems = 0
    /// Problems on which the values are computed.
    public var counted = 0
    /// Problems that the pool has no candidates for.
    public var absent = 0
    /// Problems with a candidate that has no verdict.
    public var ungraded = 0
    /// Problems with a candidate whose grading failed by no fault of its own.
    public var infrastructureErrors = 0
    /// Graded problems that some selector failed on or did not score.
    public var unscored = 0

    /// The share of problems with a full row of verdicts and scores.
    public var share: Double? { problems > 0 ? Double(counted) / Double(problems) : nil }

    /// Whether every candidate of the pool has a verdict.
    public var isFullyGraded: Bool { ungraded == 0 && infrastructureErrors == 0 }
}

/// How many candidates ended in one outcome.
public struct OutcomeCount: Sendable, Codable, Hashable {
    /// The outcome's name, such as `wrongAnswer`.
    public var outcome: String
    public var passed: Bool
    public var candidates: Int

    /// The outcome in words: `wrong answer`; an imported verdict says whether it passed.
    public var title: String { outcomeTitle(outcome, passed: passed) }
}

/// An outcome's name in words: `wrongAnswer` is `wrong answer`. An imported verdict tells no outcome but whether the candidate passed.
public func outcomeTitle(_ outcome: String, passed: Bool) -> String {
    if outcome == "imported" { return passed ? "passed (imported)" : "failed (imported)" }
    let words = outcome.reduce(into: "") { words, letter in
        words += letter.isUppercase ? " " + letter.lowercased() : String(letter)
    }
    return words.hasPrefix("cpu ") ? "CPU " + words.dropFirst(4) : words
}

/// One selector's values on one group of problems.
public struct SelectorRow: Sendable, Codable, Hashable {
    public var label: String
    /// Selected pass@1, ties shared: the mean over the counted problems of the share of correct candidates among the highest scores.
    public var passAt1: Double?
    /// Selected pass@1 when the first of the tied candidates is taken.
    public var firstIndexPassAt1: Double?
    /// `passAt1` with the 95 % interval over problems.
    public var estimate: Estimate?
    /// `passAt1` minus the pool's mean.
    public var gain: Double?
    /// `gain` with the 95 % interval over problems (paired bootstrap).
    public var gainEstimate: Estimate?
    /// How probable a gain of this size or more to either side would be if there were none (paired bootstrap, two-sided).
    public var gainP: Double?
    /// `gainP`, adjusted for the number of rows of the group (Holm).
    public var adjustedGainP: Double?
    /// `gain` as a share of what the oracle would gain; nil where the oracle gains nothing.
    public var normalisedGain: Double?
    /// Counted problems with several candidates of the highest score.
    public var tiedProblems: Int
    /// Counted problems of which the selector rejected every candidate; all are then tied.
    public var allRejectedProblems: Int
    /// The pool's problems that the selector scored, counted or not.
    public var scored: Int
    /// The pool's problems that the selector failed on.
    public var errored: Int
    /// The pool's problems that the selector was not run on.
    public var missing: Int
    /// Whether the selector scored all of the pool's problems and all their candidates were graded.
    public var isComplete: Bool
    /// What scoring the counted problems took.
    public var cost: Cost
    /// The wall time of scoring the counted problems, summed over problems that may have been scored side by side.
    public var wallSeconds: Double
}

/// Something that a reader must know to judge a number.
public struct Note: Sendable, Codable, Hashable {
    public enum Kind: String, Sendable, Codable, Hashable {
        /// Tells how the numbers were made.
        case information
        /// Some numbers are incomplete or not comparable.
        case warning
    }

    /// What the note stands beside in a report.
    public enum Topic: String, Sendable, Codable, Hashable {
        case pool, pairs
    }

    public var kind: Kind
    public var topic = Topic.pool
    /// The selector it concerns; nil for the whole pool.
    public var selector: String?
    /// Full sentences.
    public var text: String
}

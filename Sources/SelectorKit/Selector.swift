// SPDX-License-Identifier: Apache-2.0

/// Scores the candidate programs sampled for one problem.
///
/// The harness turns scores into a selection (the highest score; ties share it), so a selector never picks, never breaks ties and never sees a hidden
/// test or a verdict. It may be called for many problems at once, and again for a subset of a pool.
///
/// Implementation requirements, checked by `SelectorTesting.checkConformance(of:)`:
/// - one score per candidate, in pool order, every value finite;
/// - the same pool and seed give the same scores;
/// - `scope == .candidate` only if a candidate's score does not depend on the rest of the pool.
public protocol Selector: Sendable {
    /// What this selector is and what it needs. Read before a run spends anything.
    var descriptor: SelectorDescriptor { get }

    /// Returns one score per candidate, in pool order; higher is better.
    ///
    /// - Throws: any error; the problem is then recorded as not scored by this selector, and its row of the table is marked incomplete.
    func score(_ pool: CandidatePool, in context: SelectionContext) async throws -> [CandidateScore]
}

/// A selector whose score for a candidate does not depend on the other candidates.
public protocol CandidateScorer: Selector {
    func score(_ candidate: Candidate, of problem: Problem, in context: SelectionContext) async throws -> CandidateScore
}

extension CandidateScorer {
    public func score(_ pool: CandidatePool, in context: SelectionContext) async throws -> [CandidateScore] {
        var scores: [CandidateScore] = []
        scores.reserveCapacity(pool.candidates.count)
        for candidate in pool.candidates {
            scores.append(try await score(candidate, of: pool.problem, in: context))
        }
        return scores
    }
}

/// What a selector says of itself.
public struct SelectorDescriptor: Sendable, Codable, Hashable {
    /// Whether scores may change with the rest of the pool.
    public enum Scope: String, Sendable, Codable, Hashable {
        /// A score depends on its candidate alone: cached per candidate, and best-of-n is exact for every n.
        case candidate
        /// Scores compare the pool's candidates with one another: cached per pool.
        case pool
    }

    /// Something beyond the programs and the problem that a selector reads or runs. What is not declared is not handed out.
    public enum Requirement: Sendable, Codable, Hashable, Comparable, CustomStringConvertible {
        /// The candidates' `tokens`.
        case tokenStatistics
        case languageModel(role: String)
        case rewardModel(role: String)
        /// The tests that the statement shows.
        case publicTests
        /// Inputs or assertions that a model wrote.
        case generatedTests
        /// Running programs in the sandbox.
        case execution
        /// The programs of the pool's other problems.
        case corpus
        /// What another selector of the experiment gave the same candidates. Such a selector's scope is `.pool`.
        case scores(of: String)

        public var description: String {
            switch self {
            case .tokenStatistics: "token statistics"
            case .languageModel(let role): "language model '\(role)'"
            case .rewardModel(let role): "reward model '\(role)'"
            case .publicTests: "public tests"
            case .generatedTests: "generated tests"
            case .execution: "execution"
            case .corpus: "the pool's other programs"
            case .scores(let label): "the scores of '\(label)'"
            }
        }

        public static func < (left: Requirement, right: Requirement) -> Bool { left.description < right.description }
    }

    /// The name in experiment files and tables, such as `funprm`.
    public var name: String
    /// Raised whenever the same pool can get different scores: cached scores of older versions are then not used.
    public var version: Int
    public var scope: Scope
    public var requirements: Set<Requirement>
    /// One line for lists and reports.
    public var summary: String

    public init(name: String, version: Int, scope: Scope, requirements: Set<Requirement> = [], summary: String = "") {
        self.name = name
        self.version = version
        self.scope = scope
        self.requirements = requirements
        self.summary = summary
    }
}

extension SelectorDescriptor {
    /// Whether the selector executes code or sees tests. The paper compares only selectors that do not ("no test information at inference").
    public var usesTests: Bool {
        requirements.contains { [.publicTests, .generatedTests, .execution].contains($0) }
    }
}

/// A selector's judgement of one candidate.
public enum CandidateScore: Sendable, Codable, Hashable {
    /// A finite score; higher is better. `steps` are the rewards it was aggregated from, where the method has steps.
    case value(Double, steps: [Double] = [])
    /// The selector refuses the candidate. It is chosen only if every candidate of the pool is rejected.
    case rejected(reason: String)

    /// The score that ranks the candidate: negative infinity for a rejected one.
    public var rank: Double {
        switch self {
        case .value(let value, _): value
        case .rejected: -.infinity
        }
    }
}

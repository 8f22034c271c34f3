// SPDX-License-Identifier: Apache-2.0
public import SelectorKit

/// What a run found, without its programs and scores: verdicts, choices and costs, with hashes of all that they depend on.
///
/// Two of these can be compared (`RunComparison`), and one is small enough to be committed as a baseline (`RunResults.encoded()`). Everything is sorted, so
/// that the same run gives the same bytes.
public struct RunResults: Sendable, Codable, Hashable {
    /// What a file of this kind says in its field `format`.
    public static let format = "bestofn results"
    /// The version of the file's format that this program writes; older ones are read, newer ones refused.
    public static let currentFormatVersion = 1

    /// The run's name.
    public var run: String
    public var toolVersion: String
    public var benchmark: String
    /// Identifies the problems with their tests.
    public var problemsHash: String
    /// Sorted by id.
    public var problems: [ProblemEntry]
    /// In the experiment's order.
    public var pools: [Pool]
    /// In the experiment's order.
    public var selectors: [Selector]
    /// The models that selectors used, sorted by role.
    public var models: [Model]
    /// How programs were graded; nil where every verdict was imported.
    public var grading: Grading?

    public init(
        run: String, toolVersion: String, benchmark: String, problemsHash: String, problems: [ProblemEntry],
        pools: [Pool], selectors: [Selector], models: [Model] = [], grading: Grading? = nil
    ) {
        self.run = run
        self.toolVersion = toolVersion
        self.benchmark = benchmark
        self.problemsHash = problemsHash
        self.problems = problems
        self.pools = pools
        self.selectors = selectors
        self.models = models
        self.grading = grading
    }

    public struct ProblemEntry: Sendable, Codable, Hashable {
        public var id: String
        public var difficulty: Difficulty?
        /// The first 12 hexadecimal digits of a hash of the statement, the difficulty and the tests.
        public var hash: String

        public init(id: String, difficulty: Difficulty? = nil, hash: String) {
            self.id = id
            self.difficulty = difficulty
            self.hash = hash
        }
    }

    public struct Pool: Sendable, Codable, Hashable {
        public var name: String
        /// The content hash of the pool's candidates.
        public var hash: String
        public var verdictsImported: Bool
        /// The problems that the pool has candidates for, sorted by id.
        public var problems: [PoolProblem]
        /// What each selector spent on the problems that it scored, in the order of `RunResults.selectors`.
        public var costs: [Spending]

        public init(
            name: String, hash: String, verdictsImported: Bool, problems: [PoolProblem], costs: [Spending]
        ) {
            self.name = name
            self.hash = hash
            self.verdictsImported = verdictsImported
            self.problems = problems
            self.costs = costs
        }
    }

    /// One problem of a pool.
    public struct PoolProblem: Sendable, Codable, Hashable {
        public var id: String
        /// The first 12 hexadecimal digits of a hash of the candidates' models, samples and programs.
        public var candidates: String
        /// One per candidate, in pool order.
        public var verdicts: [VerdictLetter]
        /// One per selector, in the order of `RunResults.selectors`.
        public var chosen: [Selected]

        public init(id: String, candidates: String, verdicts: [VerdictLetter], chosen: [Selected]) {
            self.id = id
            self.candidates = candidates
            self.verdicts = verdicts
            self.chosen = chosen
        }
    }

    /// What a selector made of one problem.
    public enum Selected: Sendable, Hashable {
        /// The candidates with the highest score, ascending; at least one.
        case candidates([Int])
        /// The selector failed on the problem.
        case failed
        /// The selector was not run on the problem.
        case missing
    }

    /// What scoring took.
    public struct Spending: Sendable, Codable, Hashable {
        /// How many problems were scored.
        public var problems: Int
        /// The sum over them.
        public var cost: Cost

        public init(problems: Int = 0, cost: Cost = .zero) {
            self.problems = problems
            self.cost = cost
        }
    }

    public struct Selector: Sendable, Codable, Hashable {
        /// The name in tables.
        public var label: String
        public var name: String
        public var version: Int
        /// The options it was made with, as canonical JSON.
        public var options: String
        /// The roles of the models that it asks, sorted.
        public var models: [String]

        public init(label: String, name: String, version: Int = 1, options: String = "{}", models: [String] = []) {
            self.label = label
            self.name = name
            self.version = version
            self.options = options
            self.models = models
        }
    }

    public struct Model: Sendable, Codable, Hashable {
        public var role: String
        public var fingerprint: String

        public init(role: String, fingerprint: String) {
            self.role = role
            self.fingerprint = fingerprint
        }
    }

    /// What verdicts depend on beside programs and tests. Nil where the run does not tell.
    public struct Grading: Sendable, Codable, Hashable {
        public var semantics: String?
        public var clock: String?
        /// Seconds per test; nil also for the benchmark's own number.
        public var secondsPerTest: Double?
        /// Bytes of memory; nil also for the benchmark's own number.
        public var memoryBytes: Int?
        /// The version of the grader: raised whenever the same program can get another verdict.
        public var grader: Int?
        public var python: String?
        public var sandboxTier: String?

        public init(
            semantics: String? = nil, clock: String? = nil, secondsPerTest: Double? = nil, memoryBytes: Int? = nil,
            grader: Int? = nil, python: String? = nil, sandboxTier: String? = nil
        ) {
            self.semantics = semantics
            self.clock = clock
            self.secondsPerTest = secondsPerTest
            self.memoryBytes = memoryBytes
            self.grader = grader
            self.python = python
            self.sandboxTier = sandboxTier
        }
    }
}

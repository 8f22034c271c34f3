// SPDX-License-Identifier: Apache-2.0
public import SelectorKit

/// A finished (or interrupted) run as values: all that metrics and reports are computed from.
public struct RunRecord: Sendable {
    public var manifest: RunManifest
    /// The problems of the run, sorted by id.
    public var problems: [ProblemRecord]
    /// The pools, in the experiment's order.
    public var pools: [PoolRecord]
    /// The selectors, in the experiment's order.
    public var selectors: [SelectorRecord]
    /// What the verdicts depend on besides programs and tests (grader, limits, Python), as JSON; nil when every verdict was imported.
    public var condition: String?

    public init(
        manifest: RunManifest, problems: [ProblemRecord], pools: [PoolRecord], selectors: [SelectorRecord],
        condition: String? = nil
    ) {
        self.manifest = manifest
        self.problems = problems
        self.pools = pools
        self.selectors = selectors
        self.condition = condition
    }
}

/// A problem of a run.
public struct ProblemRecord: Sendable {
    public var problem: Problem
    /// The content hash of the problem's tests.
    public var suiteHash: String

    public init(problem: Problem, suiteHash: String) {
        self.problem = problem
        self.suiteHash = suiteHash
    }
}

/// A pool of a run with its verdicts.
public struct PoolRecord: Sendable {
    public var name: String
    /// The content hash of the pool's candidates.
    public var hash: String
    /// Whether the verdicts were imported instead of made by this run.
    public var verdictsImported: Bool
    /// The candidates of each problem, in pool order. A problem that the pool lacks has no entry.
    public var candidates: [String: [CandidateRecord]]

    public init(name: String, hash: String, verdictsImported: Bool, candidates: [String: [CandidateRecord]]) {
        self.name = name
        self.hash = hash
        self.verdictsImported = verdictsImported
        self.candidates = candidates
    }
}

/// A candidate of a run.
public struct CandidateRecord: Sendable {
    public var id: CandidateID
    public var program: String
    /// Nil when the candidate was not graded yet.
    public var verdict: VerdictRecord?

    public init(id: CandidateID, program: String, verdict: VerdictRecord?) {
        self.id = id
        self.program = program
        self.verdict = verdict
    }
}

/// A stored verdict.
public struct VerdictRecord: Sendable, Codable, Hashable {
    public var passed: Bool
    /// The outcome's name, such as `wrongAnswer` (see `Outcome` in Execution); `imported` for an imported verdict.
    public var outcome: String
    public var message: String
    public var cpuSeconds: Double
    public var wallSeconds: Double
    public var peakBytes: Int
    public var testsRun: Int
    public var testsTotal: Int
    /// Where the verdict was made (see `VerdictChannel` in Execution); empty where that is not known.
    public var channel: String
    /// Whether a test's CPU time was close to its limit.
    public var nearLimit: Bool
    /// What the first grading measured, where a limit was hit and the grading repeated while nothing else ran.
    public var firstTry: FirstTry?

    /// The first of two gradings.
    public struct FirstTry: Sendable, Codable, Hashable {
        public var outcome: String
        public var cpuSeconds: Double
        public var wallSeconds: Double
        public var peakBytes: Int

        public init(outcome: String, cpuSeconds: Double, wallSeconds: Double, peakBytes: Int) {
            self.outcome = outcome
            self.cpuSeconds = cpuSeconds
            self.wallSeconds = wallSeconds
            self.peakBytes = peakBytes
        }
    }

    public init(
        passed: Bool, outcome: String, message: String = "", cpuSeconds: Double = 0, wallSeconds: Double = 0,
        peakBytes: Int = 0, testsRun: Int = 0, testsTotal: Int = 0, channel: String = "", nearLimit: Bool = false,
        firstTry: FirstTry? = nil
    ) {
        self.passed = passed
        self.outcome = outcome
        self.message = message
        self.cpuSeconds = cpuSeconds
        self.wallSeconds = wallSeconds
        self.peakBytes = peakBytes
        self.testsRun = testsRun
        self.testsTotal = testsTotal
        self.channel = channel
        self.nearLimit = nearLimit
        self.firstTry = firstTry
    }

    /// Whether the program reached for the machinery that grades it: no pass, and for a person to review.
    public var isTampered: Bool { outcome == "tampered" }

    /// Whether our own machinery failed: then `passed` says nothing about the candidate.
    public var isInfrastructureError: Bool { outcome == "infrastructureError" }
}

/// A selector of a run with its scores.
public struct SelectorRecord: Sendable {
    /// The name in tables: the experiment's label, or the selector's name.
    public var label: String
    public var descriptor: SelectorDescriptor
    /// The options it was made with, as canonical JSON.
    public var options: String
    /// Scores by pool name and problem id.
    public var scores: [String: [String: PoolScores]]
    /// What a selector that compares candidates chose from random subsets of them, by pool name and problem id; empty where none were drawn.
    public var subsets: [String: [String: SubsetChoices]] = [:]

    public init(label: String, descriptor: SelectorDescriptor, options: String, scores: [String: [String: PoolScores]])
    {
        self.label = label
        self.descriptor = descriptor
        self.options = options
        self.scores = scores
    }
}

/// What a selector said of one problem's candidates.
public enum PoolScores: Sendable, Codable, Hashable {
    /// One score per candidate, in pool order, with what the scoring took.
    case scored([CandidateScore], cost: Cost, wallSeconds: Double)
    /// The selector failed on this problem.
    case failed(message: String)
}

/// Everything that identifies a run, as `manifest.json` holds it.
public struct RunManifest: Sendable, Codable, Hashable {
    /// The format of this file.
    public var formatVersion: Int
    public var name: String
    public var toolVersion: String
    public var benchmark: String
    /// The experiment with all defaults filled in, as YAML text.
    public var experiment: String
    public var problemsHash: String
    public var problemCount: Int
    public var pools: [Pool]
    public var selectors: [SelectorEntry]
    public var execution: Execution?
    /// The condition under which the run's verdicts were made; nil when every verdict was imported.
    public var conditionID: String?
    public var seed: UInt64
    /// Where and when the run was made; never part of a hash.
    public var environment: Environment

    public struct Pool: Sendable, Codable, Hashable {
        public var name: String
        public var hash: String
        public var candidates: Int
        public var verdicts: String

        public init(name: String, hash: String, candidates: Int, verdicts: String) {
            self.name = name
            self.hash = hash
            self.candidates = candidates
            self.verdicts = verdicts
        }
    }

    public struct SelectorEntry: Sendable, Codable, Hashable {
        public var label: String
        public var descriptor: SelectorDescriptor
        public var options: String

        public init(label: String, descriptor: SelectorDescriptor, options: String) {
            self.label = label
            self.descriptor = descriptor
            self.options = options
        }
    }

    /// How candidates were executed; nil when every verdict was imported.
    public struct Execution: Sendable, Codable, Hashable {
        public var semantics: String
        public var clock: String
        public var sandboxTier: String
        /// Facts measured by the start-up self-test, such as `network: blocked`.
        public var selfTest: [String: String]
        public var python: String
        public var workers: Int
        /// The profile of the workers and the third-party modules that programs found loaded; nil in files of the first release, like the next two.
        public var profile: String?
        public var imported: [String]?
        /// What the programs' environment fixes: hash seed, locale, time zone, thread counts.
        public var environment: [String: String]?

        public init(
            semantics: String, clock: String, sandboxTier: String, selfTest: [String: String], python: String,
            workers: Int, profile: String? = nil, imported: [String]? = nil, environment: [String: String]? = nil
        ) {
            self.semantics = semantics
            self.clock = clock
            self.sandboxTier = sandboxTier
            self.selfTest = selfTest
            self.python = python
            self.workers = workers
            self.profile = profile
            self.imported = imported
            self.environment = environment
        }
    }

    public struct Environment: Sendable, Codable, Hashable {
        public var startedAt: String
        public var finishedAt: String?
        public var processor: String
        public var operatingSystem: String
        /// Wall seconds of each stage, by name.
        public var stageSeconds: [String: Double]

        public init(
            startedAt: String, finishedAt: String? = nil, processor: String, operatingSystem: String,
            stageSeconds: [String: Double] = [:]
        ) {
            self.startedAt = startedAt
            self.finishedAt = finishedAt
            self.processor = processor
            self.operatingSystem = operatingSystem
            self.stageSeconds = stageSeconds
        }
    }

    /// The models that selectors used, sorted by role; nil in files of older versions.
    public var models: [Model]?

    /// What a reader must know of how the models came about; nil for nothing.
    public var warnings: [String]?

    /// Rows that differ in one thing each, the first being what the others are compared with; nil where the experiment asks for none.
    public var ablation: [AblationRow]?

    /// A row of an ablation table.
    public struct AblationRow: Sendable, Codable, Hashable {
        /// What is different.
        public var label: String
        public var pool: String
        /// The labels of selectors that differ in their seeds alone.
        public var selectors: [String]

        public init(label: String, pool: String, selectors: [String]) {
            self.label = label
            self.pool = pool
            self.selectors = selectors
        }
    }

    /// A model that a selector used.
    public struct Model: Sendable, Codable, Hashable {
        public var role: String
        /// Identifies what its answers depend on.
        public var fingerprint: String

        public init(role: String, fingerprint: String) {
            self.role = role
            self.fingerprint = fingerprint
        }
    }

    public init(
        formatVersion: Int = 1, name: String, toolVersion: String, benchmark: String, experiment: String,
        problemsHash: String,
        problemCount: Int, pools: [Pool], selectors: [SelectorEntry], execution: Execution?, conditionID: String?,
        seed: UInt64, environment: Environment
    ) {
        self.formatVersion = formatVersion
        self.name = name
        self.toolVersion = toolVersion
        self.benchmark = benchmark
        self.experiment = experiment
        self.problemsHash = problemsHash
        self.problemCount = problemCount
        self.pools = pools
        self.selectors = selectors
        self.execution = execution
        self.conditionID = conditionID
        self.seed = seed
        self.environment = environment
    }
}

// SPDX-License-Identifier: Apache-2.0
public import Datasets
public import Execution
public import Foundation
public import PluginHost

/// An experiment: which problems, which pools, which selectors, and where the results go.
///
/// Read from YAML (`Experiment+YAML.swift`); paths are relative to the file. Every field has its default filled in, and a run records them all.
public struct Experiment: Sendable {
    public var name: String
    public var benchmark: Benchmark
    public var problems: [URL]
    public var subset: Subset
    public var pools: [Pool]
    public var execution: Execution
    /// Files of tests that a model wrote, for selectors that use such.
    public var generatedTests: [URL] = []
    /// By role.
    public var rewardModels: [String: RewardModelChoice] = [:]
    /// By role.
    public var languageModels: [String: LanguageModelChoice] = [:]
    public var selectors: [SelectorChoice]
    public var seed: UInt64
    /// How many random subsets of each size are drawn of every problem's candidates, for selectors that compare candidates; zero for none.
    public var subsets = 0
    public var outputs: Outputs
    /// What is trained on and what is evaluated; nil where nothing is divided.
    public var split: Split?
    /// How many problems there must be; nil for any number.
    public var expect: ExpectedProblems?
    /// Rows that differ in one thing each, the first being what the others are compared with.
    public var ablation: [AblationRow] = []
    /// What `DenoisingStudy` reads; nil where the file has no such study.
    var denoising: DenoisingChoice?
    /// By role, the models that were trained for this experiment.
    var trainedModels: [String: TrainedModelChoice] = [:]
    /// By label, the selectors that one was made into, one per seed of its reward model.
    var replicates: [String: [String]] = [:]
    /// Which programs of the pools take part; nil for all.
    var trajectories: TrajectoryFilter?
    /// Whether a model may score problems that it was trained on; the report then says so.
    public var allowsOverlap = false

    /// A row of an ablation table.
    public struct AblationRow: Sendable, Hashable {
        /// What is different.
        public var label: String
        /// The selector's label.
        public var selector: String
        public var pool: String

        public init(label: String, selector: String, pool: String) {
            self.label = label
            self.selector = selector
            self.pool = pool
        }
    }

    /// Which of the benchmark's problems take part.
    public struct Subset: Sendable, Hashable {
        /// Contest dates from this day on (`YYYY-MM-DD`), inclusive.
        public var from: String?
        /// Contest dates before this day.
        public var to: String?
        /// A file of problem ids, one per line.
        public var ids: URL?
        /// Only the first so many problems of the file.
        public var limit: Int?
        /// BigCodeBench: whether the statement is the `instruct` or the `complete` prompt.
        public var prompt: PromptStyle
        /// Only these of the problems that `ids` leaves.
        var only: Set<String>?

        public init(
            from: String? = nil, to: String? = nil, ids: URL? = nil, limit: Int? = nil, prompt: PromptStyle = .instruct
        ) {
            self.from = from
            self.to = to
            self.ids = ids
            self.limit = limit
            self.prompt = prompt
        }
    }

    public enum PromptStyle: String, Sendable, Hashable, CaseIterable { case instruct, complete }

    /// A set of candidates that all selectors choose from.
    public struct Pool: Sendable, Hashable {
        public enum Verdicts: String, Sendable, Hashable, CaseIterable {
            /// This run executes the candidates.
            case executed
            /// The pool's file brings the verdicts: for benchmarks whose hidden tests are not at hand.
            case imported
        }

        public var name: String
        public var candidates: [URL]
        public var verdicts: Verdicts
        /// How `bestofn generate` makes the pool's file; nil for pools that come from elsewhere.
        public var generation: GenerationChoice?

        public init(
            name: String, candidates: [URL], verdicts: Verdicts = .executed, generation: GenerationChoice? = nil
        ) {
            self.name = name
            self.candidates = candidates
            self.verdicts = verdicts
            self.generation = generation
        }
    }

    /// How candidates are executed.
    public struct Execution: Sendable, Hashable {
        public var settings: ExecutionSettings
        /// The sandbox tier asked for; nil for the best available one.
        public var sandbox: SandboxTier?
        public var python: String
        /// How many candidates run at the same time; nil for one per processor.
        public var workers: Int?

        public init(
            settings: ExecutionSettings = ExecutionSettings(), sandbox: SandboxTier? = nil, python: String = "python3",
            workers: Int? = nil
        ) {
            self.settings = settings
            self.sandbox = sandbox
            self.python = python
            self.workers = workers
        }
    }

    /// A selector with its options.
    public struct SelectorChoice: Sendable, Hashable {
        /// The name in tables; the selector's name by default.
        public var label: String
        public var name: String
        /// A JSON object; nil for defaults.
        public var options: Data?
        /// The program of a selector in another language; nil for one that is compiled in.
        public var program: External?

        public init(label: String? = nil, name: String, options: Data? = nil, program: External? = nil) {
            self.label = label ?? name
            self.name = name
            self.options = options
            self.program = program
        }

        /// A selector that is a program of its own.
        public struct External: Sendable, Hashable {
            public var command: SelectorCommand
            /// How long it may take for one problem.
            public var timeoutSeconds: Double

            public init(command: SelectorCommand, timeoutSeconds: Double = 60) {
                self.command = command
                self.timeoutSeconds = timeoutSeconds
            }
        }
    }

    /// Where the results go; nil: not written.
    public struct Outputs: Sendable, Hashable {
        public var run: URL
        public var html: URL?
        public var junit: URL?

        public init(run: URL, html: URL? = nil, junit: URL? = nil) {
            self.run = run
            self.html = html
            self.junit = junit
        }
    }

    public init(
        name: String, benchmark: Benchmark, problems: [URL], subset: Subset = Subset(), pools: [Pool],
        execution: Execution = Execution(), selectors: [SelectorChoice], seed: UInt64 = 0, outputs: Outputs
    ) {
        self.name = name
        self.benchmark = benchmark
        self.problems = problems
        self.subset = subset
        self.pools = pools
        self.execution = execution
        self.selectors = selectors
        self.seed = seed
        self.outputs = outputs
    }
}

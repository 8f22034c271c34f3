// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Evaluation
import Foundation
import PythonSource

struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Says what an experiment will take: requests, tokens and cost of every stage, from the data.",
        discussion: """
            Stages: generate (pools that say how), rollouts (completions of prefixes), train, execute, score (what selectors ask of served models). \
            Prompts are laid out as they would be sent and selectors choose with models that count, so that the numbers are those of the real \
            problems and pools; pools that do not exist yet are stood for by programs of the expected length, and every number that was assumed \
            is listed with the option that changes it. What the run has stored is counted as known. No server is asked, nothing is executed or \
            written ('bestofn run --dry-run' tells what is left of a run whose pools exist).

            Examples:
              bestofn plan experiment.yaml
              bestofn plan experiment.yaml --completions 8 --iterations 20000
              bestofn plan experiment.yaml --steps 4 --program-characters 2200 --json
            """)

    @Argument(help: "The experiment file (YAML).")
    var experiment: String

    @Option(
        name: .customLong("set"),
        help: "Set a key of the experiment, such as pools.0.generate.samples=16. May be repeated.")
    var overrides: [String] = []

    @Option(help: "Take only the first N problems.")
    var limit: Int?

    @Option(help: "Of an experiment with a split, take only the problems of this side: train or test.")
    var part: Split.Part?

    @Option(help: "Of the pools, plan this one only. May be repeated.")
    var pool: [String] = []

    @Option(help: "K: completions per prefix; 0 for no rollouts (default: 8 where the experiment has no selectors).")
    var completions: Int?

    @Option(
        help: "The role of the language model that completes prefixes (default: the one that generates the first pool)."
    )
    var languageModel: String?

    @OptionGroup
    var sampling: SamplingOptions

    @Option(help: "The seed of the rollouts; with the sampling options above it says which stored completions count.")
    var seed: UInt64 = 1

    @Option(help: "What ends a step: \(StepperName.allCases.map(\.rawValue).joined(separator: ", ")).")
    var stepper = StepperName.function

    @Option(help: "Training iterations (default: 2000; the paper: 20000).")
    var iterations: Int?

    @Option(help: "Prefixes per training iteration (default: 16).")
    var batch: Int?

    @Option(help: "Characters per token (default: measured on the run's stored answers, else 3.6).")
    var charactersPerToken: Double?

    @Option(
        help: "T, the mean number of functions of programs that do not exist yet (default: as in pools that exist).")
    var steps: Double?

    @Option(help: "The mean length of programs that do not exist yet (default: as in pools that exist).")
    var programCharacters: Double?

    @Option(help: "Generated tokens per answer, reasoning included (default: measured, else by the program's length).")
    var answerTokens: Double?

    @Option(help: "Generated tokens per answer of a judge.")
    var judgeTokens: Double?

    @Flag(help: "Print the plan as JSON.")
    var json = false

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit must be at least 1.") }
        if let completions, completions < 0 { throw ValidationError("--completions must be at least 0.") }
        for (name, value) in [
            ("--characters-per-token", charactersPerToken), ("--steps", steps),
            ("--program-characters", programCharacters), ("--answer-tokens", answerTokens),
            ("--judge-tokens", judgeTokens), ("--iterations", iterations.map(Double.init)),
            ("--batch", batch.map(Double.init)),
        ] where value.map({ !($0 > 0 && $0 < 1e12) }) ?? false {
            throw ValidationError("\(name) must be above 0.")
        }
        if let steps, steps < 1 { throw ValidationError("--steps must be at least 1.") }
    }

    func run() async throws {
        try await reportingFailures { [self] in
            let planner = try await Planner(try read(), selectors: selectors, options: options)
            let plan = try await planner.plan()
            guard json else { return print(PlanText.render(plan)) }
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            print(String(decoding: try encoder.encode(plan), as: UTF8.self))
        }
    }

    private func read() throws -> Experiment {
        let limits = limit.map { ["subset.limit=\($0)"] } ?? []
        var experiment = try Experiment(file: URL(fileURLWithPath: experiment), overrides: overrides + limits)
        for name in pool where !experiment.pools.contains(where: { $0.name == name }) {
            throw ValidationError(unknownName(name, kind: "pool", available: experiment.pools.map(\.name)))
        }
        if !pool.isEmpty { experiment.pools.removeAll { !pool.contains($0.name) } }
        return try part.map { try experiment.only($0) } ?? experiment
    }

    private var options: PlanOptions {
        var options = PlanOptions()
        options.completions = completions
        options.completingModel = languageModel
        options.stepper = stepper
        options.sampling = sampling.values
        options.seed = seed
        options.iterations = iterations
        options.batch = batch
        options.charactersPerToken = charactersPerToken
        options.steps = steps
        options.programCharacters = programCharacters
        options.answerTokens = answerTokens
        options.judgeTokens = judgeTokens
        return options
    }
}

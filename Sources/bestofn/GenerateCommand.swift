// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Datasets
import Evaluation
import Foundation
import Generation
import LanguageModels

struct GenerateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate",
        abstract: "Makes pools of candidates: asks a language model server for N programs per problem.",
        discussion: """
            Any OpenAI-compatible server will do: vLLM, SGLang, llama.cpp, a cloud service (docs/generation.md). Give an experiment whose pools \
            say how they are made ('generate'), or everything on the command line. Prompts: cof asks for a chain of functions, plain is the \
            control without a word about functions, anything else is the path of a template.

            Each answer is stored when it arrives. Interrupted, killed or out of budget, the same command continues and asks for nothing twice; \
            with more --samples it asks for the new ones only. The pool's file is written when it is complete, with a card beside it that \
            records prompt, model, settings and sums.

            API keys come from the environment (OPENAI_API_KEY, or the variable that --api-key-variable names).

            Exit codes: 0 complete, 1 candidates are missing, 65 bad input, 69 no server answered, 130 interrupted.

            Examples:
              bestofn generate experiment.yaml
              bestofn generate experiment.yaml --pool cof --max-cost 5 --deadline 8h
              bestofn generate --benchmark humaneval --problems HumanEval.jsonl.gz \\
                  --server http://127.0.0.1:8000/v1 --model Qwen/Qwen2.5-Coder-7B-Instruct \\
                  --prompt cof --samples 8 --output pools/cof.jsonl.gz
              bestofn generate experiment.yaml --shard 2/8   # each pool's part goes to POOL.2-of-8.jsonl.gz
            """)

    @Argument(help: "The experiment file (YAML). Without one, --benchmark and the options below say it all.")
    var experiment: String?

    @Option(help: "Of the experiment's pools, make this one only. May be repeated.")
    var pool: [String] = []

    @Option(
        name: .customLong("set"),
        help: "Set a key of the experiment, such as pools.0.generate.samples=16. May be repeated.")
    var overrides: [String] = []

    @Option(help: "Take only the first N problems.")
    var limit: Int?

    @Option(help: "Of an experiment with a split, take only the problems of this side: train or test.")
    var part: Split.Part?

    @OptionGroup(title: "Without an experiment file")
    var direct: DirectGenerationOptions

    @Option(
        help: "Stop before this much is spent, in the currency of the prices, earlier calls for the same pool included."
    )
    var maxCost: Double?

    @Option(help: "Stop after this many requests.")
    var maxRequests: Int?

    @Option(help: "Stop after this time: seconds, or 90m, 8h, 2d.")
    var deadline: DurationArgument?

    @OptionGroup
    var sharding: ShardOptions

    @Flag(help: "Say what would be asked for, and ask nothing.")
    var dryRun = false

    @Flag(help: "Print what the model is asked for the first problem, and ask nothing.")
    var showPrompt = false

    @Flag(name: .shortAndLong, help: "Print the result only.")
    var quiet = false

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit must be at least 1.") }
        if let maxCost, !(maxCost > 0) { throw ValidationError("--max-cost must be above 0.") }
        if let maxRequests, maxRequests < 1 { throw ValidationError("--max-requests must be at least 1.") }
        if experiment == nil {
            try direct.check()
            if !pool.isEmpty { throw ValidationError("--pool belongs to an experiment file.") }
            if part != nil { throw ValidationError("--part belongs to an experiment file.") }
        } else if direct.isUsed {
            throw ValidationError(
                "With an experiment file, options such as --model or --samples are keys of that file: use --set.")
        }
    }

    func run() async throws {
        try await reportingFailures { [self] in
            let progress = ConsoleProgress(quiet: quiet)
            let generation = try PoolGeneration(
                try read(), pools: pool, toolVersion: toolVersion, progress: progress, shard: sharding.choice)
            if showPrompt {
                print(generation.firstPrompts(), terminator: "")
                return
            }
            if dryRun {
                print(try generation.plan())
                return
            }
            let results = try await generation.run(
                GenerationLimits(maxCost: maxCost, maxRequests: maxRequests, deadlineSeconds: deadline?.seconds))
            for result in results { print(GenerationSummary.text(result)) }
            if let shard = sharding.shard {
                for result in results where result.totals != nil {
                    progress.report(
                        .note("pool '\(result.name)' is part \(shard); bestofn merge joins the parts (docs/scale.md)"))
                }
            }
            for result in results where result.missing > 0 {
                standardError("bestofn: \(GenerationSummary.shortfall(result))")
            }
            if results.contains(where: { $0.missing > 0 }) { throw Exit.findings }
        }
    }

    private func read() throws -> Experiment {
        let limits = limit.map { ["subset.limit=\($0)"] } ?? []
        var whole: Experiment
        if let experiment {
            whole = try Experiment(file: URL(fileURLWithPath: experiment), overrides: overrides + limits)
            whole = try part.map { try whole.only($0) } ?? whole
        } else {
            whole = try direct.experiment(overrides: overrides + limits)
        }
        whole.outputs.run = sharding.name(of: whole.outputs.run)
        return whole
    }
}

/// What a call says of a pool, for people.
enum GenerationSummary {
    static func text(_ pool: GeneratedPool) -> String {
        guard let totals = pool.totals else {
            return "\(pool.name): \(pool.candidates - pool.missing) of \(pool.candidates) candidates; no file yet"
        }
        let tokens = "\(Int(totals.promptTokens.rounded())) prompt and \(totals.completionTokens) completion tokens"
        var text = "\(pool.file.displayPath): \(totals.candidates) candidates, \(tokens)"
        if let prices = pool.prices, let cost = totals.cost { text += ", \(prices.text(cost))" }
        for (count, words) in [
            (totals.truncated, "cut off at the limit of tokens"), (totals.blank, "without a program"),
            (totals.shortened, "asked with a shortened problem"),
            (totals.candidates - totals.withLogProbs, "without log-probabilities"),
        ] where count > 0 {
            text += ", \(count) \(words)"
        }
        return text
    }

    static func shortfall(_ pool: GeneratedPool) -> String {
        var text = "pool '\(pool.name)' lacks \(pool.missing) of \(pool.candidates) candidates"
        if pool.isLimited { text += ", because the limit of cost or requests was reached" }
        text += "; the same command continues."
        for (reason, count) in pool.reasons.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }).prefix(5) {
            text += "\n  \(count) × \(reason)"
        }
        if pool.reasons.count > 5 { text += "\n  and \(pool.reasons.count - 5) other reasons" }
        return text
    }
}

/// A time: seconds, or a number with s, m, h or d.
struct DurationArgument: ExpressibleByArgument, Sendable {
    let seconds: Double

    init?(argument: String) {
        let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        let unit = argument.last.flatMap { units[$0] }
        guard let number = Double(unit == nil ? argument : String(argument.dropLast())), number > 0, number.isFinite
        else { return nil }
        seconds = number * (unit ?? 1)
    }
}

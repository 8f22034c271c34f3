// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Evaluation
import Foundation
import Generation

struct CertaintyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "certainty",
        abstract:
            "Computes exact self-certainty and log-probabilities of a pool's programs with a checkpoint in process.",
        discussion: """
            For pools that came without token statistics, or whose model tells none: any checkpoint of the Qwen2 or Llama family can judge them \
            (say so where you report it: it is not the model that wrote the programs, unless it is). The model is asked as it would be to write \
            the program, and what it thinks of the program's tokens is summed over its whole vocabulary: no server, no approximation.

            The file written is the pool with 'tokens' in every row; use it in place of the old one. Interrupted, the same command goes on.

            Example:
              bestofn certainty experiment.yaml --pool cof --transformer models/Qwen2.5-Coder-0.5B-Instruct \\
                  --prompt cof --output pools/cof-certainty.jsonl.gz
            """)

    @Argument(help: "The experiment file (YAML), of which the problems and the pool count.")
    var experiment: String

    @Option(help: "The pool to measure. Default: the only one.")
    var pool: String?

    @Option(help: "The folder of the checkpoint, as it is downloaded.")
    var transformer: String

    @Option(help: "What the model is asked: cof, plain, or the path of a template.")
    var prompt = "plain"

    @Option(name: .shortAndLong, help: "The pool file to write (.jsonl or .jsonl.gz).")
    var output: String

    @Option(
        help: "How many tokens prompt and program may have. Default: as many as the model was made for, up to 4096.")
    var maxTokens: Int?

    @Option(help: "How many threads to use. Default: one per processor.")
    var threads: Int?

    @Option(
        name: .customLong("set"), help: "Set a key of the experiment, such as subset.limit=10. May be repeated.")
    var overrides: [String] = []

    @Flag(name: .shortAndLong, help: "Print the result only.")
    var quiet = false

    func validate() throws {
        for (name, value) in [("max-tokens", maxTokens), ("threads", threads)] where value ?? 1 < 1 {
            throw ValidationError("--\(name) must be at least 1.")
        }
    }

    func run() async throws {
        try await reportingFailures { [self] in
            let experiment = try Experiment(file: URL(fileURLWithPath: experiment), overrides: overrides)
            guard let pool = pool ?? (experiment.pools.count == 1 ? experiment.pools.first?.name : nil) else {
                throw ValidationError(
                    "The experiment has \(experiment.pools.count) pools: name one with --pool (\(experiment.pools.map(\.name).joined(separator: ", ")))."
                )
            }
            var measurement = CertaintyMeasurement(
                experiment, pool: pool, checkpoint: URL(fileURLWithPath: transformer),
                prompt: try GenerationPrompt(named: prompt, file: URL(fileURLWithPath: prompt)),
                output: URL(fileURLWithPath: output), progress: ConsoleProgress(quiet: quiet))
            measurement.maxTokens = maxTokens
            measurement.threads = threads
            let result = try await measurement.run()
            print(
                "\(output): \(result.candidates) candidates, \(result.computedTokens) tokens computed, \(result.sharedTokens) shared"
                    + (result.blank > 0 ? ", \(result.blank) blank" : ""))
            guard let first = result.tooLong.first else { return }
            standardError(
                "bestofn: \(result.tooLong.count) candidates have no statistics, because they do not fit into the model's window with their prompt, such as "
                    + "\(first). Raise --max-tokens, if the model was made for longer texts.")
            throw Exit.findings
        }
    }
}

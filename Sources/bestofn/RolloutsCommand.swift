// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Datasets
import Evaluation
import Foundation
import PythonSource
import RunStore
import Training

struct RolloutsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollouts",
        abstract:
            "Monte Carlo rewards: completes every prefix of the pools' programs K times and executes the completions.",
        discussion: """
            One JSON row per distinct prefix: problem, prefix (SHA-256), step, samples, passed, distinct programs, reward (the share that \
            passes) with its 95 % Wilson interval, and with --exact the true value. 'bestofn train prm --rollouts FILE' learns from it.

            Completions and verdicts are kept in the run's directory. Interrupted, the same command continues; with more --samples it draws \
            only the missing ones. Equal programs are executed once.

            The policy is a language model of the experiment, which goes on where a prefix ends, or a function lattice (docs/lattice.md), which is \
            known exactly. A prefix whose requests fail is left out and told (exit code 1); the same command asks again.

            Examples:
              bestofn rollouts experiment.yaml --language-model writer --output rollouts.jsonl
              bestofn rollouts benchmarks/demo/experiment.yaml --pool cof --lattice benchmarks/demo/lattice --output rollouts.jsonl
              bestofn rollouts benchmarks/demo/experiment.yaml --pool cof --lattice benchmarks/demo/lattice \\
                  --samples 16 --exact --output rollouts.jsonl
              bestofn rollouts experiment.yaml --language-model writer --output rollouts.jsonl --shard 2/8
            """)

    @Argument(help: "The experiment file (YAML), of which the problems, pools and execution count.")
    var experiment: String

    @Option(help: "The policy: the folder of a function lattice.")
    var lattice: String?

    @Option(help: "How the lattice puts its functions together: cof or plain.")
    var style = LatticeStyle.chainOfFunctions

    @OptionGroup(title: "By a language model")
    var served: ServedRolloutOptions

    @Option(name: .shortAndLong, help: "Where to write the rewards (.jsonl).")
    var output: String

    @Option(help: "Completions per prefix; 0 for true values only.")
    var samples = RolloutOptions().samples

    @Flag(help: "Compute the true value of each prefix, by executing every program that can follow it.")
    var exact = false

    @Option(help: "What ends a step: \(StepperName.allCases.map(\.rawValue).joined(separator: ", ")).")
    var stepper = StepperName.function

    @Option(help: "Of the pools, complete this one only. May be repeated. Default: all pools.")
    var pool: [String] = []

    @Option(
        name: .customLong("set"), help: "Set a key of the experiment, such as subset.to=2024-08-01. May be repeated.")
    var overrides: [String] = []

    @Option(
        help:
            "The seed; the same seed draws the same completions from a lattice, and from servers that keep to seeds.")
    var seed: UInt64 = 1

    @OptionGroup
    var sharding: ShardOptions

    @Flag(name: .shortAndLong, help: "Print the result only.")
    var quiet = false

    func validate() throws {
        guard samples >= (exact ? 0 : 1) else {
            throw ValidationError("--samples must be at least 1; with --exact it may be 0.")
        }
        guard (lattice == nil) != (served.languageModel == nil) else {
            throw ValidationError("Give the policy: either --language-model or --lattice.")
        }
        if exact, lattice == nil {
            throw ValidationError("--exact needs a policy that is known exactly: --lattice.")
        }
    }

    func run() async throws {
        try await reportingFailures { [self] in
            let progress = ConsoleProgress(quiet: quiet)
            let latticePolicy = try lattice.map {
                try LatticePolicy(Lattice.load(URL(fileURLWithPath: $0)), style: style)
            }
            let pipeline = try await Pipeline(
                gradingOnly: experiment, overrides: overrides, pools: pool, toolVersion: toolVersion,
                progress: progress, sharding: sharding)
            let options = RolloutOptions(stepper: stepper, samples: samples, seed: seed, exact: exact)
            let policy: any CompletionPolicy
            if let role = served.languageModel {
                policy = try await pipeline.servedPolicy(try served.rollouts(role: role), options)
            } else if let latticePolicy {
                policy = latticePolicy
            } else {
                return
            }
            let result = try await pipeline.rollouts(policy, options)
            let url = URL(fileURLWithPath: sharding.name(of: output))
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try result.file.encoded().write(to: url, options: .atomic)
            if let made = result.made {
                try RunParts(parts: [made], rows: result.file.rollouts.count)
                    .write(file: RunParts.file(besideRows: url))
            }
            print(summary(result.file))
            if result.tally.completions > 0 { print(summary(result.tally)) }
            if let next = sharding.mergeAdvice(output) { progress.report(.note(next)) }
            if let shortcomings = result.shortcomings {
                standardError("bestofn: \(shortcomings)")
                throw Exit.findings
            }
        }
    }

    private func summary(_ file: RolloutFile) -> String {
        var text = "\(sharding.name(of: output)): \(file.rollouts.count) prefixes"
        let rewards = file.rollouts.compactMap(\.reward)
        if !rewards.isEmpty {
            text += String(
                format: ", %d completions, mean reward %.3f", file.rollouts.reduce(0) { $0 + $1.samples },
                rewards.reduce(0, +) / Double(rewards.count))
        }
        let pairs = file.rollouts.compactMap { rollout in rollout.exact.map { (rollout.reward, $0) } }
        if !pairs.isEmpty {
            text += String(format: ", mean true value %.3f", pairs.reduce(0) { $0 + $1.1 } / Double(pairs.count))
            let squares = pairs.compactMap { reward, exact in reward.map { ($0 - exact) * ($0 - exact) } }
            if !squares.isEmpty {
                text += String(
                    format: ", error of the rewards %.3f (root mean square)",
                    (squares.reduce(0, +) / Double(squares.count)).squareRoot())
            }
        }
        return text
    }

    private func summary(_ tally: CompletionTally) -> String {
        var text =
            "completions by the model: \(tally.requests) requests, \(tally.promptTokens) prompt and \(tally.completionTokens) completion tokens"
        for (count, words) in [
            (tally.truncated, "cut off at the limit of tokens"), (tally.blank, "added nothing"),
            (tally.redefining, "defined something of their prefix again"),
            (tally.repeatedPrefixes, "repeated their prefix, which was taken off"),
            (tally.shortened, "asked with a shortened problem"),
        ] where count > 0 {
            text += ", \(count) \(words)"
        }
        return text
    }
}

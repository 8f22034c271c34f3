// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Datasets
import Evaluation
import Foundation
import PythonSource
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

            The policy is a function lattice (docs/lattice.md), which is known exactly.

            Examples:
              bestofn rollouts benchmarks/demo/experiment.yaml --pool cof --lattice benchmarks/demo/lattice --output rollouts.jsonl
              bestofn rollouts benchmarks/demo/experiment.yaml --pool cof --lattice benchmarks/demo/lattice \\
                  --samples 16 --exact --output rollouts.jsonl
            """)

    @Argument(help: "The experiment file (YAML), of which the problems, pools and execution count.")
    var experiment: String

    @Option(help: "The policy: the folder of a function lattice.")
    var lattice: String

    @Option(help: "How the lattice puts its functions together: cof or plain.")
    var style = LatticeStyle.chainOfFunctions

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

    @Option(help: "The seed; the same seed draws the same completions from a lattice.")
    var seed: UInt64 = 1

    @Flag(name: .shortAndLong, help: "Print the result only.")
    var quiet = false

    func validate() throws {
        guard samples >= (exact ? 0 : 1) else {
            throw ValidationError("--samples must be at least 1; with --exact it may be 0.")
        }
    }

    func run() async throws {
        try await reportingFailures { [self] in
            let progress = ConsoleProgress(quiet: quiet)
            let policy = try LatticePolicy(Lattice.load(URL(fileURLWithPath: lattice)), style: style)
            let pipeline = try await Pipeline(
                gradingOnly: experiment, overrides: overrides, pools: pool, toolVersion: toolVersion,
                progress: progress)
            let result = try await pipeline.rollouts(
                policy, RolloutOptions(stepper: stepper, samples: samples, seed: seed, exact: exact))
            let url = URL(fileURLWithPath: output)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try result.file.encoded().write(to: url, options: .atomic)
            print(summary(result.file))
            if let shortcomings = result.shortcomings {
                standardError("bestofn: \(shortcomings)")
                throw Exit.findings
            }
        }
    }

    private func summary(_ file: RolloutFile) -> String {
        var text = "\(output): \(file.rollouts.count) prefixes"
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
}

// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Evaluation
import Foundation
import PythonSource
import RewardModels
import SelectorKit
import Training

struct TrainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Trains a small reward model on the pools of an experiment.",
        discussion: """
            The model runs in process and needs no download; docs/models.md says what it can see and what it cannot. Programs without a verdict \
            are executed first; their verdicts stay in the run's directory.

            Examples:
              bestofn train prm experiment.yaml --folds 5 --output prm.safetensors
              bestofn train prm experiment.yaml --folds 5 --stepper line --output line-prm.safetensors
              bestofn train orm experiment.yaml --folds 5 --output orm.safetensors
            """,
        subcommands: [TrainProcessCommand.self, TrainOutcomeCommand.self])
}

struct TrainProcessCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prm",
        abstract: "Trains a process reward model: every prefix that ends with a step is an example.",
        discussion: """
            A prefix is labelled with the share of the programs beginning with it that pass. That is the verdict of the one program it comes \
            from where no two begin alike.
            """)

    @Option(help: "What ends a step: \(StepperName.allCases.map(\.rawValue).joined(separator: ", ")).")
    var stepper = StepperName.function

    @Option(help: "What is minimised: mse (squared error of the reward) or bce (cross-entropy).")
    var loss = RewardTraining.Loss.mse

    @OptionGroup var options: TrainingOptions

    func run() async throws {
        try await options.train(stepper: stepper, loss: loss, onlyWhole: false)
    }
}

struct TrainOutcomeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "orm", abstract: "Trains an outcome reward model: whole programs and their verdicts.")

    @Option(help: "What is minimised: mse (squared error of the reward) or bce (cross-entropy).")
    var loss = RewardTraining.Loss.bce

    @OptionGroup var options: TrainingOptions

    func run() async throws {
        try await options.train(stepper: .whole, loss: loss, onlyWhole: true)
    }
}

struct TrainingOptions: ParsableArguments {
    @Argument(help: "The experiment file (YAML), of which the problems, pools and execution count.")
    var experiment: String

    @Option(name: .shortAndLong, help: "The model file to write (.safetensors).")
    var output: String

    @Option(help: "Train on the pool of this name only. May be repeated. Default: all pools.")
    var pool: [String] = []

    @Option(
        name: .customLong("set"), help: "Set a key of the experiment, such as subset.to=2024-08-01. May be repeated.")
    var overrides: [String] = []

    @Option(
        help:
            "Divide the problems into N parts and train N more networks, each without one part; a problem of the training data is then scored by the network that has not seen it."
    )
    var folds = 0

    @Option(help: "How many batches to train on.")
    var iterations = RewardTraining().iterations

    @Option(help: "Prefixes per batch.")
    var batch = RewardTraining().batch

    @Option(help: "Adam's learning rate.")
    var learningRate = RewardTraining().learningRate

    @Option(help: "L2 regularisation.")
    var weightDecay = RewardTraining().weightDecay

    @Option(help: "Units of the hidden layer.")
    var hidden = EmbeddedNetwork.Shape().hidden

    @Option(help: "Size of the table that token n-grams are hashed into; 0 for none.")
    var buckets = EmbeddedNetwork.Shape().buckets

    @Option(help: "Seed of the first weights, the batches and the folds.")
    var seed: UInt64 = 1

    @Flag(name: .shortAndLong, help: "Print the result only.")
    var quiet = false

    func validate() throws {
        for (name, value, least) in [
            ("iterations", iterations, 1), ("batch", batch, 1), ("hidden", hidden, 1), ("buckets", buckets, 0),
            ("folds", folds, 0),
        ] where value < least { throw ValidationError("--\(name) must be at least \(least).") }
        guard folds != 1 else { throw ValidationError("--folds must be 0, or at least 2.") }
        guard hidden <= 4096, buckets <= 1 << 20 else { throw ValidationError("The network would be too large.") }
        guard learningRate > 0, learningRate.isFinite, weightDecay >= 0, weightDecay.isFinite else {
            throw ValidationError("--learning-rate must be above 0, --weight-decay at least 0.")
        }
    }

    func train(stepper: StepperName, loss: RewardTraining.Loss, onlyWhole: Bool) async throws {
        try await reportingFailures { [self] in
            let progress = ConsoleProgress(quiet: quiet)
            let graded = try await pipeline(progress).gradedCandidates()
            let trajectories = graded.candidates.map {
                Trajectory(problem: $0.problem, program: $0.candidate.program, passed: $0.passed)
            }
            var shape = EmbeddedNetwork.Shape()
            shape.hidden = hidden
            shape.buckets = buckets
            var training = RewardTraining()
            training.loss = loss
            training.iterations = iterations
            training.batch = batch
            training.learningRate = learningRate
            training.weightDecay = weightDecay
            training.seed = seed
            let set = TrainingSet(trajectories, stepper: stepper.stepper(), shape: shape, onlyWhole: onlyWhole)
            progress.report(
                .note(
                    "training set: \(trajectories.count) programs, \(set.rows.count) distinct prefixes, \(set.problems.count) problems"
                ))
            let start = ContinuousClock.now
            let model = try EmbeddedTraining(training: training, shape: shape, folds: folds).train(
                on: set,
                facts: [
                    "kind": onlyWhole ? "orm" : "prm", "stepper": stepper.rawValue, "tool": toolVersion,
                    "labels": "share of programs with this beginning that pass",
                    "pools": graded.pools.map { "\($0.name) \($0.hash)" }.joined(separator: ", "),
                ]
            ) { network, iteration, loss in
                if iteration * 5 % max(5, training.iterations) == 0 {
                    progress.report(.note("\(network): iteration \(iteration), loss \(String(format: "%.4f", loss))"))
                }
            }
            try model.write(to: URL(fileURLWithPath: output))
            let seconds = (ContinuousClock.now - start) / .seconds(1)
            print(
                "\(output): trained on \(set.rows.count) prefixes of \(set.problems.count) problems in \(String(format: "%.1f", seconds)) s"
                    + (folds > 0 ? ", \(folds) folds" : ""))
        }
    }

    /// The pools with their verdicts, executed where they are not known.
    private func pipeline(_ progress: ConsoleProgress) async throws -> Pipeline {
        var experiment = try Experiment(file: URL(fileURLWithPath: experiment), overrides: overrides)
        for name in pool where !experiment.pools.contains(where: { $0.name == name }) {
            throw ValidationError(unknownName(name, kind: "pool", available: experiment.pools.map(\.name)))
        }
        if !pool.isEmpty { experiment.pools.removeAll { !pool.contains($0.name) } }
        // The models may be those that are trained here.
        experiment.rewardModels = [:]
        experiment.languageModels = [:]
        experiment.selectors = []
        return try await Pipeline(
            experiment, selectors: selectors, toolVersion: toolVersion, progress: progress, testsSandbox: true)
    }
}

// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Evaluation
import Foundation
import PythonSource
import RewardModels
import SelectorKit
import Training
import Transformer

struct TrainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Trains a reward model on the pools of an experiment: a small one, or an adapter of a checkpoint.",
        discussion: """
            The small model needs no download; docs/models.md says what it can see and what it cannot. With --transformer a low-rank adapter of \
            a downloaded checkpoint is trained on this machine's processors, and written as peft has it. Programs without a verdict \
            are executed first; their verdicts stay in the run's directory. Ctrl-C keeps a checkpoint beside the output, and the same command \
            goes on from it, to the same numbers.

            Examples:
              bestofn train prm experiment.yaml --folds 5 --output prm.safetensors
              bestofn train prm experiment.yaml --rollouts rollouts.jsonl --folds 5 --output prm.safetensors
              bestofn train prm experiment.yaml --folds 5 --stepper line --output line-prm.safetensors
              bestofn train orm experiment.yaml --folds 5 --output orm.safetensors
              bestofn train prm experiment.yaml --transformer models/Qwen2.5-Coder-0.5B-Instruct --iterations 50 --output prm-adapter
            """,
        subcommands: [TrainProcessCommand.self, TrainOutcomeCommand.self])
}

struct TrainProcessCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prm",
        abstract: "Trains a process reward model: every prefix that ends with a step is an example.",
        discussion: """
            With --rollouts, a prefix is labelled with the share of its completions that pass. Without, with the share of the programs beginning \
            with it that pass, which is the verdict of the one program it comes from where no two begin alike.

            These labels are noisy. While the model learns them, they are corrected so that it does well on whole programs, whose verdicts are \
            exact (meta reward correction; docs/training.md).
            """)

    @Option(help: "What ends a step: \(StepperName.allCases.map(\.rawValue).joined(separator: ", ")).")
    var stepper = StepperName.function

    @Option(help: "What is minimised: mse (squared error of the reward) or bce (cross-entropy).")
    var loss = RewardTraining.Loss.mse

    @Option(help: "Monte Carlo rewards of the prefixes, as 'bestofn rollouts' writes them.")
    var rollouts: String?

    @Flag(help: "Learn the true values that the rollouts bring (--exact), not the Monte Carlo rewards.")
    var exactLabels = false

    @OptionGroup(title: "Meta reward correction") var correction: CorrectionOptions

    @OptionGroup var options: TrainingOptions

    func validate() throws {
        if exactLabels, rollouts == nil { throw ValidationError("--exact-labels needs --rollouts.") }
    }

    func run() async throws {
        try await reportingFailures { [self] in
            let file = try rollouts.map { try RolloutFile(file: URL(fileURLWithPath: $0)) }
            if let file, file.header.stepper != stepper.rawValue {
                throw TrainingError(
                    "The rollouts are of '\(file.header.stepper)' steps, not of '\(stepper.rawValue)' steps. Give --stepper \(file.header.stepper), or make others."
                )
            }
            try await options.train(
                kind: "prm", stepper: stepper, loss: loss, correction: correction.settings,
                labels: file.map { exactLabels ? .exact($0) : .rollouts($0) } ?? .poolShare,
                correctedFile: correction.corrected)
        }
    }
}

struct TrainOutcomeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "orm", abstract: "Trains an outcome reward model: whole programs and their verdicts.")

    @Option(help: "What is minimised: mse (squared error of the reward) or bce (cross-entropy).")
    var loss = RewardTraining.Loss.bce

    @OptionGroup var options: TrainingOptions

    func run() async throws {
        try await reportingFailures { [self] in
            try await options.train(kind: "orm", stepper: .whole, loss: loss, correction: .outcomeOnly)
        }
    }
}

/// How labels are corrected.
struct CorrectionOptions: ParsableArguments {
    @Option(
        help: "residual: a learnt number is added to each label. reweight: a learnt weight multiplies its loss. none.")
    var correction = RewardCorrection.Kind.residual

    @Option(
        help:
            "commitThenMeta: the model's step comes first. virtualThenCommit: the labels' step looks ahead by a gradient step that is not taken."
    )
    var order = RewardCorrection.Order.commitThenMeta

    @Option(help: "The factor of the meta gradient: one, or learningRate.")
    var scale = RewardCorrection.Scale.one

    @Option(
        help:
            "The derivative of clamping labels to [0, 1]: inclusive (1 on the bounds), exclusive (0), straightThrough (1 outside too)."
    )
    var clamp = RewardCorrection.Clamp.inclusive

    @Flag(help: "Put labels that a step pushed out of [0, 1] back to the bound.")
    var project = false

    @Option(help: "dense: labels outside the batch move on by momentum. lazy: only the batch's labels move.")
    var table = RewardCorrection.TableAdam.dense

    @Option(help: "Adam's learning rate for the labels.")
    var metaLearningRate = RewardCorrection().optimizer.learningRate

    @Option(help: "L2 regularisation of the corrections.")
    var metaWeightDecay = 0.0

    @Option(help: "The loss on whole programs: mse or bce.")
    var metaLoss = RewardTraining.Loss.mse

    @Option(help: "How far the finite difference goes.")
    var radius = RewardCorrection().radius

    @Flag(help: "Train on whole programs directly too.")
    var finalsInInner = false

    @Option(help: "Passes over the prefixes before the first correction.")
    var warmUpEpochs = 0

    @Flag(help: "virtualThenCommit: take the model's step by the gradient under the old labels, a pass less.")
    var shareGradient = false

    @Option(help: "Where to write the corrected labels (.jsonl).")
    var corrected: String?

    func validate() throws {
        guard metaLearningRate > 0, metaLearningRate.isFinite, metaWeightDecay >= 0, metaWeightDecay.isFinite,
            radius > 0, radius.isFinite
        else {
            throw ValidationError("--meta-learning-rate and --radius must be above 0, --meta-weight-decay at least 0.")
        }
        guard warmUpEpochs >= 0 else { throw ValidationError("--warm-up-epochs must be at least 0.") }
        if corrected != nil, correction == .none {
            throw ValidationError("Without a correction there is no --corrected.")
        }
    }

    var settings: RewardCorrection {
        var settings = RewardCorrection(correction)
        settings.order = order
        settings.scale = scale
        settings.clamp = clamp
        settings.projects = project
        settings.table = table
        settings.optimizer = OptimizerSettings(learningRate: metaLearningRate, weightDecay: metaWeightDecay)
        settings.metaLoss = metaLoss
        settings.radius = radius
        settings.finalsInInner = finalsInInner
        settings.warmUpEpochs = warmUpEpochs
        settings.sharesGradient = shareGradient
        return settings
    }
}

struct TrainingOptions: ParsableArguments {
    @Argument(help: "The experiment file (YAML), of which the problems, pools and execution count.")
    var experiment: String

    @Option(
        name: .shortAndLong, help: "The model file to write (.safetensors); with --transformer, the adapter's folder.")
    var output: String

    @Option(help: "Train on the pool of this name only. May be repeated. Default: all pools.")
    var pool: [String] = []

    @Option(
        name: .customLong("set"), help: "Set a key of the experiment, such as subset.to=2024-08-01. May be repeated.")
    var overrides: [String] = []

    @Option(
        help:
            "Divide the problems into N parts and train N more networks, each without one part; a problem of the training data is then scored by the network that has not seen it. Default: the experiment's split."
    )
    var folds: Int?

    @Option(help: "How many batches to train on.")
    var iterations = RewardTraining().iterations

    @Option(help: "Prefixes per batch.")
    var batch = RewardTraining().batch

    @Option(help: "How steps are made: adam (L2), adamW (decoupled decay), sgd.")
    var optimizer = OptimizerSettings.Rule.adam

    @Option(help: "The learning rate. Default: 0.001, with --transformer 0.0001.")
    var learningRate: Double?

    @Option(help: "Weight decay.")
    var weightDecay = RewardTraining().optimizer.weightDecay

    @Option(help: "The momentum of sgd.")
    var momentum = 0.0

    @Option(help: "The largest norm of a gradient. Default: no limit.")
    var clipNorm: Double?

    @Option(help: "Units of the hidden layer.")
    var hidden = EmbeddedNetwork.Shape().hidden

    @Option(help: "Size of the table that token n-grams are hashed into; 0 for none.")
    var buckets = EmbeddedNetwork.Shape().buckets

    @Option(help: "The share of the problems not to train on, whose loss is logged instead.")
    var heldOut = 0.0

    @Option(help: "Seed of the first weights, the batches and the folds.")
    var seed: UInt64 = 1

    @Option(help: "Where to write how training went (.jsonl), or draw it (.svg).")
    var curve: String?

    @Option(help: "Iterations between two checkpoints. Default: 1000, with --transformer 10.")
    var checkpointEvery: Int?

    @OptionGroup(title: "Adapters of checkpoints") var adapter: AdapterOptions

    @Flag(help: "Begin anew where a checkpoint of an interrupted training exists.")
    var restart = false

    @Option(help: "How many networks are trained at the same time. Default: one per processor.")
    var workers: Int?

    @Flag(name: .shortAndLong, help: "Print the result only.")
    var quiet = false

    func validate() throws {
        for (name, value, least) in [
            ("iterations", iterations, 1), ("batch", batch, 1), ("hidden", hidden, 1), ("buckets", buckets, 0),
            ("folds", folds ?? 0, 0), ("checkpoint-every", checkpointEvery ?? 1, 1), ("workers", workers ?? 1, 1),
        ] where value < least { throw ValidationError("--\(name) must be at least \(least).") }
        guard folds != 1 else { throw ValidationError("--folds must be 0, or at least 2.") }
        guard hidden <= 4096, buckets <= 1 << 20 else { throw ValidationError("The network would be too large.") }
        guard learningRate ?? 1 > 0, (learningRate ?? 1).isFinite, weightDecay >= 0, weightDecay.isFinite else {
            throw ValidationError("--learning-rate must be above 0, --weight-decay at least 0.")
        }
        guard (0..<1).contains(momentum), (0..<1).contains(heldOut), (clipNorm ?? 1) > 0 else {
            throw ValidationError("--momentum and --held-out must be from 0 to below 1, --clip-norm above 0.")
        }
        if adapter.transformer != nil, folds ?? 0 > 0 {
            throw ValidationError(
                "An adapter is not trained for each fold. Train on some of the problems, such as with --set subset.to=2024-08-01, and evaluate on the others."
            )
        }
    }
}

/// A checkpoint to train an adapter of, in place of the small network.
struct AdapterOptions: ParsableArguments {
    @Option(help: "The folder of a checkpoint of the Qwen2 or Llama family, as it is downloaded.")
    var transformer: String?

    @Option(help: "Numbers between the adapter's two multiplications.")
    var rank = LoRASettings().rank

    @Option(help: "What the adapter adds is scaled by alpha / rank.")
    var alpha = LoRASettings().alpha

    @Option(help: "The probability with which an input of the adapter is left out in training.")
    var loraDropout = 0.05

    @Option(
        help:
            "What gives the reward: tokens (the probabilities of + and -) or scalar (a head of one number). Default: tokens for prm, scalar for orm."
    )
    var head: TransformerRewardModel.Head?

    @Option(help: "How many tokens a prompt may have. Default: as many as the model was made for, up to 4096.")
    var maxTokens: Int?

    @Option(help: "How many threads to use. Default: one per processor.")
    var threads: Int?

    func validate() throws {
        guard rank >= 1, alpha.isFinite, alpha > 0, (0..<1).contains(loraDropout) else {
            throw ValidationError("--rank must be at least 1, --alpha above 0, --lora-dropout from 0 to below 1.")
        }
        guard head != .lines else { throw ValidationError("--head is tokens or scalar.") }
        for (name, value) in [("max-tokens", maxTokens), ("threads", threads)] where value ?? 1 < 1 {
            throw ValidationError("--\(name) must be at least 1.")
        }
    }

    var settings: LoRASettings { LoRASettings(rank: rank, alpha: alpha, dropout: loraDropout) }
}

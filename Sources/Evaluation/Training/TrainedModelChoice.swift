// SPDX-License-Identifier: Apache-2.0
public import Datasets
public import Foundation
public import PythonSource
public import RewardModels
public import Training
import Yams

/// A reward model that the experiment itself trains.
public struct TrainedModelChoice: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable, CaseIterable { case prm, orm }

    /// Where the labels of prefixes come from.
    public enum Labels: Sendable, Hashable {
        /// The share of the pools' programs with the same beginning that pass.
        case poolShare
        /// A file that `bestofn rollouts` wrote.
        case file(URL)
        /// Completions drawn from a function lattice.
        case lattice(URL, style: LatticeStyle, samples: Int, seed: UInt64)
        /// Completions by a language model of the experiment.
        case served(ServedRollouts, samples: Int, seed: UInt64)
    }

    public var kind: Kind
    /// The pools to train on; empty for all.
    public var pools: [String] = []
    public var stepper = StepperName.function
    public var labels = Labels.poolShare
    /// Whether to learn the true values, which a lattice's rollouts can bring, instead of Monte Carlo rewards.
    public var learnsTrueValues = false
    public var training = RewardTraining()
    public var shape = EmbeddedNetwork.Shape()
    /// One model per seed.
    public var seeds: [UInt64] = [1]

    public init(_ kind: Kind) {
        self.kind = kind
        if kind == .orm {
            stepper = .whole
            training.loss = .bce
            training.correction = .init(.none)
            training.correction.finalsInInner = true
        }
    }
}

extension TrainedModelChoice {
    init(_ fields: YAMLFields, url: (String) -> URL) throws {
        guard let kind = try fields.choice("trained", Kind.self) else {
            throw fields.error("trained", "Give prm or orm.")
        }
        self.init(kind)
        pools = try fields.strings("pools") ?? []
        shape.hidden = try fields.integer("hidden", in: 1...4096) ?? shape.hidden
        shape.buckets = try fields.integer("buckets", in: 0...(1 << 20)) ?? shape.buckets
        training.loss = try fields.choice("loss", RewardTraining.Loss.self) ?? training.loss
        training.iterations = try fields.integer("iterations", in: 1...Int.max) ?? training.iterations
        training.batch = try fields.integer("batch", in: 1...65536) ?? training.batch
        training.optimizer.rule = try fields.choice("optimizer", OptimizerSettings.Rule.self) ?? training.optimizer.rule
        training.optimizer.learningRate = try fields.positive("learningRate") ?? training.optimizer.learningRate
        training.optimizer.weightDecay = try fields.notNegative("weightDecay") ?? training.optimizer.weightDecay
        training.clipNorm = try fields.positive("clipNorm")
        if let count = try? fields.integer("seeds", in: 1...1000) {
            seeds = (1...UInt64(count)).map(\.self)
        } else if let list = try fields.list("seeds") {
            seeds = list.compactMap(\.int).map { UInt64(max(0, $0)) }
            guard seeds.count == list.count, !seeds.isEmpty, Set(seeds).count == seeds.count else {
                throw fields.error("seeds", "Expected a number of seeds, or a list of different whole numbers.")
            }
        }
        if kind == .prm {
            stepper = try fields.choice("stepper", StepperName.self) ?? stepper
            if let correction = try? fields.string("correction") {
                guard let kind = RewardCorrection.Kind(rawValue: correction) else {
                    throw fields.error(
                        "correction",
                        unknownName(
                            correction, kind: "value", available: RewardCorrection.Kind.allCases.map(\.rawValue)))
                }
                training.correction.kind = kind
            } else if let correction = try fields.fields("correction") {
                training.correction = try RewardCorrection(correction)
            }
            if let file = try? fields.string("rollouts") {
                labels = .file(url(file))
            } else if let rollouts = try fields.fields("rollouts") {
                labels = try Labels(rollouts, url: url)
                try rollouts.finish()
            }
            learnsTrueValues = try fields.boolean("trueValues") ?? false
            switch labels {
            case .poolShare where learnsTrueValues, .served where learnsTrueValues:
                throw fields.error("trueValues", "True values come with 'rollouts' of a lattice.")
            default: break
            }
        }
        try fields.finish()
    }
}

extension TrainedModelChoice.Labels {
    /// Completions that are drawn for the model.
    fileprivate init(_ fields: YAMLFields, url: (String) -> URL) throws {
        let samples = try fields.integer("samples", in: 0...100_000) ?? RolloutOptions().samples
        let seed = UInt64(try fields.integer("seed") ?? 1)
        guard let role = try fields.string("languageModel") else {
            self = .lattice(
                url(try fields.requiredString("lattice")),
                style: try fields.choice("style", LatticeStyle.self) ?? .chainOfFunctions, samples: samples, seed: seed)
            return
        }
        guard samples > 0 else { throw fields.error("samples", "Expected a number of at least 1.") }
        var served = ServedRollouts(languageModel: role)
        if let name = try fields.string("prefill") {
            guard let way = ServedRollouts.Way(name: name) else {
                throw fields.error(
                    "prefill", unknownName(name, kind: "value", available: ServedRollouts.Way.names))
            }
            served.way = way
        }
        served.sampling.temperature = try fields.notNegative("temperature") ?? served.sampling.temperature
        if let topP = try fields.positive("topP") {
            guard topP <= 1 else { throw fields.error("topP", "Expected a number above 0 and at most 1.") }
            served.sampling.topP = topP
        }
        served.sampling.maxTokens =
            try fields.integer("maxTokens", in: 1...10_000_000) ?? served.sampling.maxTokens
        self = .served(served, samples: samples, seed: seed)
    }
}

extension RewardCorrection {
    fileprivate init(_ fields: YAMLFields) throws {
        self.init(try fields.choice("kind", Kind.self) ?? .residual)
        order = try fields.choice("order", Order.self) ?? order
        scale = try fields.choice("scale", Scale.self) ?? scale
        clamp = try fields.choice("clamp", Clamp.self) ?? clamp
        projects = try fields.boolean("project") ?? projects
        table = try fields.choice("table", TableAdam.self) ?? table
        optimizer.learningRate = try fields.positive("learningRate") ?? optimizer.learningRate
        optimizer.weightDecay = try fields.notNegative("weightDecay") ?? optimizer.weightDecay
        metaLoss = try fields.choice("loss", RewardTraining.Loss.self) ?? metaLoss
        radius = try fields.positive("radius") ?? radius
        finalsInInner = try fields.boolean("finalsInInner") ?? finalsInInner
        warmUpEpochs = try fields.integer("warmUpEpochs", in: 0...100_000) ?? warmUpEpochs
        sharesGradient = try fields.boolean("shareGradient") ?? sharesGradient
        try fields.finish()
    }
}

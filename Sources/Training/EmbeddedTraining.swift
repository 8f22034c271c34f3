// SPDX-License-Identifier: Apache-2.0
import LinearAlgebra
public import RewardModels

/// Trains the embedded reward model, once on everything and once per fold on all other folds' problems.
public struct EmbeddedTraining: Sendable {
    public var training: RewardTraining
    public var shape: EmbeddedNetwork.Shape
    /// How many parts the problems are divided into; 0 for none, else at least 2.
    public var folds: Int

    public init(training: RewardTraining, shape: EmbeddedNetwork.Shape = .init(), folds: Int = 0) {
        self.training = training
        self.shape = shape
        self.folds = folds
    }

    /// - Parameters:
    ///   - facts: recorded in the model's card beside the options.
    ///   - report: progress, by the name of the network (`all`, `fold 1 of 5`).
    /// - Throws: `TrainingError` for a set that nothing can be learnt from.
    public func train(
        on set: TrainingSet, facts: [String: String] = [:],
        report: (_ network: String, _ iteration: Int, _ loss: Double) -> Void = { _, _, _ in }
    ) throws -> EmbeddedRewardModel {
        try check(set)
        // Problems of the same difficulty and source stand together by their ids, so they are dealt out in a shuffled order.
        var random = SeededNumbers(seed: training.seed)
        var fold = [Int](repeating: -1, count: set.problems.count)
        if folds > 0 {
            for (position, problem) in set.problems.indices.shuffled(using: &random).enumerated() {
                fold[problem] = position % folds
            }
        }
        let all = try network(set.rows) { report("all", $0, $1) }
        let networks = try (0..<folds).map { left in
            try network(set.rows.filter { fold[$0.problem] != left }) {
                report("fold \(left + 1) of \(folds)", $0, $1)
            }
        }
        var problems: [String: Int] = [:]
        for (problem, fold) in zip(set.problems, fold) { problems[EmbeddedRewardModel.hash(of: problem)] = fold }
        var record = facts
        record["loss"] = training.loss.rawValue
        record["iterations"] = String(training.iterations)
        record["batch"] = String(training.batch)
        record["learningRate"] = "\(training.learningRate)"
        record["weightDecay"] = "\(training.weightDecay)"
        record["seed"] = String(training.seed)
        record["prefixes"] = String(set.rows.count)
        record["problems"] = String(set.problems.count)
        record["blasCore"] = BLASCore.name
        return try EmbeddedRewardModel(
            card: .init(shape: shape, folds: folds, problems: problems, training: record), network: all,
            foldNetworks: networks)
    }

    private func network(_ rows: [TrainingRow], report: (Int, Double) -> Void) throws -> EmbeddedNetwork {
        var network = EmbeddedNetwork(shape: shape, seed: training.seed)
        network.standardise(by: rows.map(\.features))
        try training.fit(&network, to: rows.map { ($0.features, $0.target) }, report: report)
        return network
    }

    private func check(_ set: TrainingSet) throws(TrainingError) {
        guard !set.rows.isEmpty else {
            throw TrainingError("There is nothing to learn from: no program of the pools has a verdict and a step.")
        }
        guard let first = set.rows.first?.target, set.rows.contains(where: { $0.target != first }) else {
            throw TrainingError(
                "There is nothing to learn from: all programs \(set.rows[0].target == 0 ? "fail" : "pass"). Train on pools with both kinds."
            )
        }
        guard folds == 0 || (2...set.problems.count).contains(folds) else {
            throw TrainingError(
                "\(folds) folds do not fit \(set.problems.count) problems: give a number from 2 to \(set.problems.count)."
            )
        }
    }
}

/// Why a model cannot be trained, as a full sentence.
public struct TrainingError: Error, Sendable, Hashable, CustomStringConvertible {
    public var description: String

    public init(_ description: String) { self.description = description }
}

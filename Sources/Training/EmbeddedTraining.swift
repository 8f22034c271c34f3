// SPDX-License-Identifier: Apache-2.0
import Foundation
import LinearAlgebra
import PythonSource
public import RewardModels
import SelectorKit
import Statistics

/// Trains the embedded reward model, once on everything and once per fold on all other folds' problems.
public struct EmbeddedTraining: Sendable {
    public var training: RewardTraining
    public var shape: EmbeddedNetwork.Shape
    /// How many parts the problems are divided into; 0 for none, else at least 2.
    public var folds: Int
    /// The share of the problems that are not trained on, to watch the loss on them.
    public var heldOut = 0.0
    /// How many networks are trained at the same time.
    public var workers = 1

    public init(training: RewardTraining, shape: EmbeddedNetwork.Shape = .init(), folds: Int = 0) {
        self.training = training
        self.shape = shape
        self.folds = folds
    }

    /// What training gives.
    public struct Result: Sendable {
        public var model: EmbeddedRewardModel
        /// By network (`all`, `fold0`, …).
        public var curves: [String: [CurvePoint]]
        /// The labels that the network `all` ended with, in the order of the training set's rows; nil for whole programs, and where nothing is corrected.
        public var corrected: [CorrectedLabel?]
        /// Prefixes learnt from in this call, with repetition, of all networks.
        public var updates: Int
        /// Wall seconds of the networks' training, without reading features.
        public var seconds: Double
    }

    /// - Parameters:
    ///   - facts: recorded in the model's card beside the options.
    ///   - checkpoints: where to keep what is done, and to go on from; nil for nowhere.
    ///   - report: progress, by the name of the network (`all`, `fold0`, …).
    /// - Throws: `TrainingError` for a set that nothing can be learnt from, `CancellationError`, with the checkpoints written.
    public func train(
        on set: TrainingSet, facts: [String: String] = [:], checkpoints: CheckpointFolder? = nil,
        report: @escaping @Sendable (_ network: String, _ point: CurvePoint) -> Void = { _, _ in }
    ) async throws -> Result {
        try set.check()
        try checkFolds(set)
        let sketches = set.problems.map { StatementSketch($0.statement) }
        let fold = folds > 0 ? dealt(sketches) : [Int](repeating: -1, count: set.problems.count)
        let features = try await features(of: set)
        let names = ["all"] + (0..<folds).map { "fold\($0)" }
        try checkpoints?.prepare(for: try identity(of: set))
        var networks: [String: NetworkResult] = [:]
        let start = ContinuousClock.now
        try await withThrowingTaskGroup(of: (String, NetworkResult).self) { group in
            var waiting = names[...]
            func startNext() {
                guard let name = waiting.popFirst() else { return }
                let left = name == "all" ? nil : names.firstIndex(of: name).map { $0 - 1 }
                group.addTask {
                    let rows = set.rows.indices.filter { left == nil || fold[set.rows[$0].problem] != left }
                    return (
                        name,
                        try network(name, rows: rows, of: set, features, checkpoints) { report(name, $0) }
                    )
                }
            }
            for _ in 0..<max(1, workers) { startNext() }
            while let (name, result) = try await group.next() {
                networks[name] = result
                startNext()
            }
        }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        guard let all = networks["all"] else { throw CancellationError() }
        var problems: [String: Int] = [:]
        for (problem, fold) in zip(set.problems, fold) { problems[EmbeddedRewardModel.hash(of: problem)] = fold }
        let curves = networks.mapValues(\.curve)
        let model = try EmbeddedRewardModel(
            card: .init(
                shape: shape, folds: folds, problems: problems, sketches: sketches,
                training: try record(facts, of: set, curves: curves)),
            network: all.network, foldNetworks: (0..<folds).compactMap { networks["fold\($0)"]?.network })
        return Result(
            model: model, curves: curves, corrected: all.corrected,
            updates: networks.values.reduce(0) { $0 + $1.steps } * training.batch, seconds: seconds)
    }

    // MARK: One network

    private struct NetworkResult: Sendable {
        var network: EmbeddedNetwork
        /// Made in this call.
        var steps: Int
        var curve: [CurvePoint]
        /// By row of the training set.
        var corrected: [CorrectedLabel?]
    }

    private func network(
        _ name: String, rows: [Int], of set: TrainingSet, _ features: [PrefixFeatures],
        _ checkpoints: CheckpointFolder?, report: (CurvePoint) -> Void
    ) throws -> NetworkResult {
        typealias Example = RewardTrainer<EmbeddedNetwork>.Example
        let isHeldOut = set.heldOut(heldOut, seed: training.seed)
        let used = rows.filter { !isHeldOut[set.rows[$0].problem] }
        func examples(_ rows: [Int], whole: Bool) -> [Example] {
            rows.filter { set.rows[$0].isWhole == whole }
                .map { Example(input: features[$0], target: set.rows[$0].target) }
        }
        var network = EmbeddedNetwork(shape: shape, seed: training.seed)
        network.standardise(by: used.map { features[$0] })
        let trainer = try RewardTrainer(
            network, options: training, partials: examples(used, whole: false), finals: examples(used, whole: true))
        let watched = examples(rows.filter { isHeldOut[set.rows[$0].problem] }, whole: true)
        var loop = try TrainingLoop(trainer, name: name, watched: watched, checkpoints: checkpoints)
        try loop.run(report: report)
        var corrected = [CorrectedLabel?](repeating: nil, count: set.rows.count)
        for (place, label) in zip(used.filter({ !set.rows[$0].isWhole }), loop.corrected) { corrected[place] = label }
        return NetworkResult(
            network: loop.trainer.model, steps: loop.trainer.iteration - loop.resumed, curve: loop.curve.points,
            corrected: corrected)
    }

    // MARK: Data

    /// Deals problems out to folds in a shuffled order, since problems of the same difficulty and source stand together by their ids. Near-duplicates stay
    /// together, so that none is scored by a network that has seen its twin.
    private func dealt(_ sketches: [StatementSketch]) -> [Int] {
        var leader = Array(sketches.indices)
        for second in sketches.indices {
            let first = sketches[..<second].firstIndex {
                $0.likeness(to: sketches[second]) >= StatementSketch.nearDuplicate
            }
            if let first { leader[second] = leader[first] }
        }
        var random = SeededNumbers(seed: training.seed)
        var fold = [Int](repeating: -1, count: sketches.count)
        let leaders = sketches.indices.shuffled(using: &random).filter { leader[$0] == $0 }
        for (position, problem) in leaders.enumerated() { fold[problem] = position % folds }
        return leader.map { fold[$0] }
    }

    private func features(of set: TrainingSet) async throws -> [PrefixFeatures] {
        let words = set.problems.map { StatementWords($0.statement) }
        let shape = shape
        let chunk = max(1, (set.rows.count + 8 * workers - 1) / (8 * workers))
        return try await withThrowingTaskGroup(of: (Int, [PrefixFeatures]).self) { group in
            for start in stride(from: 0, to: set.rows.count, by: chunk) {
                group.addTask {
                    let features = try set.rows[start..<min(start + chunk, set.rows.count)].map { row in
                        try Task.checkCancellation()
                        return PrefixFeatures(
                            set.prefix(row), statement: words[row.problem], buckets: shape.buckets, order: shape.order)
                    }
                    return (start, features)
                }
            }
            var parts: [(Int, [PrefixFeatures])] = []
            for try await part in group { parts.append(part) }
            return parts.sorted { $0.0 < $1.0 }.flatMap(\.1)
        }
    }

    private func checkFolds(_ set: TrainingSet) throws(TrainingError) {
        guard folds == 0 || (2...set.problems.count).contains(folds) else {
            throw TrainingError(
                "\(folds) folds do not fit \(set.problems.count) problems: give a number from 2 to \(set.problems.count)."
            )
        }
    }

    // MARK: Records

    private static func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    /// All that the networks depend on: equal texts mean equal models.
    public func identity(of set: TrainingSet) throws -> String {
        "\(set.fingerprint) \(try Self.json(training)) \(try Self.json(shape)) \(folds) \(heldOut) \(PrefixFeatures.version) \(BLASCore.name)"
    }

    private func record(
        _ facts: [String: String], of set: TrainingSet, curves: [String: [CurvePoint]]
    ) throws -> [String: String] {
        var record = facts
        record["options"] = try Self.json(training)
        record["heldOut"] = "\(heldOut)"
        record["prefixes"] = String(set.rows.count { !$0.isWhole })
        record["wholePrograms"] = String(set.rows.count(where: \.isWhole))
        record["problems"] = String(set.problems.count)
        record["identity"] = try identity(of: set)
        record["data"] = set.fingerprint
        record["blasCore"] = BLASCore.name
        record["curve"] = try Self.json(curves["all"] ?? [])
        return record
    }
}

/// What the correction made of a prefix's label.
public struct CorrectedLabel: Sendable, Hashable {
    /// g: the label that the model is trained towards.
    public var target: Double
    /// The weight of the row's loss; 1 but for `reweight`.
    public var weight: Double
    /// The learnt number itself.
    public var value: Double
}

/// Why a model cannot be trained, as a full sentence.
public struct TrainingError: Error, Sendable, Hashable, CustomStringConvertible {
    public var description: String

    public init(_ description: String) { self.description = description }
}

// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Evaluation
import Foundation
import PythonSource
import Reporting
import RewardModels
import SelectorKit
import Training

extension TrainingOptions {
    /// Trains a model and writes what was asked for.
    func train(
        kind: String, stepper: StepperName, loss: RewardTraining.Loss, correction: RewardCorrection,
        labels: PrefixLabels = .poolShare, correctedFile: String? = nil
    ) async throws {
        let progress = ConsoleProgress(quiet: quiet)
        let folds = try folds ?? foldsOfExperiment
        let graded = try await pipeline(progress).gradedCandidates()
        let trajectories = graded.candidates.map {
            Trajectory(problem: $0.problem, program: $0.candidate.program, passed: $0.passed)
        }
        let set = try TrainingSet(
            trajectories, stepper: stepper.stepper(), labels: labels, onlyWhole: stepper == .whole)
        progress.report(
            .note(
                "training set: \(trajectories.count) programs of \(set.problems.count) problems, \(set.rows.count { !$0.isWhole }) distinct prefixes, "
                    + "\(set.rows.count(where: \.isWhole)) distinct whole programs"))
        let url = URL(fileURLWithPath: output)
        let isAdapter = adapter.transformer != nil
        let checkpoints = CheckpointFolder(
            url.appendingPathExtension("checkpoint"), interval: checkpointEvery ?? (isAdapter ? 10 : 1000))
        if restart { try checkpoints.remove() }
        if checkpoints.exists { progress.report(.note("going on from \(checkpoints.url.relativePath)")) }
        let facts = [
            "kind": kind, "stepper": stepper.rawValue, "tool": toolVersion, "labels": labels.name,
            "pools": graded.pools.map { "\($0.name) \($0.hash)" }.joined(separator: ", "),
        ]
        if let folder = adapter.transformer {
            guard folds == 0 else {
                throw TrainingError(
                    "The experiment's split is into folds, and an adapter is not trained for each fold. Split by date or ids, or give --folds 0."
                )
            }
            let training = transformer(URL(fileURLWithPath: folder), kind: kind, training(loss, correction))
            try trainAdapter(training, on: set, facts, checkpoints, correctedFile, progress)
            return
        }
        let start = ContinuousClock.now
        let every = max(5, iterations)
        let result = try await embedded(training(loss, correction), folds: folds).train(
            on: set, facts: facts, checkpoints: checkpoints
        ) { network, point in
            // Of the folds' networks only how they end.
            let shows = network == "all" ? point.iteration * 5 % every == 0 : point.iteration == iterations
            if shows { progress.report(.note("\(network): \(point.line)")) }
        }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        try result.model.write(to: url)
        if let curve { try write(result.curves, to: curve) }
        if let correctedFile { try write(result.corrected, of: set, to: correctedFile) }
        try checkpoints.remove()
        print(
            "\(output): trained on \(set.rows.count) prefixes of \(set.problems.count) problems in \(String(format: "%.1f", seconds)) s"
                + (folds > 0 ? ", \(folds) folds" : "")
                + String(format: " (%.0f prefix updates/s)", Double(result.updates) / max(result.seconds, 1e-6)))
    }

    private var foldsOfExperiment: Int {
        get throws {
            let split = try Experiment(file: URL(fileURLWithPath: experiment), overrides: overrides).split
            return if case .folds(let count) = split { count } else { 0 }
        }
    }

    private func training(_ loss: RewardTraining.Loss, _ correction: RewardCorrection) -> RewardTraining {
        var training = RewardTraining()
        training.loss = loss
        training.iterations = iterations
        training.batch = batch
        let usual = adapter.transformer == nil ? training.optimizer.learningRate : 1e-4
        training.optimizer = OptimizerSettings(
            rule: optimizer, learningRate: learningRate ?? usual, weightDecay: weightDecay)
        training.optimizer.momentum = momentum
        training.clipNorm = clipNorm
        training.correction = correction
        training.seed = seed
        return training
    }

    private func embedded(_ training: RewardTraining, folds: Int) -> EmbeddedTraining {
        var shape = EmbeddedNetwork.Shape()
        shape.hidden = hidden
        shape.buckets = buckets
        var embedded = EmbeddedTraining(training: training, shape: shape, folds: folds)
        embedded.heldOut = heldOut
        embedded.workers = workers ?? ProcessInfo.processInfo.activeProcessorCount
        return embedded
    }

    private func transformer(_ folder: URL, kind: String, _ training: RewardTraining) -> TransformerTraining {
        var transformer = TransformerTraining(folder, training: training)
        transformer.adapter = adapter.settings
        transformer.head = adapter.head ?? (kind == "orm" ? .scalar : .tokens)
        transformer.prompt = kind == "orm" ? .outcome : .prefix
        transformer.maxTokens = adapter.maxTokens
        transformer.threads = adapter.threads
        transformer.heldOut = heldOut
        return transformer
    }

    private func trainAdapter(
        _ training: TransformerTraining, on set: TrainingSet, _ facts: [String: String],
        _ checkpoints: CheckpointFolder, _ correctedFile: String?, _ progress: ConsoleProgress
    ) throws {
        let start = ContinuousClock.now
        var began = false
        let result = try training.train(on: set, facts: facts, checkpoints: checkpoints) { iteration in
            if !began {
                progress.report(
                    .began(stage: "train", total: iterations, cached: iteration - 1, unit: "iteration"))
                began = true
            }
            progress.report(.advanced(failed: false))
        } report: { point in
            progress.report(.detail(point.line))
        }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        progress.report(.finished(stage: "train", seconds: seconds))
        try result.write(folder: URL(fileURLWithPath: output), checkpoint: training.checkpoint)
        if let curve { try write(["all": result.curve], to: curve) }
        if let correctedFile { try write(result.corrected, of: set, to: correctedFile) }
        try checkpoints.remove()
        if let first = result.tooLong.first {
            standardError(
                "bestofn: \(result.tooLong.count) prefixes were left out, because they do not fit into the model's window with their prompt, such as of problem "
                    + "'\(first)'. Raise --max-tokens, if the model was made for longer texts.")
        }
        print(
            "\(output): an adapter of \(training.checkpoint.lastPathComponent), trained on \(set.rows.count - result.tooLong.count) prefixes of \(set.problems.count) problems in "
                + String(
                    format: "%.1f s (%.2f prefix updates/s)", seconds,
                    Double(result.updates) / max(result.seconds, 1e-6)))
    }

    /// The pools with their verdicts, executed where they are not known.
    private func pipeline(_ progress: ConsoleProgress) async throws -> Pipeline {
        try await Pipeline(
            gradingOnly: experiment, overrides: overrides, pools: pool, toolVersion: toolVersion, progress: progress)
    }

    // MARK: Files

    private func write(_ curves: [String: [CurvePoint]], to path: String) throws {
        let file = URL(fileURLWithPath: path)
        if file.pathExtension == "svg" {
            let points = curves["all"] ?? []
            let series: [(String, [(Double, Double)])] = [
                ("inner loss", points.map { (Double($0.iteration), $0.innerLoss) }),
                ("meta loss", points.compactMap { point in point.metaLoss.map { (Double(point.iteration), $0) } }),
                (
                    "held-out loss",
                    points.compactMap { point in point.heldOutLoss.map { (Double(point.iteration), $0) } }
                ),
            ]
            try LineChart(
                title: "Training of \((output as NSString).lastPathComponent)", horizontal: "iteration",
                vertical: "loss",
                series: series.filter { !$0.1.isEmpty }.map {
                    .init(name: $0.0, points: $0.1.map { .init(x: $0.0, y: $0.1) })
                }
            ).file().write(to: file, options: .atomic)
            return
        }
        struct Line: Encodable {
            var network: String
            var point: CurvePoint
        }
        try lines(
            curves.sorted { $0.key < $1.key }.flatMap { name, points in points.map { Line(network: name, point: $0) } }
        )
        .write(to: file, options: .atomic)
    }

    private func write(_ corrected: [CorrectedLabel?], of set: TrainingSet, to path: String) throws {
        struct Line: Encodable {
            var problem: String
            var prefix: String
            var step: Int
            var label: Double
            var corrected: Double
            var weight: Double
        }
        let rows = zip(set.rows, corrected).compactMap { row, label in
            label.map {
                Line(
                    problem: set.problems[row.problem].id, prefix: row.hash, step: row.step, label: row.target,
                    corrected: $0.target, weight: $0.weight)
            }
        }
        try lines(rows).write(to: URL(fileURLWithPath: path), options: .atomic)
    }

    private func lines(_ values: [some Encodable]) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try values.reduce(into: Data()) { data, value in data += try encoder.encode(value) + [0x0a] }
    }
}

extension Pipeline {
    /// An experiment of which only problems, pools and execution count, on the side of its split that is trained on.
    init(
        gradingOnly file: String, overrides: [String], pools: [String], toolVersion: String, progress: ConsoleProgress,
        sharding: ShardOptions? = nil
    ) async throws {
        var experiment = try Experiment(file: URL(fileURLWithPath: file), overrides: overrides)
        for name in pools where !experiment.pools.contains(where: { $0.name == name }) {
            throw ValidationError(unknownName(name, kind: "pool", available: experiment.pools.map(\.name)))
        }
        if !pools.isEmpty { experiment.pools.removeAll { !pools.contains($0.name) } }
        // The models may be those that are trained here.
        experiment.rewardModels = [:]
        experiment.selectors = []
        experiment.ablation = []
        if let sharding { experiment.outputs.run = sharding.name(of: experiment.outputs.run) }
        self = try await Pipeline(
            experiment.part(.train), selectors: selectors, toolVersion: toolVersion, progress: progress,
            testsSandbox: true, shard: sharding?.choice)
    }
}

extension RewardCorrection {
    /// An outcome reward model learns verdicts, which need no correction.
    static var outcomeOnly: RewardCorrection {
        var correction = RewardCorrection(.none)
        correction.finalsInInner = true
        return correction
    }
}

extension CurvePoint {
    /// The point as a line of a log.
    var line: String {
        func number(_ value: Double?) -> String? { value.map { String(format: "%.4f", $0) } }
        var parts = ["iteration \(iteration)", "loss \(number(innerLoss) ?? "")"]
        if let loss = number(metaLoss) { parts.append("meta loss \(loss)") }
        if let loss = number(heldOutLoss) { parts.append("held-out loss \(loss)") }
        if let correction {
            parts.append("labels moved by \(number(correction.meanShift) ?? "")")
            parts.append(String(format: "stuck %.1f %%", correction.stuck * 100))
        }
        return parts.joined(separator: ", ")
    }
}

// SPDX-License-Identifier: Apache-2.0
import ContentHash
import Datasets
public import Foundation
public import Metrics
import PythonSource
import RewardModels
import SelectorKit
import Statistics
import Training
import Yams

/// A study of whether the correction of labels brings them nearer to the truth, on prefixes whose true value is known.
public struct DenoisingStudy: Sendable {
    /// The problems, the pool, how it is executed and into how many folds it is divided.
    public let experiment: Experiment
    let lattice: URL
    let style: LatticeStyle
    /// The values of K.
    let samples: [Int]
    let seeds: [UInt64]
    let model: TrainedModelChoice

    /// Reads an experiment file with the key `denoising`.
    ///
    /// - Throws: `DataError` naming file, line and key.
    public init(file: URL, overrides: [String] = []) throws {
        experiment = try Experiment(file: file, overrides: overrides)
        guard let study = experiment.denoising else {
            throw DataError(
                file: file.relativePath, field: "denoising",
                message:
                    "The key is missing: it says with which lattice and how many completions to study (docs/training.md)."
            )
        }
        lattice = study.lattice
        style = study.style
        samples = study.samples
        seeds = study.model.seeds
        model = study.model
    }

    /// Draws, trains and scores what is not known from before; each cell is kept in the run's directory when it is done.
    public func run(toolVersion: String, progress: any ProgressSink) async throws -> DenoisingTable {
        var grading = experiment
        grading.selectors = []
        grading.ablation = []
        grading.rewardModels = [:]
        let pipeline = try await Pipeline(
            grading, selectors: SelectorRegistry([]), toolVersion: toolVersion, progress: progress, testsSandbox: true)
        let graded = try await pipeline.gradedCandidates().candidates
        let policy = try LatticePolicy(Lattice.load(lattice), style: style)
        // Everything is executed before, with its progress.
        for seed in seeds {
            _ = try await pipeline.rollouts(
                policy,
                RolloutOptions(stepper: model.stepper, samples: samples.max() ?? 1, seed: seed, exact: true))
        }
        progress.report(.began(stage: "study", total: samples.count * seeds.count, cached: 0, unit: "cells"))
        var quiet = pipeline
        quiet.progress = SilentProgress()
        var cells: [DenoisingCell] = []
        for seed in seeds {
            for count in samples {
                cells.append(try await cell(count, seed, graded, policy, quiet))
                progress.report(.advanced(failed: false))
            }
        }
        return DenoisingTable(cells)
    }

    private func cell(
        _ count: Int, _ seed: UInt64, _ graded: [GradedCandidate], _ policy: LatticePolicy, _ pipeline: Pipeline
    ) async throws -> DenoisingCell {
        let drawn = try await pipeline.rollouts(
            policy, RolloutOptions(stepper: model.stepper, samples: count, seed: seed, exact: true))
        if let shortcomings = drawn.shortcomings { throw RolloutError(shortcomings) }
        let file = drawn.file
        let trajectories = graded.map {
            Trajectory(problem: $0.problem, program: $0.candidate.program, passed: $0.passed)
        }
        let stepper = model.stepper.stepper()
        let measured = try TrainingSet(trajectories, stepper: stepper, labels: .rollouts(file))
        let exact = try TrainingSet(trajectories, stepper: stepper, labels: .exact(file))
        let correcting = training(seed, model.training.correction)
        var plain = model.training.correction
        plain.kind = .none
        let place = experiment.outputs.run.appendingPathComponent(
            "denoising/\(ContentHash.of(try correcting.identity(of: measured), exact.fingerprint).prefix(24)).json")
        if let data = try? Data(contentsOf: place),
            let known = try? JSONDecoder().decode(DenoisingCell.self, from: data)
        {
            return known
        }
        let result = try await correcting.train(on: measured)
        var selection: [String: [String: Double]] = [:]
        for (labels, model) in [
            (DenoisingCell.Labels.corrected, result.model),
            (.measured, try await training(seed, plain).train(on: measured).model),
            (.exact, try await training(seed, plain).train(on: exact).model),
        ] {
            selection[labels.rawValue] = try await correctness(of: model, graded, stepper)
        }
        let rows = zip(zip(measured.rows, exact.rows), result.corrected).compactMap { pair, label in
            label.map { label in
                let problem = measured.problems[pair.0.problem]
                return DenoisingCell.Row(
                    problem: problem.id, step: pair.0.step, difficulty: problem.difficulty, measured: pair.0.target,
                    corrected: label.target, exact: pair.1.target)
            }
        }
        let summary = result.curves["all"]?.last?.correction
        let cell = DenoisingCell(
            samples: count, seed: seed, rows: rows,
            clamped: (summary?.clampedLow ?? 0) + (summary?.clampedHigh ?? 0), stuck: summary?.stuck ?? 0,
            selection: selection)
        try FileManager.default.createDirectory(
            at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        try encoder.encode(cell).write(to: place, options: .atomic)
        return cell
    }

    private func training(_ seed: UInt64, _ correction: RewardCorrection) -> EmbeddedTraining {
        var training = model.training
        training.seed = seed
        training.correction = correction
        let folds: Int = if case .folds(let folds) = experiment.split { folds } else { 0 }
        var embedded = EmbeddedTraining(training: training, shape: model.shape, folds: folds)
        embedded.workers = experiment.execution.workers ?? ProcessInfo.processInfo.activeProcessorCount
        return embedded
    }

    /// FunPRM's choice: the mean reward of a program's prefixes decides.
    private func correctness(
        of model: EmbeddedRewardModel, _ graded: [GradedCandidate], _ stepper: any Stepper
    ) async throws -> [String: Double] {
        var correctness: [String: Double] = [:]
        for (id, candidates) in Dictionary(grouping: graded, by: \.problem.id) {
            var known: [String: Double] = [:]
            var scores: [Double] = []
            for entry in candidates {
                let program = entry.candidate.program
                if known[program] == nil {
                    let prefixes = stepper.steps(of: program).prefixEnds.map {
                        String(decoding: program.utf8.prefix($0), as: UTF8.self)
                    }
                    known[program] = mean(try await model.rewards(for: prefixes, of: entry.problem).values)
                }
                scores.append(known[program] ?? -.infinity)
            }
            correctness[id] = selectedCorrectness(scores: scores, correct: candidates.map(\.passed))
        }
        return correctness
    }
}

/// The key `denoising` of an experiment file.
struct DenoisingChoice: Sendable, Hashable {
    var lattice: URL
    var style: LatticeStyle
    var samples: [Int]
    var model: TrainedModelChoice

    init(_ fields: YAMLFields, url: (String) -> URL) throws {
        lattice = url(try fields.requiredString("lattice"))
        style = try fields.choice("style", LatticeStyle.self) ?? .chainOfFunctions
        let list = try fields.list("samples")?.map(\.int)
        samples = list?.compactMap { $0 } ?? [1, 2, 4, 8, 16]
        guard samples.count == list?.count ?? samples.count, samples.allSatisfy({ $0 > 0 }), !samples.isEmpty else {
            throw fields.error("samples", "Expected a list of whole numbers of at least 1.")
        }
        guard let model = try fields.fields("model") else {
            throw fields.error("model", "Say how to train: {trained: prm, seeds: 10}.")
        }
        self.model = try TrainedModelChoice(model, url: url)
        guard self.model.kind == .prm, self.model.training.correction.kind != .none else {
            throw fields.error("model", "The study is of a process reward model (trained: prm) with a correction.")
        }
        try fields.finish()
    }
}

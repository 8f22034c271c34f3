// SPDX-License-Identifier: Apache-2.0
import ContentHash
import Datasets
import Foundation
import LanguageModels
import PythonSource
import RewardModels
import Safetensors
import SelectorKit
import Training

extension Experiment {
    /// The experiment on the evaluated side of its split, with every model that it trains trained: models that are there already, made of the same data
    /// with the same options, are not trained again. A selector whose model has several seeds becomes one selector per seed.
    ///
    /// - Parameter only: does nothing but say what would be trained.
    public func withTrainedModels(
        toolVersion: String, progress: any ProgressSink, dryRun: Bool = false
    ) async throws -> Experiment {
        var experiment = try part(.test)
        for (role, choice) in rewardModels.sorted(by: { $0.key < $1.key }) {
            guard case .trained(let choice) = choice else { continue }
            let files = choice.seeds.map { seed in
                outputs.run.appendingPathComponent(
                    "models/\(role)\(choice.seeds.count > 1 ? "-\(seed)" : "").safetensors")
            }
            if dryRun {
                for file in files where !FileManager.default.fileExists(atPath: file.path) {
                    throw DataError(
                        file: file.displayPath,
                        message:
                            "Reward model '\(role)' is not trained yet, so there is no plan. Run the experiment without --dry-run."
                    )
                }
            } else {
                try await train(choice, role: role, files: files, toolVersion: toolVersion, progress: progress)
            }
            experiment.trainedModels[role] = choice
            experiment.replace(role, by: files, seeds: choice.seeds, allowsOverlap: split?.warning != nil)
        }
        return experiment
    }

    private func train(
        _ choice: TrainedModelChoice, role: String, files: [URL], toolVersion: String, progress: any ProgressSink
    ) async throws {
        let pipeline = try await Pipeline(
            try part(.train).grading(pools: choice.pools, for: role), selectors: SelectorRegistry([]),
            toolVersion: toolVersion, progress: progress, testsSandbox: true)
        let graded = try await pipeline.gradedCandidates()
        let labels = try await pipeline.labels(of: choice)
        let set = try TrainingSet(
            graded.candidates.map { Trajectory(problem: $0.problem, program: $0.candidate.program, passed: $0.passed) },
            stepper: choice.stepper.stepper(), labels: labels, onlyWhole: choice.stepper == .whole)
        let folds: Int = if case .folds(let folds) = split { folds } else { 0 }
        for (seed, file) in zip(choice.seeds, files) {
            var training = choice.training
            training.seed = seed
            var embedded = EmbeddedTraining(training: training, shape: choice.shape, folds: folds)
            embedded.workers = execution.workers ?? ProcessInfo.processInfo.activeProcessorCount
            let identity = try embedded.identity(of: set)
            if let known = try? EmbeddedRewardModel(file: file), known.card.training["identity"] == identity {
                continue
            }
            let start = ContinuousClock.now
            let result = try await embedded.train(
                on: set,
                facts: [
                    "kind": choice.kind.rawValue, "stepper": choice.stepper.rawValue, "tool": toolVersion,
                    "labels": labels.name,
                    "pools": graded.pools.map { "\($0.name) \($0.hash)" }.joined(separator: ", "),
                ])
            try result.model.write(to: file)
            let seconds = (ContinuousClock.now - start) / .seconds(1)
            progress.report(
                .note(
                    "trained '\(role)' (seed \(seed)) on \(set.rows.count) prefixes of \(set.problems.count) problems in \(String(format: "%.1f", seconds)) s"
                ))
        }
    }

    /// Only what is needed to grade pools.
    private func grading(pools names: [String], for role: String) throws -> Experiment {
        var experiment = self
        for name in names where !pools.contains(where: { $0.name == name }) {
            throw DataError(
                file: "rewardModels.\(role)", field: "pools",
                message: unknownName(name, kind: "pool", available: pools.map(\.name)))
        }
        if !names.isEmpty { experiment.pools.removeAll { !names.contains($0.name) } }
        experiment.rewardModels = [:]
        experiment.generatedTests = []
        experiment.selectors = []
        return experiment
    }

    private mutating func replace(_ role: String, by files: [URL], seeds: [UInt64], allowsOverlap: Bool) {
        rewardModels[role] = .embedded(files[0], allowsOverlap: allowsOverlap)
        guard seeds.count > 1 else { return }
        for (seed, file) in zip(seeds, files) {
            rewardModels["\(role) #\(seed)"] = .embedded(file, allowsOverlap: allowsOverlap)
        }
        selectors = selectors.flatMap { selector -> [SelectorChoice] in
            guard let options = selector.options, var values = try? JSON(options).object,
                values["rewardModel"] == .text(role)
            else { return [selector] }
            let copies = seeds.map { seed -> SelectorChoice in
                var copy = selector
                copy.label = "\(selector.label) #\(seed)"
                values["rewardModel"] = .text("\(role) #\(seed)")
                copy.options = JSON.object(values).canonical
                return copy
            }
            replicates[selector.label] = copies.map(\.label)
            return copies
        }
    }
}

extension Pipeline {
    /// The labels that a model is to learn, drawn now where they come from a lattice.
    fileprivate func labels(of choice: TrainedModelChoice) async throws -> PrefixLabels {
        let file: RolloutFile
        switch choice.labels {
        case .poolShare: return .poolShare
        case .file(let url):
            file = try RolloutFile(file: url)
            guard file.header.stepper == choice.stepper.rawValue else {
                throw DataError(
                    file: url.displayPath, line: 1, field: "stepper",
                    message:
                        "The rollouts are of '\(file.header.stepper)' steps, not of '\(choice.stepper.rawValue)' steps."
                )
            }
        case .lattice(let folder, let style, let samples, let seed):
            file = try await drawn(
                by: LatticePolicy(Lattice.load(folder), style: style),
                RolloutOptions(
                    stepper: choice.stepper, samples: samples, seed: seed, exact: choice.learnsTrueValues))
        case .served(let served, let samples, let seed):
            let options = RolloutOptions(stepper: choice.stepper, samples: samples, seed: seed)
            file = try await drawn(by: servedPolicy(served, options), options)
        }
        return choice.learnsTrueValues ? .exact(file) : .rollouts(file)
    }

    private func drawn(by policy: any CompletionPolicy, _ options: RolloutOptions) async throws -> RolloutFile {
        let result = try await rollouts(policy, options)
        if let shortcomings = result.shortcomings { throw RolloutError(shortcomings) }
        return result.file
    }
}

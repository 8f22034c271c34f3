// SPDX-License-Identifier: Apache-2.0
import ContentHash
public import Foundation
import RewardModels
import Safetensors

/// A folder that keeps unfinished training, one file per network, each written whole.
public struct CheckpointFolder: Sendable {
    public let url: URL
    /// Iterations between two savings.
    public var interval: Int

    public init(_ url: URL, interval: Int = 1000) {
        self.url = url
        self.interval = interval
    }

    /// Whether there is anything to go on from.
    public var exists: Bool { FileManager.default.fileExists(atPath: url.path) }

    public func remove() throws {
        if exists { try FileManager.default.removeItem(at: url) }
    }

    /// Makes the folder, or makes sure that it is of the same training.
    ///
    /// - Parameter identity: all that the numbers depend on.
    func prepare(for identity: String) throws {
        let hash = ContentHash.of("training", identity)
        let file = url.appendingPathComponent("training")
        if let known = try? String(contentsOf: file, encoding: .utf8) {
            guard known == hash else {
                throw TrainingError(
                    "\(url.relativePath) holds unfinished training of other data or options. Repeat that command to finish it, or give --restart."
                )
            }
        } else {
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
            try hash.write(to: file, atomically: true, encoding: .utf8)
        }
    }

    private func file(_ network: String) -> URL { url.appendingPathComponent(network + ".safetensors") }

    func save<Model>(_ network: String, _ trainer: RewardTrainer<Model>, curve: TrainingCurve) throws
    where Model.Scalar == Float {
        let state = trainer.state
        func vector(_ values: [Float]) -> TensorFile.Tensor { .init(shape: [values.count], values: values) }
        let progress = TrainingCheckpoint.Progress(
            iteration: state.iteration, step: state.optimizer.step, tableStep: state.tableOptimizer.step, curve: curve)
        try TensorFile(
            tensors: [
                "parameters": vector(state.parameters), "means": vector(state.optimizer.means),
                "squares": vector(state.optimizer.squares), "corrections": vector(state.corrections),
                "table.means": vector(state.tableOptimizer.means),
                "table.squares": vector(state.tableOptimizer.squares),
                // Whole numbers far below 2^24, which float32 holds exactly.
                "table.rowSteps": vector(state.tableOptimizer.rowSteps.map(Float.init)),
            ],
            metadata: ["progress": String(decoding: try JSONEncoder().encode(progress), as: UTF8.self)]
        ).write(to: file(network))
    }

    /// What was saved of a network; nil for nothing.
    func load(_ network: String) throws -> TrainingCheckpoint? {
        let url = file(network)
        guard FileManager.default.fileExists(atPath: url.path) else { return nil }
        let file = try TensorFile(file: url)
        guard let text = file.metadata["progress"],
            let progress = try? JSONDecoder().decode(TrainingCheckpoint.Progress.self, from: Data(text.utf8))
        else { throw TensorFileError(file: url.relativePath, "This is no checkpoint. Give --restart to begin anew.") }
        return TrainingCheckpoint(progress: progress, tensors: file.tensors.mapValues(\.values))
    }
}

/// The state of one network's training.
struct TrainingCheckpoint: Sendable {
    struct Progress: Codable {
        var iteration: Int
        var step: Int
        var tableStep: Int
        var curve: TrainingCurve
    }

    let progress: Progress
    let tensors: [String: [Float]]

    var curve: TrainingCurve { progress.curve }

    func resume<Model>(_ trainer: inout RewardTrainer<Model>, file: String) throws where Model.Scalar == Float {
        let fresh = trainer.state
        func vector(_ name: String, like other: [Float]) throws -> [Float] {
            guard let values = tensors[name], values.count == other.count else {
                throw TensorFileError(
                    file: file,
                    "'\(name)' is missing from the checkpoint, or has another size. Give --restart to begin anew.")
            }
            return values
        }
        let rowSteps = tensors["table.rowSteps"] ?? []
        guard rowSteps.isEmpty || rowSteps.count == fresh.corrections.count else {
            throw TensorFileError(file: file, "The checkpoint is of other data. Give --restart to begin anew.")
        }
        trainer.resume(
            .init(
                iteration: progress.iteration, parameters: try vector("parameters", like: fresh.parameters),
                optimizer: .init(
                    step: progress.step, means: try vector("means", like: fresh.optimizer.means),
                    squares: try vector("squares", like: fresh.optimizer.squares)),
                corrections: try vector("corrections", like: fresh.corrections),
                tableOptimizer: .init(
                    step: progress.tableStep, means: try vector("table.means", like: fresh.tableOptimizer.means),
                    squares: try vector("table.squares", like: fresh.tableOptimizer.squares),
                    rowSteps: rowSteps.map { Int32($0) })))
    }
}

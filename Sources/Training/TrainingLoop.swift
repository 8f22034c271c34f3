// SPDX-License-Identifier: Apache-2.0
import RewardModels

/// Makes a trainer's steps to the last one, and keeps what is needed to go on after an interruption.
struct TrainingLoop<Model: DifferentiableRewardModel> where Model.Scalar == Float {
    private(set) var trainer: RewardTrainer<Model>
    private(set) var curve: TrainingCurve
    /// Steps made before, by an interrupted training.
    let resumed: Int
    private let name: String
    /// Final programs that are not trained on.
    private let watched: [RewardTrainer<Model>.Example]
    private let checkpoints: CheckpointFolder?

    /// - Parameters:
    ///   - name: of the network, in the checkpoints.
    ///   - points: how many points the curve has at most.
    /// - Throws: `TensorFileError` for a checkpoint that cannot be gone on from.
    init(
        _ trainer: RewardTrainer<Model>, name: String, watched: [RewardTrainer<Model>.Example],
        checkpoints: CheckpointFolder?, points: Int = 100
    ) throws {
        self.trainer = trainer
        self.name = name
        self.watched = watched
        self.checkpoints = checkpoints
        curve = TrainingCurve(interval: max(1, trainer.options.iterations / points))
        if let saved = try checkpoints?.load(name) {
            try saved.resume(&self.trainer, file: name)
            curve = saved.curve
        }
        resumed = self.trainer.iteration
    }

    /// - Parameter advanced: called after each step with how many there were.
    /// - Throws: `TrainingError` where the loss is no number any more, `CancellationError`, with a checkpoint written.
    mutating func run(advanced: (Int) -> Void = { _ in }, report: (CurvePoint) -> Void) throws {
        var lastSaved = resumed
        do {
            while trainer.iteration < trainer.options.iterations {
                try Task.checkCancellation()
                let step = trainer.step()
                guard step.innerLoss.isFinite else {
                    throw TrainingError(
                        "Training diverged in iteration \(trainer.iteration): the loss is \(step.innerLoss). Lower the learning rate."
                    )
                }
                if let point = curve.add(step, of: trainer, watched: watched) { report(point) }
                advanced(trainer.iteration)
                if let checkpoints, trainer.iteration - lastSaved >= checkpoints.interval {
                    try checkpoints.save(name, trainer, curve: curve)
                    lastSaved = trainer.iteration
                }
            }
        } catch is CancellationError {
            try checkpoints?.save(name, trainer, curve: curve)
            throw CancellationError()
        }
        if trainer.iteration > lastSaved { try checkpoints?.save(name, trainer, curve: curve) }
    }

    /// What the correction made of the labels, in the order of the trainer's prefixes; empty where nothing is corrected.
    var corrected: [CorrectedLabel] {
        guard trainer.options.correction.kind != .none else { return [] }
        return trainer.partials.indices.map { row in
            CorrectedLabel(
                target: trainer.table.target(row), weight: trainer.table.weight(row),
                value: Double(trainer.table.values[row]))
        }
    }
}

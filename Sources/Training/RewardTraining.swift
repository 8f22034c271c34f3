// SPDX-License-Identifier: Apache-2.0
import Foundation
public import RewardModels

/// How a reward model is fitted to labelled prefixes.
public struct RewardTraining: Sendable, Hashable, Codable {
    public enum Loss: String, Sendable, Hashable, Codable, CaseIterable {
        /// Squared error of the reward.
        case mse
        /// Cross-entropy, for which a label is a probability.
        case bce
    }

    public var loss = Loss.mse
    public var iterations = 2000
    /// Prefixes per iteration.
    public var batch = 16
    public var learningRate: Float = 1e-3
    public var weightDecay: Float = 1e-3
    public var seed: UInt64 = 1

    public init() {}

    /// The mean loss of a batch, and its derivative by each logit.
    public func loss(logits: [Float], targets: [Float]) -> (value: Double, gradient: [Float]) {
        let count = Float(logits.count)
        var value = 0.0
        var gradient = [Float](repeating: 0, count: logits.count)
        for (index, (logit, target)) in zip(logits, targets).enumerated() {
            let reward = 1 / (1 + exp(-logit))
            switch loss {
            case .mse:
                value += Double((reward - target) * (reward - target))
                gradient[index] = 2 * (reward - target) * reward * (1 - reward) / count
            case .bce:
                // ln(1 + e^z) - y z, without overflow.
                value += Double(max(logit, 0) - target * logit + log1p(exp(-abs(logit))))
                gradient[index] = (reward - target) / count
            }
        }
        return (value / Double(count), gradient)
    }

    /// Fits a model by Adam on batches from shuffled epochs. The same rows, options and seed give the same parameters on the same BLAS core.
    ///
    /// - Parameter report: called with the iteration and the mean loss since the last call, about 20 times.
    /// - Throws: `CancellationError`.
    public func fit<Model: DifferentiableRewardModel>(
        _ model: inout Model, to rows: [(input: Model.Input, target: Float)],
        report: (_ iteration: Int, _ loss: Double) -> Void = { _, _ in }
    ) throws {
        guard !rows.isEmpty else { return }
        var optimizer = Adam<Float>(
            count: model.parameters.count, learningRate: learningRate, weightDecay: weightDecay)
        var random = SeededNumbers(seed: seed)
        var order: [Int] = []
        let interval = max(1, iterations / 20)
        var sum = 0.0
        for iteration in 1...max(1, iterations) {
            try Task.checkCancellation()
            var inputs: [Model.Input] = []
            var targets: [Float] = []
            while inputs.count < min(batch, rows.count) {
                if order.isEmpty { order = Array(rows.indices).shuffled(using: &random) }
                guard let next = order.popLast() else { break }
                inputs.append(rows[next].input)
                targets.append(rows[next].target)
            }
            var value = 0.0
            let (_, gradient) = model.gradient(of: inputs) { logits in
                let loss = loss(logits: logits, targets: targets)
                value = loss.value
                return loss.gradient
            }
            optimizer.update(&model.parameters, gradient: gradient)
            sum += value
            if iteration % interval == 0 {
                report(iteration, sum / Double(interval))
                sum = 0
            }
        }
    }
}

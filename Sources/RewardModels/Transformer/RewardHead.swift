// SPDX-License-Identifier: Apache-2.0
import Foundation
import Transformer

/// A head of one number: its product with a hidden state, and a bias, are a reward's logit.
struct RewardHead: Sendable, Hashable {
    var weights: [Float]
    var bias: Float

    /// The answer's logit of one token less that of the other: what is left of two log-probabilities without their normaliser.
    init(plus: Int, minus: Int, of model: TransformerModel) {
        weights = zip(model.outputRow(plus), model.outputRow(minus)).map { $0 - $1 }
        bias = 0
    }

    init(weights: [Float], bias: Float) {
        self.weights = weights
        self.bias = bias
    }

    /// A checkpoint's head: `score` as transformers saves classifiers, `v_head.summary` as Skywork's process reward models have it.
    ///
    /// - Throws: `TransformerError` where the checkpoint has none, or one of another shape.
    init(named name: String, of checkpoint: Checkpoint) throws(TransformerError) {
        let folder = checkpoint.folder.relativePath
        let width = checkpoint.configuration.shape.width
        guard let tensor = try checkpoint.tensor("\(name).weight") else {
            throw TransformerError(
                "\(folder): The checkpoint lacks tensor '\(name).weight', the head that gives one number. Models that answer with tokens are read with "
                    + "'head: tokens'.")
        }
        guard tensor.shape == [1, width] else {
            throw TransformerError(
                "\(folder): Tensor '\(name).weight' has shape \(tensor.shape); a head of one number has [1, \(width)].")
        }
        let offset = try checkpoint.tensor("\(name).bias")
        guard offset?.shape ?? [1] == [1] else {
            throw TransformerError("\(folder): Tensor '\(name).bias' must hold one number.")
        }
        weights = tensor.floats
        bias = offset?.floats.first ?? 0
        guard weights.allSatisfy(\.isFinite), bias.isFinite else {
            throw TransformerError("\(folder): Tensor '\(name)' holds a number that is not finite.")
        }
    }

    /// The logit of one state, summed in float64.
    func logit(of state: [Float]) -> Double {
        zip(state, weights).reduce(Double(bias)) { $0 + Double($1.0) * Double($1.1) }
    }
}

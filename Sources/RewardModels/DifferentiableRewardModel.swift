// SPDX-License-Identifier: Apache-2.0

/// A reward model that can be trained: a reward is the sigmoid of a logit, and the logit a differentiable function of flat parameters.
public protocol DifferentiableRewardModel: Sendable {
    /// What the model reads of a prefix and its problem.
    associatedtype Input: Sendable

    /// All trainable numbers.
    var parameters: [Float] { get set }

    /// One logit per input, in order.
    func logits(of batch: [Input]) -> [Float]

    /// The logits, and the gradient of a loss by the parameters.
    ///
    /// - Parameter lossGradient: the loss's derivative by each logit, given the logits.
    func gradient(of batch: [Input], lossGradient: ([Float]) -> [Float]) -> (logits: [Float], gradient: [Float])
}

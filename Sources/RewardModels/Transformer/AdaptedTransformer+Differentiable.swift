// SPDX-License-Identifier: Apache-2.0
public import Transformer

/// Trained like any other reward model: its inputs are sequences that `AdaptedTransformer.check` accepts.
extension AdaptedTransformer: DifferentiableRewardModel {}

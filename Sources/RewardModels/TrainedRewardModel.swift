// SPDX-License-Identifier: Apache-2.0
public import SelectorKit

/// A reward model that knows which problems it was trained on.
public protocol TrainedRewardModel: RewardModel {
    /// Whether problems that it has seen may be scored all the same.
    var allowsOverlap: Bool { get }

    /// Problems that the model was trained on and cannot judge as if it had not seen them.
    func overlap(with problems: [Problem]) -> [Problem]

    /// Problems that are not the training data's, but are told in nearly the same words as one of those.
    func nearDuplicates(among problems: [Problem]) -> [Problem]
}

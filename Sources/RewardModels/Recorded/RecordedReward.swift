// SPDX-License-Identifier: Apache-2.0
import ContentHash

/// One row of a file of recorded rewards: `{"problem": …, "prefix": …, "reward": …}`.
public struct RecordedReward: Sendable, Hashable, Codable {
    /// The problem's id.
    public var problem: String
    /// The SHA-256 of the prefix's UTF-8 bytes, as 64 lower-case hexadecimal digits.
    public var prefix: String
    /// In [0, 1].
    public var reward: Double
    /// Whether the reward is a bound; left out where it is not.
    public var approximate: Bool?
    /// The fingerprint of the model that gave it.
    public var model: String?
    /// Set where the model was told that the prefix is the whole program, and may reward it differently for that.
    public var whole: Bool?

    public init(
        problem: String, prefix: String, reward: Double, approximate: Bool? = nil, model: String? = nil,
        whole: Bool? = nil
    ) {
        self.problem = problem
        self.prefix = prefix
        self.reward = reward
        self.approximate = approximate
        self.model = model
        self.whole = whole
    }

    /// The name of a prefix in such files.
    public static func hash(of prefix: String) -> String { ContentHash.sha256(prefix) }
}

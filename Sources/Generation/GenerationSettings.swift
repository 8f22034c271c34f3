// SPDX-License-Identifier: Apache-2.0

/// How candidates are drawn from a model.
public struct GenerationSettings: Sendable, Hashable, Codable {
    /// N: candidates per problem.
    public var samples: Int
    public var temperature: Double
    /// nil for the server's own value.
    public var topP: Double?
    /// The most tokens that one answer may have, reasoning included.
    public var maxTokens: Int
    /// Texts that end an answer. Refused for chain-of-function prompts, whose helpers they would cut off.
    public var stop: [String]
    /// Requests of one seed ask for the same answers, where the server keeps to seeds; nil to send none.
    public var seed: UInt64?
    /// How many alternatives per token to ask for; nil for as many as the server gives, up to `mostAlternatives`; 0 for none at all.
    public var topLogProbs: Int?
    /// How many tokens the model knows, for self-certainty; nil where that is not told.
    public var vocabularySize: Int?

    /// What servers commonly allow.
    public static let mostAlternatives = 20

    public init(
        samples: Int = 8, temperature: Double = 0.8, topP: Double? = 0.95, maxTokens: Int = 4096, stop: [String] = [],
        seed: UInt64? = 0, topLogProbs: Int? = nil, vocabularySize: Int? = nil
    ) {
        self.samples = samples
        self.temperature = temperature
        self.topP = topP
        self.maxTokens = maxTokens
        self.stop = stop
        self.seed = seed
        self.topLogProbs = topLogProbs
        self.vocabularySize = vocabularySize
    }
}

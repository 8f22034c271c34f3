// SPDX-License-Identifier: Apache-2.0

/// Generates text.
public protocol LanguageModel: Sendable {
    /// Identifies the model and how it is asked.
    var fingerprint: String { get }

    /// - Throws: any error; the problem then counts as not scored.
    func reply(to request: LanguageModelRequest) async throws -> LanguageModelReply
}

/// One chat request to a language model.
public struct LanguageModelRequest: Sendable, Hashable, Codable {
    public var system: String?
    public var user: String
    public var maxTokens: Int
    public var temperature: Double
    public var seed: UInt64?
    /// How many alternatives of the first generated token to report with their log-probabilities; 0 for none.
    public var topLogProbs: Int

    public init(
        system: String? = nil, user: String, maxTokens: Int, temperature: Double, seed: UInt64? = nil,
        topLogProbs: Int = 0
    ) {
        self.system = system
        self.user = user
        self.maxTokens = maxTokens
        self.temperature = temperature
        self.seed = seed
        self.topLogProbs = topLogProbs
    }
}

/// What a language model answered, with what it took.
public struct LanguageModelReply: Sendable, Hashable, Codable {
    public var text: String
    /// The first generated token's alternatives with their natural log-probabilities, as far as the request asked and the server told.
    public var firstToken: [String: Double]
    public var cost: Cost

    public init(text: String, firstToken: [String: Double] = [:], cost: Cost = .zero) {
        self.text = text
        self.firstToken = firstToken
        self.cost = cost
    }
}

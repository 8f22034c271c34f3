// SPDX-License-Identifier: Apache-2.0
public import SelectorKit

/// What is known of an answer besides its text.
public struct GeneratedAnswer: Sendable, Hashable, Codable {
    /// Why it ended, in the server's word: `stop`, `length`, …; nil where the server does not tell.
    public var finish: String?
    /// What the server calls the model.
    public var model: String?
    /// Tokens of the prompt, which the answers of one request share.
    public var promptTokens: Int
    /// How many answers the request brought.
    public var sharedBy: Int
    /// Generated tokens, reasoning included.
    public var completionTokens: Int
    public var reasoningTokens: Int?
    /// From sending the request to its last byte.
    public var latencySeconds: Double
    public var tokens: TokenStatistics?
    /// How many characters of the problem's middle were left out, because the prompt was too long.
    public var leftOut: Int?

    public init(
        finish: String?, model: String?, promptTokens: Int, sharedBy: Int, completionTokens: Int,
        reasoningTokens: Int? = nil, latencySeconds: Double, tokens: TokenStatistics? = nil, leftOut: Int? = nil
    ) {
        self.finish = finish
        self.model = model
        self.promptTokens = promptTokens
        self.sharedBy = sharedBy
        self.completionTokens = completionTokens
        self.reasoningTokens = reasoningTokens
        self.latencySeconds = latencySeconds
        self.tokens = tokens
        self.leftOut = leftOut
    }

    /// Whether the answer ran into the limit of its length.
    public var isTruncated: Bool { finish == "length" }

    public func cost(_ prices: Prices) -> Double {
        prices.cost(
            promptTokens: Double(promptTokens) / Double(max(sharedBy, 1)), completionTokens: Double(completionTokens))
    }
}

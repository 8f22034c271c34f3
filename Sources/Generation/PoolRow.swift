// SPDX-License-Identifier: Apache-2.0
public import SelectorKit

/// A row of a generated pool's file.
public struct PoolRow: Sendable, Codable, Hashable {
    /// What is known of the answer's making.
    public struct Making: Sendable, Codable, Hashable {
        public var finish: String?
        public var truncated: Bool
        public var latencySeconds: Double
        /// Tokens of the prompt, which `sharedBy` answers have in common.
        public var promptTokens: Int
        public var sharedBy: Int
        public var completionTokens: Int
        public var reasoningTokens: Int?
        public var cost: Double?
        /// How many characters of the problem's middle the model did not see.
        public var leftOut: Int?

        public init(_ answer: GeneratedAnswer, prices: Prices?) {
            finish = answer.finish
            truncated = answer.isTruncated
            latencySeconds = (answer.latencySeconds * 1000).rounded() / 1000
            promptTokens = answer.promptTokens
            sharedBy = answer.sharedBy
            completionTokens = answer.completionTokens
            reasoningTokens = answer.reasoningTokens
            cost = prices.map { answer.cost($0) }
            leftOut = answer.leftOut
        }
    }

    public var problem: String
    public var model: String
    public var sample: Int
    public var code: String
    public var tokens: TokenStatistics?
    public var generation: Making
    /// What the model said; on request.
    public var output: String?
    public var reasoning: String?

    public init(
        problem: String, model: String, sample: Int, code: String, tokens: TokenStatistics?, generation: Making,
        output: AnswerText? = nil
    ) {
        self.problem = problem
        self.model = model
        self.sample = sample
        self.code = code
        self.tokens = tokens
        self.generation = generation
        self.output = output?.text
        self.reasoning = output?.reasoning
    }
}

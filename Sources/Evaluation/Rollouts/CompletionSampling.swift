// SPDX-License-Identifier: Apache-2.0

/// How a language model draws completions.
public struct CompletionSampling: Sendable, Hashable {
    public var temperature: Double
    /// nil for the server's own value.
    public var topP: Double?
    /// The most tokens that one completion may have.
    public var maxTokens: Int

    public init(temperature: Double = 0.8, topP: Double? = 0.95, maxTokens: Int = 2048) {
        self.temperature = temperature
        self.topP = topP
        self.maxTokens = maxTokens
    }
}

// SPDX-License-Identifier: Apache-2.0
import SelectorKit

/// How a judge is asked; the same for all judges.
public struct JudgeOptions: Codable, Sendable, Hashable {
    /// The role of the language model in the experiment's `languageModels`.
    public var languageModel = "judge"
    /// The most tokens of an answer; reasoning models need more.
    public var maxTokens = 1024
    public var temperature = 0.0
    /// How many questions of one problem may be under way at the same time.
    public var concurrency = 8

    public init() {}

    func check(_ selector: String) throws {
        guard maxTokens > 0, concurrency > 0, temperature >= 0, !languageModel.isEmpty else {
            throw SelectorError(
                .invalidOption,
                "Selector '\(selector)': 'maxTokens' and 'concurrency' must be above 0, 'temperature' not below, 'languageModel' not empty."
            )
        }
    }

    func request(_ prompt: JudgePrompt, seed: UInt64) -> LanguageModelRequest {
        LanguageModelRequest(
            system: prompt.system, user: prompt.user, maxTokens: maxTokens, temperature: temperature,
            seed: temperature > 0 ? seed : nil)
    }
}

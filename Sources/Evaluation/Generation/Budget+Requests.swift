// SPDX-License-Identifier: Apache-2.0
import Generation
import LanguageModels

extension Budget {
    /// The most that a request can cost; zero where no prices are known.
    ///
    /// Characters are at least a token's third in every tokenizer of a language model for code; a request rarely costs as much.
    func most(for request: CompletionRequest) -> Double {
        let characters = request.messages.reduce(0) { $0 + $1.content.utf8.count }
        return prices?.cost(
            promptTokens: Double(characters) / 2, completionTokens: Double(request.maxTokens * request.samples)) ?? 0
    }

    /// What an answer did cost; zero where no prices are known.
    func cost(of answer: CompletionAnswer) -> Double {
        prices?.cost(
            promptTokens: Double(answer.promptTokens), completionTokens: Double(answer.completionTokens)) ?? 0
    }
}

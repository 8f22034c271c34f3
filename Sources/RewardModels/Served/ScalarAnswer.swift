// SPDX-License-Identifier: Apache-2.0
import LanguageModels
import SelectorKit

/// What `/pooling` or `/classify` answered: one number.
struct ScalarAnswer: Sendable {
    var value: Double
    var promptTokens: Int

    init(_ json: JSON, api: ServedRewardModel.API) throws {
        let field = api == .classify ? "probs" : "data"
        guard let first = json["data"]?[0], var values = first[field] else {
            throw MalformedAnswer("without 'data[0].\(field)'")
        }
        // A model that pools every token gives a list per token; the last token has seen the whole prompt.
        while let last = values.list?.last, last.list != nil { values = last }
        let numbers = values.list ?? [values]
        guard let value = numbers.first?.number else { throw MalformedAnswer("without a number in 'data[0].\(field)'") }
        guard numbers.count == 1 else {
            throw SelectorError(
                .serviceFailed,
                "The reward model gives \(numbers.count) numbers per prompt through '/\(api.rawValue)', not one. Serve a model with a scalar head (one label)."
            )
        }
        self.value = value
        promptTokens = json["usage"]?["prompt_tokens"]?.integer ?? 0
    }
}

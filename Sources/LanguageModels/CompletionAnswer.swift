// SPDX-License-Identifier: Apache-2.0
import Foundation
public import SelectorKit

/// What `/chat/completions` or `/completions` answered.
public struct CompletionAnswer: Sendable, Hashable {
    /// One of the texts.
    public struct Choice: Sendable, Hashable {
        public var text: String
        /// What a reasoning model thought, where the server tells it apart.
        public var reasoning: String?
        /// Why the text ended, in the server's word: `stop`, `length`, …
        public var finish: String?
        /// The generated tokens; nil where the server gave no log-probabilities.
        public var tokens: [TokenLogProbs]?
    }

    /// A generated token with natural log-probabilities.
    public struct TokenLogProbs: Sendable, Hashable {
        public var text: String
        /// nil where it is not told, or minus infinity.
        public var logProb: Double?
        /// Of the likeliest tokens, as the server told them.
        public var alternatives: [Double]

        public init(text: String, logProb: Double?, alternatives: [Double]) {
            self.text = text
            self.logProb = logProb
            self.alternatives = alternatives
        }
    }

    /// At least one.
    public var choices: [Choice]
    /// The first text's first token's alternatives with their natural log-probabilities; nil where the server gave none.
    public var firstToken: [String: Double]?
    public var promptTokens: Int
    /// Of all texts together.
    public var completionTokens: Int
    public var reasoningTokens: Int?
    /// What the server calls the model.
    public var model: String?

    public var text: String { choices.first?.text ?? "" }

    /// Reads either endpoint's form of answer; servers mix them.
    ///
    /// - Throws: `MalformedAnswer`.
    public init(_ json: JSON) throws {
        guard let list = json["choices"]?.list, let first = list.first else {
            throw MalformedAnswer("without 'choices'")
        }
        choices = try list.map { choice in
            guard choice["message"] != nil || choice["text"] != nil else {
                throw MalformedAnswer("without a message or text")
            }
            let message = choice["message"]
            return Choice(
                text: message?["content"]?.text ?? choice["text"]?.text ?? "",
                reasoning: message?["reasoning_content"]?.text ?? message?["reasoning"]?.text,
                finish: choice["finish_reason"]?.text, tokens: choice["logprobs"].flatMap { Self.tokens($0) })
        }
        firstToken = first["logprobs"].flatMap { Self.firstToken($0) }
        promptTokens = json["usage"]?["prompt_tokens"]?.integer ?? 0
        completionTokens = json["usage"]?["completion_tokens"]?.integer ?? 0
        reasoningTokens = json["usage"]?["completion_tokens_details"]?["reasoning_tokens"]?.integer
        model = json["model"]?.text
    }

    private static func tokens(_ logProbs: JSON) -> [TokenLogProbs]? {
        func finite(_ value: Double?) -> Double? { value.flatMap { $0 > -9999 ? $0 : nil } }
        if let content = logProbs["content"]?.list {
            return content.map { item in
                TokenLogProbs(
                    text: item["token"]?.text ?? "", logProb: finite(item["logprob"]?.number),
                    alternatives: (item["top_logprobs"]?.list ?? []).compactMap { finite($0["logprob"]?.number) })
            }
        }
        guard let texts = logProbs["tokens"]?.list, let values = logProbs["token_logprobs"]?.list,
            texts.count == values.count
        else { return nil }
        let tops = logProbs["top_logprobs"]?.list
        return texts.indices.map { index in
            TokenLogProbs(
                text: texts[index].text ?? "", logProb: finite(values[index].number),
                alternatives: (tops?.indices.contains(index) == true ? tops?[index].object : nil)?.values.compactMap {
                    finite($0.number)
                } ?? [])
        }
    }

    public var cost: Cost { Cost(calls: 1, promptTokens: promptTokens, completionTokens: completionTokens) }

    private static func firstToken(_ logProbs: JSON) -> [String: Double]? {
        var alternatives: [(String, Double)] = []
        var sampled: (String, Double)?
        if let first = logProbs["content"]?[0] {
            for item in first["top_logprobs"]?.list ?? [] {
                if let token = item["token"]?.text, let value = item["logprob"]?.number {
                    alternatives.append((token, value))
                }
            }
            if let token = first["token"]?.text, let value = first["logprob"]?.number { sampled = (token, value) }
        } else if let first = logProbs["top_logprobs"]?[0]?.object {
            alternatives = first.compactMap { token, value in value.number.map { (token, $0) } }
            if let token = logProbs["tokens"]?[0]?.text, let value = logProbs["token_logprobs"]?[0]?.number {
                sampled = (token, value)
            }
        } else {
            return nil
        }
        // The sampled token may lie outside of the top.
        if let sampled, !alternatives.contains(where: { $0.0 == sampled.0 }) { alternatives.append(sampled) }
        // Different tokens can have the same text. -9999 stands for minus infinity, which JSON lacks.
        return Dictionary(alternatives.filter { $0.1 > -9999 }, uniquingKeysWith: logSumExp)
    }
}

/// ln(eˣ + eʸ) without overflow.
public func logSumExp(_ x: Double, _ y: Double) -> Double {
    let larger = max(x, y)
    return larger == -.infinity ? larger : larger + log(exp(x - larger) + exp(y - larger))
}

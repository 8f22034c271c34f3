// SPDX-License-Identifier: Apache-2.0
import Foundation
public import SelectorKit

/// What `/chat/completions` or `/completions` answered.
public struct CompletionAnswer: Sendable, Hashable {
    public var text: String
    /// The first generated token's alternatives with their natural log-probabilities; nil where the server gave none.
    public var firstToken: [String: Double]?
    public var promptTokens: Int
    public var completionTokens: Int

    /// Reads either endpoint's form of answer; servers mix them.
    ///
    /// - Throws: `MalformedAnswer`.
    public init(_ json: JSON) throws {
        guard let choice = json["choices"]?[0] else { throw MalformedAnswer("without 'choices'") }
        guard choice["message"] != nil || choice["text"] != nil else {
            throw MalformedAnswer("without a message or text")
        }
        text = choice["message"]?["content"]?.text ?? choice["text"]?.text ?? ""
        firstToken = choice["logprobs"].flatMap { Self.firstToken($0) }
        promptTokens = json["usage"]?["prompt_tokens"]?.integer ?? 0
        completionTokens = json["usage"]?["completion_tokens"]?.integer ?? 0
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

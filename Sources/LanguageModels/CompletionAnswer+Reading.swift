// SPDX-License-Identifier: Apache-2.0
public import Foundation
import JSONReading

extension CompletionAnswer {
    /// Reads either endpoint's form of answer; servers mix them. Goes over the text once and keeps nothing of it but what it returns: an answer with the
    /// log-probabilities of many tokens has megabytes.
    ///
    /// - Throws: `MalformedAnswer`, or an error when `data` is not JSON.
    public init(_ data: Data) throws {
        var reading = AnswerReading()
        try data.withJSONScanner { scanner throws(JSONSyntaxError) in try reading.read(&scanner) }
        guard !reading.choices.isEmpty else { throw MalformedAnswer("without 'choices'") }
        guard !reading.lacksText else { throw MalformedAnswer("without a message or text") }
        self.init(
            choices: reading.choices, firstToken: reading.firstToken, promptTokens: reading.promptTokens ?? 0,
            completionTokens: reading.completionTokens ?? 0, reasoningTokens: reading.reasoningTokens,
            model: reading.model)
    }
}

/// What has been found of an answer.
private struct AnswerReading {
    var choices: [CompletionAnswer.Choice] = []
    /// Whether some choice has neither a message nor a text.
    var lacksText = false
    var firstToken: [String: Double]?
    var promptTokens: Int?
    var completionTokens: Int?
    var reasoningTokens: Int?
    var model: String?

    mutating func read(_ scanner: inout JSONScanner) throws(JSONSyntaxError) {
        try scanner.fieldsOrSkip { scanner, key throws(JSONSyntaxError) in
            if key.holds("choices") {
                choices = []
                try scanner.elementsOrSkip { scanner throws(JSONSyntaxError) in try readChoice(&scanner) }
            } else if key.holds("usage") {
                try readUsage(&scanner)
            } else if key.holds("model") {
                model = try scanner.next().lenientString
            } else {
                _ = try scanner.value()
            }
        }
    }

    private mutating func readUsage(_ scanner: inout JSONScanner) throws(JSONSyntaxError) {
        try scanner.fieldsOrSkip { scanner, key throws(JSONSyntaxError) in
            if key.holds("prompt_tokens") {
                promptTokens = try scanner.next().integer
            } else if key.holds("completion_tokens") {
                completionTokens = try scanner.next().integer
            } else if key.holds("completion_tokens_details") {
                try scanner.fieldsOrSkip { scanner, key throws(JSONSyntaxError) in
                    let value = try scanner.next()
                    if key.holds("reasoning_tokens") { reasoningTokens = value.integer }
                }
            } else {
                _ = try scanner.value()
            }
        }
    }

    private mutating func readChoice(_ scanner: inout JSONScanner) throws(JSONSyntaxError) {
        var content: String?
        var text: String?
        var reasoning: (String?, String?)
        var finish: String?
        var hasText = false
        var logProbs = LogProbsReading(keepsFirst: choices.isEmpty)
        try scanner.fieldsOrSkip { scanner, key throws(JSONSyntaxError) in
            if key.holds("logprobs") {
                try logProbs.read(&scanner)
            } else if key.holds("message") {
                hasText = true
                try scanner.fieldsOrSkip { scanner, key throws(JSONSyntaxError) in
                    let value = try scanner.next()
                    if key.holds("content") { content = value.lenientString }
                    if key.holds("reasoning_content") { reasoning.0 = value.lenientString }
                    if key.holds("reasoning") { reasoning.1 = value.lenientString }
                }
            } else {
                let value = try scanner.next()
                if key.holds("text") {
                    hasText = true
                    text = value.lenientString
                } else if key.holds("finish_reason") {
                    finish = value.lenientString
                }
            }
        }
        if !hasText { lacksText = true }
        if choices.isEmpty { firstToken = logProbs.firstToken }
        choices.append(
            CompletionAnswer.Choice(
                text: content ?? text ?? "", reasoning: reasoning.0 ?? reasoning.1, finish: finish,
                tokens: logProbs.tokens))
    }
}

/// What has been found of a choice's log-probabilities, in the form of `/chat/completions` (`content`) or of `/completions` (lists side by side).
private struct LogProbsReading {
    typealias Token = CompletionAnswer.TokenLogProbs

    /// Whether the names of the first token's alternatives are wanted.
    var keepsFirst: Bool
    private var content: [Token]?
    private var texts: [String]?
    private var values: [Double?]?
    private var alternatives: [[Double]]?
    /// The first token's alternatives by `content` and by `top_logprobs`.
    private var first: (content: [(String, Double)]?, top: [(String, Double)]?)

    init(keepsFirst: Bool) { self.keepsFirst = keepsFirst }

    var tokens: [Token]? {
        if let content { return content }
        guard let texts, let values, texts.count == values.count else { return nil }
        return texts.indices.map { index in
            let top = alternatives.flatMap { $0.indices.contains(index) ? $0[index] : nil }
            return Token(text: texts[index], logProb: values[index], alternatives: top ?? [])
        }
    }

    var firstToken: [String: Double]? {
        guard let named = content?.isEmpty == false ? first.content : first.top, let tokens else { return nil }
        var alternatives = named
        // The sampled token may lie outside of the top.
        if let sampled = tokens.first, let value = sampled.logProb,
            !alternatives.contains(where: { $0.0 == sampled.text })
        {
            alternatives.append((sampled.text, value))
        }
        // Different tokens can have the same text.
        return Dictionary(alternatives, uniquingKeysWith: logSumExp)
    }

    mutating func read(_ scanner: inout JSONScanner) throws(JSONSyntaxError) {
        try scanner.fieldsOrSkip { scanner, key throws(JSONSyntaxError) in
            if key.holds("content") {
                guard scanner.peek() == UInt8(ascii: "[") else { return _ = try scanner.value() }
                var tokens: [Token] = []
                try scanner.elements { scanner throws(JSONSyntaxError) in
                    tokens.append(try readToken(&scanner, isFirst: tokens.isEmpty))
                }
                content = tokens
            } else if key.holds("tokens") {
                var texts: [String] = []
                try scanner.elementsOrSkip { scanner throws(JSONSyntaxError) in
                    texts.append(try scanner.next().lenientString ?? "")
                }
                self.texts = texts
            } else if key.holds("token_logprobs") {
                var values: [Double?] = []
                try scanner.elementsOrSkip { scanner throws(JSONSyntaxError) in
                    values.append(Self.logProb(try scanner.next()))
                }
                self.values = values
            } else if key.holds("top_logprobs") {
                try readTop(&scanner)
            } else {
                _ = try scanner.value()
            }
        }
    }

    private mutating func readToken(_ scanner: inout JSONScanner, isFirst: Bool) throws(JSONSyntaxError) -> Token {
        var token = Token(text: "", logProb: nil, alternatives: [])
        var named: [(String, Double)] = []
        try scanner.fieldsOrSkip { scanner, key throws(JSONSyntaxError) in
            if key.holds("token") {
                token.text = try scanner.next().lenientString ?? ""
            } else if key.holds("logprob") {
                token.logProb = Self.logProb(try scanner.next())
            } else if key.holds("top_logprobs") {
                token.alternatives.reserveCapacity(20)
                try scanner.elementsOrSkip { scanner throws(JSONSyntaxError) in
                    var text: JSONValue?
                    var value: Double?
                    try scanner.fieldsOrSkip { scanner, key throws(JSONSyntaxError) in
                        if key.holds("logprob") {
                            value = Self.logProb(try scanner.next())
                        } else if key.holds("token") {
                            text = try scanner.next()
                        } else {
                            _ = try scanner.value()
                        }
                    }
                    guard let value else { return }
                    token.alternatives.append(value)
                    if isFirst, keepsFirst, let text = text?.lenientString { named.append((text, value)) }
                }
            } else {
                _ = try scanner.value()
            }
        }
        if isFirst { first.content = named }
        return token
    }

    private mutating func readTop(_ scanner: inout JSONScanner) throws(JSONSyntaxError) {
        var lists: [[Double]] = []
        try scanner.elementsOrSkip { scanner throws(JSONSyntaxError) in
            var list: [Double] = []
            var named: [(String, Double)] = []
            let isNamed = keepsFirst && lists.isEmpty && scanner.peek() == UInt8(ascii: "{")
            try scanner.fieldsOrSkip { scanner, key throws(JSONSyntaxError) in
                guard let value = Self.logProb(try scanner.next()) else { return }
                list.append(value)
                if isNamed, let text = key.lenientString { named.append((text, value)) }
            }
            if isNamed { first.top = named }
            lists.append(list)
        }
        alternatives = lists
    }

    /// -9999 stands for minus infinity, which JSON lacks.
    private static func logProb(_ value: JSONValue) -> Double? {
        value.number.flatMap { $0 > -9999 ? $0 : nil }
    }
}

extension JSONScanner {
    /// The fields of an object; of another value nothing.
    fileprivate mutating func fieldsOrSkip(
        _ body: (inout JSONScanner, _ key: JSONValue) throws(JSONSyntaxError) -> Void
    ) throws(JSONSyntaxError) {
        if peek() == UInt8(ascii: "{") { try fields(body) } else { _ = try value() }
    }

    /// The elements of a list; of another value nothing.
    fileprivate mutating func elementsOrSkip(
        _ body: (inout JSONScanner) throws(JSONSyntaxError) -> Void
    ) throws(JSONSyntaxError) {
        if peek() == UInt8(ascii: "[") { try elements(body) } else { _ = try value() }
    }
}

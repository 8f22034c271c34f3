// SPDX-License-Identifier: Apache-2.0
import ContentHash
import Foundation
import LanguageModels
import Statistics

/// A request for texts, as far as the lattice understands it.
struct LatticeQuestion {
    struct Mistake: Error { var message: String }

    private let isChat: Bool
    /// Everything that was said before the answer.
    private let prompt: String
    /// What the answer begins with, where it was begun.
    private let opened: String?
    private let promptTokens: Int
    private let samples: Int
    private let maxTokens: Int
    private let temperature: Double
    private let topP: Double
    private let seed: Int?
    private let stop: [String]
    /// Alternatives per token; nil for no log-probabilities.
    private let topLogProbs: Int?

    init(_ body: JSON, isChat: Bool) throws(Mistake) {
        self.isChat = isChat
        if isChat {
            let messages = (body["messages"]?.list ?? []).compactMap { message -> (role: String, content: String)? in
                guard let role = message["role"]?.text, let content = message["content"]?.text else { return nil }
                return (role, content)
            }
            guard let last = messages.last else { throw Mistake(message: "'messages' is missing or empty.") }
            let continues = last.role == "assistant" && body["continue_final_message"] == true
            opened = continues ? last.content : nil
            prompt = (continues ? messages.dropLast() : messages[...]).map(\.content).joined(separator: "\n\n")
            // Four tokens around each turn; two of them end it, and three begin the answer's.
            let words = messages.reduce(0) { $0 + Self.words($1.content) + 4 }
            promptTokens = continues ? words - 2 : words + 3
        } else {
            guard let text = body["prompt"]?.text else { throw Mistake(message: "'prompt' is missing.") }
            let turn = text.range(of: "<|im_start|>assistant\n", options: .backwards)
            let rest = turn.map { String(text[$0.upperBound...]) } ?? ""
            opened = rest.isEmpty ? nil : rest
            prompt = turn.map { String(text[..<$0.lowerBound]) } ?? text
            promptTokens = Self.words(text)
        }
        samples = max(1, body["n"]?.integer ?? 1)
        guard samples <= 1024 else { throw Mistake(message: "'n' is \(samples); at most 1024.") }
        maxTokens = max(1, body["max_tokens"]?.integer ?? body["max_completion_tokens"]?.integer ?? 4096)
        temperature = max(0, body["temperature"]?.number ?? 1)
        topP = body["top_p"]?.number ?? 1
        seed = body["seed"]?.integer
        stop = body["stop"]?.text.map { [$0] } ?? (body["stop"]?.list ?? []).compactMap(\.text)
        if isChat {
            topLogProbs = body["logprobs"] == true ? body["top_logprobs"]?.integer ?? 0 : nil
        } else {
            topLogProbs = body["logprobs"]?.integer
        }
    }

    private static func words(_ text: String) -> Int { text.split(whereSeparator: \.isWhitespace).count }

    // MARK: Answering

    private struct Text {
        var text: String
        var tokens: [LineDistribution.Token]
        var isWhole: Bool
    }

    func answer(by model: LatticeModel, _ name: LatticeModel.Name) throws(Mistake) -> JSON {
        var texts: [Text] = []
        if let problem = model.problem(in: prompt) {
            let (beginning, head) = try begun(problem, model, name)
            guard
                let distribution = model.distribution(of: problem, style: name.style(for: prompt), beginning: beginning)
            else {
                throw Mistake(message: "No program of the lattice begins as the answer was begun, in this style.")
            }
            for index in 0..<samples {
                var numbers = numbers(index)
                texts.append(
                    cut(
                        distribution.sample(
                            temperature: temperature, topP: topP, maxTokens: maxTokens - (head.isEmpty ? 0 : 1)
                        ) { numbers.nextUnit() }, after: head))
            }
        } else {
            let words = LineDistribution.Token(
                text: "I only know the problems of my lattice.", logProb: 0,
                alternatives: [("I only know the problems of my lattice.", 0)])
            texts = Array(
                repeating: Text(text: words.text, tokens: [words], isWhole: true), count: samples)
        }
        let completionTokens = texts.reduce(0) { $0 + $1.tokens.count }
        return [
            "object": isChat ? "chat.completion" : "text_completion", "model": .text(name.rawValue),
            "choices": .list(texts.enumerated().map { choice($1, number: $0) }),
            "usage": [
                "prompt_tokens": .integer(promptTokens), "completion_tokens": .integer(completionTokens),
                "total_tokens": .integer(promptTokens + completionTokens),
            ],
        ]
    }

    /// The program's beginning that is given, and what the answer says before it goes on.
    private func begun(
        _ problem: Int, _ model: LatticeModel, _ name: LatticeModel.Name
    ) throws(Mistake) -> (beginning: String, head: String) {
        if let opened {
            guard let fence = opened.range(of: "```python\n", options: .backwards) else {
                throw Mistake(message: "An answer that was begun must hold an open ```python block.")
            }
            return (String(opened[fence.upperBound...]), "")
        }
        // A prompt may show a program's beginning and ask for the rest. Other blocks are code to start from, which answers repeat.
        guard prompt.contains("remaining code") else { return ("", "```python\n") }
        let blocks = prompt.components(separatedBy: "```python\n").dropFirst()
        if let block = blocks.last?.components(separatedBy: "\n```").first, !block.isEmpty {
            for beginning in [block + "\n", block]
            where model.distribution(of: problem, style: name.style(for: prompt), beginning: beginning) != nil {
                return (beginning, "```python\n")
            }
        }
        return ("", "```python\n")
    }

    private func numbers(_ index: Int) -> SeededNumbers {
        guard let seed else { return SeededNumbers(seed: .random(in: 0...UInt64.max)) }
        return SeededNumbers(
            hash: ContentHash.of("lattice server", "\(seed)", "\(index)", prompt, opened ?? "", "\(temperature)"))
    }

    private func cut(_ sample: (tokens: [LineDistribution.Token], isWhole: Bool), after head: String) -> Text {
        var tokens = sample.tokens
        if !head.isEmpty { tokens.insert(.init(text: head, logProb: 0, alternatives: [(head, 0)]), at: 0) }
        var text = Text(text: tokens.map(\.text).joined(), tokens: tokens, isWhole: sample.isWhole)
        guard let end = stop.compactMap({ text.text.range(of: $0)?.lowerBound }).min() else { return text }
        text.text = String(text.text[..<end])
        var length = 0
        text.tokens = tokens.prefix { token in
            defer { length += token.text.utf8.count }
            return length < text.text.utf8.count
        }
        text.isWhole = true
        return text
    }

    private func choice(_ text: Text, number: Int) -> JSON {
        var choice: [String: JSON] = [
            "index": .integer(number), "finish_reason": text.isWhole ? "stop" : "length",
        ]
        if isChat {
            choice["message"] = ["role": "assistant", "content": .text(text.text)]
        } else {
            choice["text"] = .text(text.text)
        }
        guard let topLogProbs else { return .object(choice) }
        if isChat {
            let content = text.tokens.map { token -> JSON in
                let tops = token.alternatives.prefix(topLogProbs).map { Self.told($0.text, $0.logProb) }
                return Self.told(token.text, token.logProb).overlaid(with: ["top_logprobs": .list(tops)])
            }
            choice["logprobs"] = ["content": .list(content)]
        } else {
            let tops = text.tokens.map { token -> JSON in
                let pairs = token.alternatives.prefix(topLogProbs).map { ($0.text, JSON.number($0.logProb)) }
                return .object(Dictionary(pairs) { first, _ in first })
            }
            choice["logprobs"] = [
                "tokens": .list(text.tokens.map { .text($0.text) }),
                "token_logprobs": .list(text.tokens.map { .number($0.logProb) }), "top_logprobs": .list(tops),
            ]
        }
        return .object(choice)
    }

    private static func told(_ text: String, _ logProb: Double) -> JSON {
        ["token": .text(text), "logprob": .number(logProb)]
    }
}

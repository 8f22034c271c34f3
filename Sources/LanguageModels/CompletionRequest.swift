// SPDX-License-Identifier: Apache-2.0

/// One turn of a conversation.
public struct ChatMessage: Sendable, Hashable {
    public enum Role: String, Sendable, Hashable { case system, user, assistant }

    public var role: Role
    public var content: String

    public init(role: Role, content: String) {
        self.role = role
        self.content = content
    }
}

/// How a server is told to continue the assistant's last message.
public enum Prefill: String, Sendable, Hashable, Codable, CaseIterable {
    /// `continue_final_message` without a new turn (vLLM, SGLang).
    case continueFinalMessage
    /// `"prefix": true` in the assistant's message.
    case prefix
    /// A last message of the assistant is continued as it is (llama.cpp).
    case lastMessage
    /// `/completions`, with the turns laid out here.
    case completions
}

/// One request for one or more texts, drawn independently.
public struct CompletionRequest: Sendable, Hashable {
    public var messages: [ChatMessage]
    /// How the last message, the assistant's, is continued; nil for a new turn.
    public var prefill: Prefill?
    public var samples: Int
    public var maxTokens: Int
    public var temperature: Double
    /// nil for the server's own value.
    public var topP: Double?
    public var seed: UInt64?
    public var stop: [String]
    /// How many alternatives per token to tell; 0 for the generated tokens' log-probabilities only, nil for none.
    public var topLogProbs: Int?

    public init(
        messages: [ChatMessage], prefill: Prefill? = nil, samples: Int = 1, maxTokens: Int, temperature: Double,
        topP: Double? = nil, seed: UInt64? = nil, stop: [String] = [], topLogProbs: Int? = nil
    ) {
        self.messages = messages
        self.prefill = prefill
        self.samples = samples
        self.maxTokens = maxTokens
        self.temperature = temperature
        self.topP = topP
        self.seed = seed
        self.stop = stop
        self.topLogProbs = topLogProbs
    }

    /// The endpoint that answers it, and the body without the model's name.
    func body(_ options: ServedLanguageModel.Options, maxTokensField: String) -> (api: CompletionAPI, [String: JSON]) {
        var body: [String: JSON] = [
            maxTokensField: .integer(maxTokens), "temperature": .number(temperature),
        ]
        if let topP { body["top_p"] = .number(topP) }
        if let seed { body["seed"] = .integer(Int(seed & 0x7FFF_FFFF)) }
        if samples > 1 { body["n"] = .integer(samples) }
        if !stop.isEmpty { body["stop"] = .list(stop.map { .text($0) }) }
        guard options.api == .chat, prefill != .completions else {
            body["prompt"] = .text(options.template.prompt(messages, continuesLast: prefill != nil))
            if let topLogProbs { body["logprobs"] = .integer(topLogProbs) }
            return (.completions, body)
        }
        var turns = messages.map { ["role": .text($0.role.rawValue), "content": .text($0.content)] as JSON }
        switch prefill {
        case .continueFinalMessage:
            body["continue_final_message"] = true
            body["add_generation_prompt"] = false
        case .prefix:
            if let last = turns.popLast() { turns.append(last.overlaid(with: ["prefix": true])) }
        case .lastMessage, .completions, nil: break
        }
        body["messages"] = .list(turns)
        if let topLogProbs {
            body["logprobs"] = true
            if topLogProbs > 0 { body["top_logprobs"] = .integer(topLogProbs) }
        }
        return (.chat, body)
    }
}

/// Thrown when a server says that prompt and answer do not fit the model's context.
public struct ContextLengthExceeded: Error, Sendable, Hashable, CustomStringConvertible {
    /// What the server says, as a sentence.
    public var message: String

    public init(message: String) { self.message = message }

    public var description: String { message }

    /// Whether a server's refusal is about the context: the wordings of vLLM, SGLang, llama.cpp, text-generation-inference and cloud services.
    static func isMeant(by said: String) -> Bool {
        let text = said.lowercased()
        return [
            "context length", "context_length", "context window", "context size", "maximum context", "max_model_len",
            "maximum model length", "prompt is too long", "input is too long", "too many tokens",
            "exceed_context", "token count exceeds", "`max_new_tokens` must be <=",
        ].contains { text.contains($0) }
    }
}

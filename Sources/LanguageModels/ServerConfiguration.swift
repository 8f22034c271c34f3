// SPDX-License-Identifier: Apache-2.0
public import Foundation

/// Which server to ask for which model, and how patiently.
public struct ServerConfiguration: Sendable, Hashable {
    /// The API's address, such as `http://127.0.0.1:8000/v1`, of every server of the model. It identifies nothing: the same model elsewhere gives the same
    /// answers.
    public var urls: [URL]
    /// The first of `urls`, which there always is.
    public var url: URL { urls[0] }
    /// The model's name on the server.
    public var model: String
    /// The environment variable that holds the API key; nil for `OPENAI_API_KEY`, which may then be missing.
    public var apiKeyVariable: String?
    /// How long one attempt may take, from sending to the last byte.
    public var timeoutSeconds: Double
    /// How long this run may ask the server, counted from its first request; nil for ever.
    public var deadlineSeconds: Double?
    /// How many requests may be under way.
    public var concurrency: Int
    /// How often a request is tried again when the server is overloaded, fails or hangs up.
    public var retries: Int
    /// How long nothing at all may be answered before failures count as retries; nil where they count at once.
    public var outageSeconds: Double?
    /// How the endpoints call the limit of generated tokens.
    public var maxTokensField: MaxTokensField
    /// Fields laid over the body of every request; a null removes a field. Part of the model's identity.
    public var extra: [String: JSON]
    /// How many requests may be under way at all servers together.
    public var totalConcurrency: Int { concurrency * urls.count }

    public init(
        url: URL, others: [URL] = [], model: String, apiKeyVariable: String? = nil, timeoutSeconds: Double = 120,
        deadlineSeconds: Double? = nil, concurrency: Int = 16, retries: Int = 6, outageSeconds: Double? = nil,
        maxTokensField: MaxTokensField = .maxTokens, extra: [String: JSON] = [:]
    ) {
        urls = [url] + others
        self.model = model
        self.apiKeyVariable = apiKeyVariable
        self.timeoutSeconds = timeoutSeconds
        self.deadlineSeconds = deadlineSeconds
        self.concurrency = concurrency
        self.retries = retries
        self.outageSeconds = outageSeconds
        self.maxTokensField = maxTokensField
        self.extra = extra
    }

    /// The address of an endpoint.
    ///
    /// - Parameter besideVersion: whether it lies beside `/v1` rather than below it, as `/pooling` does.
    func endpoint(_ path: String, besideVersion: Bool = false, of url: URL) -> URL {
        let base = besideVersion && url.lastPathComponent == "v1" ? url.deletingLastPathComponent() : url
        return base.appendingPathComponent(path)
    }
}

/// What a request calls the most tokens that may be generated.
public enum MaxTokensField: String, Sendable, Hashable, Codable, CaseIterable {
    case maxTokens = "max_tokens"
    /// What some reasoning models demand.
    case maxCompletionTokens = "max_completion_tokens"
}

/// Which endpoint of an OpenAI-compatible server generates text.
public enum CompletionAPI: String, Sendable, Hashable, CaseIterable {
    /// `/chat/completions`: the server lays out the conversation.
    case chat
    /// `/completions`: the client lays it out.
    case completions

    var path: String { self == .chat ? "chat/completions" : "completions" }
}

/// How a system and a user message become one prompt for models that are not asked through a chat endpoint.
public enum PromptTemplate: String, Sendable, Hashable, CaseIterable {
    /// The turns of Qwen2.5 and others, with the assistant's turn begun.
    case chatML = "chatml"
    /// The texts one after the other.
    case plain

    /// - Parameter continuesLast: whether the last message is to be continued, rather than a new turn of the assistant begun.
    public func prompt(_ messages: [ChatMessage], continuesLast: Bool) -> String {
        guard let last = messages.last, continuesLast else {
            let system = messages.first { $0.role == .system }?.content
            let user = messages.filter { $0.role == .user }.map(\.content).joined(separator: "\n\n")
            return prompt(system: system, user: user)
        }
        return prompt(messages.dropLast(), continuesLast: false) + last.content
    }

    public func prompt(system: String?, user: String) -> String {
        switch self {
        case .chatML:
            func turn(_ role: String, _ text: String) -> String { "<|im_start|>\(role)\n\(text)<|im_end|>\n" }
            return (system.map { turn("system", $0) } ?? "") + turn("user", user) + "<|im_start|>assistant\n"
        case .plain:
            return (system.map { "\($0)\n\n" } ?? "") + user + "\n"
        }
    }
}

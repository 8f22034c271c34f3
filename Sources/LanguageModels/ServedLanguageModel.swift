// SPDX-License-Identifier: Apache-2.0
import ContentHash
public import SelectorKit

/// A language model behind an OpenAI-compatible server.
public struct ServedLanguageModel: LanguageModel {
    /// How the model is asked.
    public struct Options: Sendable, Hashable {
        public var api: CompletionAPI
        /// The layout of prompts for `/completions`.
        public var template: PromptTemplate

        public init(api: CompletionAPI = .chat, template: PromptTemplate = .chatML) {
            self.api = api
            self.template = template
        }
    }

    public let client: ServerClient
    public let options: Options
    public let fingerprint: String

    public init(client: ServerClient, options: Options = Options()) {
        self.client = client
        self.options = options
        let configuration = client.configuration
        fingerprint = ContentHash.of(
            "served language model 1", configuration.model, options.api.rawValue,
            options.api == .completions ? options.template.rawValue : "",
            String(decoding: JSON.object(configuration.extra).canonical, as: UTF8.self))
    }

    public func reply(to request: LanguageModelRequest) async throws -> LanguageModelReply {
        let answer = try await client.complete(request, options: options)
        if request.topLogProbs > 0, answer.firstToken == nil {
            throw client.giveUp(
                "gives no log-probabilities, which the selector needs. Use a server that does, or a selector without them."
            )
        }
        return LanguageModelReply(text: answer.text, firstToken: answer.firstToken ?? [:], cost: answer.cost)
    }
}

extension ServerClient {
    /// Asks for a completion through either endpoint.
    ///
    /// - Parameter logitBias: added to the logits of these token ids.
    public func complete(
        _ request: LanguageModelRequest, options: ServedLanguageModel.Options, logitBias: [Int: Double] = [:]
    ) async throws -> CompletionAnswer {
        var body: [String: JSON] = [
            "model": .text(configuration.model),
            configuration.maxTokensField.rawValue: .integer(request.maxTokens),
            "temperature": .number(request.temperature),
        ]
        if let seed = request.seed { body["seed"] = .integer(Int(seed & 0x7FFF_FFFF)) }
        if !logitBias.isEmpty {
            body["logit_bias"] = .object(
                Dictionary(uniqueKeysWithValues: logitBias.map { ("\($0)", .number($1)) }))
        }
        switch options.api {
        case .chat:
            let system = request.system.map { [["role": "system", "content": .text($0)] as JSON] } ?? []
            body["messages"] = .list(system + [["role": "user", "content": .text(request.user)]])
            if request.topLogProbs > 0 {
                body["logprobs"] = true
                body["top_logprobs"] = .integer(request.topLogProbs)
            }
        case .completions:
            body["prompt"] = .text(options.template.prompt(system: request.system, user: request.user))
            if request.topLogProbs > 0 { body["logprobs"] = .integer(request.topLogProbs) }
        }
        let answer = try await post(options.api.path, body: .object(body)) { try CompletionAnswer($0) }
        record {
            $0.promptTokens += answer.promptTokens
            $0.completionTokens += answer.completionTokens
        }
        return answer
    }

    /// Asks for one or more texts.
    ///
    /// - Throws: `ContextLengthExceeded` where prompt and answer are too long together; else as `post`.
    public func complete(
        _ request: CompletionRequest, options: ServedLanguageModel.Options
    ) async throws -> CompletionAnswer {
        var (api, body) = request.body(options, maxTokensField: configuration.maxTokensField.rawValue)
        body["model"] = .text(configuration.model)
        let answer = try await post(api.path, body: .object(body)) { try CompletionAnswer($0) }
        record {
            $0.promptTokens += answer.promptTokens
            $0.completionTokens += answer.completionTokens
        }
        return answer
    }
}

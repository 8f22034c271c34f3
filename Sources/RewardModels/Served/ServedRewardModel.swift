// SPDX-License-Identifier: Apache-2.0
import ContentHash
public import LanguageModels
public import SelectorKit

/// A reward model behind a server: a language model that answers + or -, or a model with a scalar head.
public struct ServedRewardModel: PrefixRewardModel {
    public enum API: String, Sendable, Hashable, CaseIterable {
        /// Generative, `/chat/completions`.
        case chat
        /// Generative, `/completions`.
        case completions
        /// A scalar head through `/pooling`, as vLLM serves it.
        case pooling
        /// A scalar head through `/classify`, as vLLM serves it.
        case classify

        /// The generative endpoint; nil for scalar heads.
        var completion: CompletionAPI? { CompletionAPI(rawValue: rawValue) }
    }

    /// What is done to the number that a scalar head gives.
    public enum Activation: String, Sendable, Hashable, CaseIterable {
        case sigmoid
        /// The server gives a probability already.
        case none
    }

    public struct Options: Sendable, Hashable {
        public var api: API
        public var tokens: GenerativeReward
        /// How many alternatives of the first token are asked for.
        public var topLogProbs: Int
        /// Added to the logits of these token ids, all equally, so that they are among the alternatives and their ratio stays.
        public var logitBias: LogitBias?
        public var prompt: RewardPrompt
        /// The layout of prompts where the server does not lay them out.
        public var template: PromptTemplate
        public var activation: Activation

        public init(
            api: API = .chat, tokens: GenerativeReward = GenerativeReward(), topLogProbs: Int = 20,
            logitBias: LogitBias? = nil, prompt: RewardPrompt = RewardPrompt(), template: PromptTemplate = .chatML,
            activation: Activation? = nil
        ) {
            self.api = api
            self.tokens = tokens
            self.topLogProbs = topLogProbs
            self.logitBias = logitBias
            self.prompt = prompt
            self.template = template
            self.activation = activation ?? (api == .pooling ? .sigmoid : .none)
        }
    }

    public struct LogitBias: Sendable, Hashable {
        public var tokenIDs: [Int]
        public var bias: Double

        public init(tokenIDs: [Int], bias: Double) {
            self.tokenIDs = tokenIDs
            self.bias = bias
        }
    }

    public let client: ServerClient
    public let options: Options
    public let fingerprint: String
    private let check: TokenCheck

    public init(client: ServerClient, options: Options = Options()) {
        self.client = client
        self.options = options
        fingerprint = Self.fingerprint(client.configuration, options)
        check = TokenCheck()
    }

    public var distinguishesWholePrograms: Bool { options.prompt.showsCompleteness }

    /// Covers what a reward depends on: not the server's address, the key, or how patiently it is asked.
    private static func fingerprint(_ server: ServerConfiguration, _ options: Options) -> String {
        var parts = ["served reward model 1", server.model, options.api.rawValue, options.prompt.hash]
        if options.api.completion != nil {
            parts += ["plus"] + options.tokens.plus + ["minus"] + options.tokens.minus + ["\(options.topLogProbs)"]
            if let bias = options.logitBias { parts += ["bias", "\(bias.tokenIDs.sorted())", "\(bias.bias)"] }
        } else {
            parts.append(options.activation.rawValue)
        }
        if options.api != .chat { parts.append(options.template.rawValue) }
        parts.append(String(decoding: JSON.object(server.extra).canonical, as: UTF8.self))
        return ContentHash.of(parts)
    }

    public func reward(for prefix: RewardedPrefix, of problem: Problem) async throws -> PrefixReward {
        let messages = try options.prompt.messages(for: prefix, of: problem)
        if messages.isShortened { client.record { $0.shortened += 1 } }
        guard let api = options.api.completion else { return try await scalarReward(messages) }
        let (reading, cost) = try await ask(messages, api)
        switch reading {
        case .exact(let value):
            check.passed()
            return PrefixReward(value, cost: cost)
        case .bounded(let value):
            check.passed()
            return PrefixReward(value, cost: cost + Cost(approximations: 1))
        case .undecided:
            // Either this prompt is odd, or the tokens are wrong and every reward would be 0.5.
            try await check.run { try await tokensAreFound(api) }
            client.record { $0.undecided += 1 }
            return PrefixReward(0.5, cost: cost + Cost(approximations: 1))
        }
    }

    private func ask(
        _ messages: RewardPrompt.Messages, _ api: CompletionAPI
    ) async throws -> (GenerativeReward.Reading, Cost) {
        let (logProbs, cost) = try await firstToken(messages, api)
        return (options.tokens.read(logProbs), cost)
    }

    private func firstToken(
        _ messages: RewardPrompt.Messages, _ api: CompletionAPI
    ) async throws -> ([String: Double], Cost) {
        let request = LanguageModelRequest(
            system: messages.system, user: messages.user, maxTokens: 1, temperature: 0,
            topLogProbs: options.topLogProbs)
        let bias = options.logitBias.map { bias in
            Dictionary(bias.tokenIDs.map { ($0, bias.bias) }) { first, _ in first }
        }
        let answer = try await client.complete(
            request, options: .init(api: api, template: options.template), logitBias: bias ?? [:])
        guard let logProbs = answer.firstToken, !logProbs.isEmpty else {
            throw client.giveUp(
                "gives no log-probabilities, from which rewards are read. Start it with log-probabilities enabled, or try 'api: \(api == .chat ? "completions" : "chat")'."
            )
        }
        return (logProbs, answer.cost)
    }

    /// Asks about a program that is plainly right, to see whether the model knows the tokens at all.
    private func tokensAreFound(_ api: CompletionAPI) async throws {
        let problem = Problem(
            id: "check", benchmark: "", statement: "Print the sum of two integers from standard input.")
        let program = RewardedPrefix("print(sum(map(int, input().split())))\n", isWhole: true)
        let messages = try RewardPrompt(kind: options.prompt.kind).messages(for: program, of: problem)
        let (logProbs, _) = try await firstToken(messages, api)
        guard options.tokens.read(logProbs) == .undecided else { return }
        let likely = logProbs.sorted { ($0.value, $1.key) > ($1.value, $0.key) }.prefix(5).map { "'\($0.key)'" }
        func quoted(_ spellings: [String]) -> String { spellings.map { "'\($0)'" }.joined(separator: " or ") }
        throw client.giveUp(
            "never answers \(quoted(options.tokens.plus)) or \(quoted(options.tokens.minus)): its likeliest first tokens are "
                + "\(likely.joined(separator: ", ")). Each must be a single token of the model: set 'plus' and 'minus' to tokens that it has, "
                + "raise 'topLogProbs', or force them into the list with 'logitBias'.")
    }

    private func scalarReward(_ messages: RewardPrompt.Messages) async throws -> PrefixReward {
        let prompt = options.template.prompt(system: messages.system, user: messages.user)
        let api = options.api
        let answer = try await client.post(
            api.rawValue, besideVersion: true,
            body: ["model": .text(client.configuration.model), "input": .text(prompt)]
        ) { try ScalarAnswer(JSON($0), api: api) }
        client.record { $0.promptTokens += answer.promptTokens }
        let value = options.activation == .sigmoid ? GenerativeReward.sigmoid(answer.value) : answer.value
        guard (0...1).contains(value) else {
            throw client.giveUp("gave \(answer.value) as a reward, which is not in 0…1. Set 'activation: sigmoid'.")
        }
        return PrefixReward(value, cost: Cost(calls: 1, promptTokens: answer.promptTokens))
    }
}

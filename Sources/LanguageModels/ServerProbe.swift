// SPDX-License-Identifier: Apache-2.0

import Foundation
import SelectorKit

/// What a server can do, found out by a few tiny requests.
public struct ServerProbe: Sendable, Hashable, Codable {
    /// What an endpoint or a field is good for.
    public enum Feature: String, Sendable, Hashable, Codable, CodingKeyRepresentable, CaseIterable {
        case chat, completions, severalSamples, logProbs
        case continueFinalMessage, prefix, lastMessage

        init(_ prefill: Prefill) {
            switch prefill {
            case .continueFinalMessage: self = .continueFinalMessage
            case .prefix: self = .prefix
            case .lastMessage: self = .lastMessage
            case .completions: self = .completions
            }
        }
    }

    /// The models that the server lists; nil where it lists none.
    public var models: [String]?
    /// How many tokens prompt and answer may have, where the list of models says it.
    public var contextLength: Int?
    public var chat = false
    public var completions = false
    /// Whether `n` gives as many texts as it asks for.
    public var severalSamples = false
    /// How many alternatives per token come with an answer, at most `mostAlternatives`; 0 where only the generated tokens have log-probabilities; nil for none.
    public var topLogProbs: Int?
    /// The ways of continuing an assistant's message that work.
    public var prefills: [Prefill] = []
    /// Whether answers say how many tokens they took.
    public var tellsUsage = false
    public var maxTokensField = MaxTokensField.maxTokens
    /// Whether the same seed gave the same text twice; nil where that was not tried.
    public var repeatsSeeds: Bool?
    /// What the server said where it refused something.
    public var refusals: [Feature: String] = [:]

    public static let mostAlternatives = 20

    public init() {}
}

extension ServerClient {
    /// What the server can do that matters to the generation of texts: several at once, and log-probabilities.
    ///
    /// - Parameter alternatives: how many alternatives per token to try first.
    /// - Throws: `SelectorError` where the server does not answer, refuses the key or does not know the model.
    public func probeSampling(
        _ options: ServedLanguageModel.Options, alternatives: Int = ServerProbe.mostAlternatives
    ) async throws -> ServerProbe {
        let prober = Prober(client: self, options: options)
        var probe = ServerProbe()
        try await naming { try await prober.basics(&probe) }
        try await prober.samples(&probe)
        try await prober.logProbs(&probe, first: alternatives)
        return probe
    }

    /// The ways of continuing an assistant's message that work.
    public func probePrefills(_ options: ServedLanguageModel.Options) async throws -> ServerProbe {
        let prober = Prober(client: self, options: options)
        var probe = ServerProbe()
        try await naming { try await prober.basics(&probe) }
        try await prober.prefills(&probe)
        return probe
    }

    /// Everything that can be found out.
    public func probeAll() async throws -> ServerProbe {
        var probe = ServerProbe()
        await list(&probe)
        var options = ServedLanguageModel.Options(api: .chat)
        do {
            try await Prober(client: self, options: options, toleratesMissing: true).basics(&probe)
        } catch let refusal as ProbeRefusal {
            probe.refusals[.chat] = refusal.said
            options.api = .completions
            options.template = .plain
            try await naming { try await Prober(client: self, options: options).basics(&probe) }
        }
        let prober = Prober(client: self, options: options)
        try await prober.samples(&probe)
        try await prober.logProbs(&probe, first: ServerProbe.mostAlternatives)
        try await prober.otherEndpoint(&probe)
        try await prober.prefills(&probe)
        try await prober.seeds(&probe)
        return probe
    }

    /// A refusal of what everything else needs is an error.
    private func naming(_ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let refusal as ProbeRefusal {
            throw giveUp("refuses the simplest request (status \(refusal.status)): \(refusal.said)")
        }
    }

    /// Whether no further request will be sent.
    var isGivenUp: Bool { (try? health.check()) == nil }

    /// The models that the server lists.
    ///
    /// - Throws: `SelectorError` where it gives no list.
    public func listModels() async throws -> [String] {
        guard let models = await lookUp("models")?["data"]?.list else {
            throw SelectorError(
                .unavailable,
                "The server at \(configuration.url.absoluteString) does not answer, or lists no models. Correct the address, which usually ends in /v1, or name the model."
            )
        }
        return models.compactMap { $0["id"]?.text }.sorted()
    }

    private func list(_ probe: inout ServerProbe) async {
        guard let models = await lookUp("models")?["data"]?.list else { return }
        probe.models = models.compactMap { $0["id"]?.text }.sorted()
        let own = models.first { $0["id"]?.text == configuration.model }
        probe.contextLength =
            own?["max_model_len"]?.integer ?? own?["context_length"]?.integer
            ?? own?["meta"]?["n_ctx_train"]?.integer
    }
}

/// A request of a probe that the server refuses.
struct ProbeRefusal: Error {
    var said: String
    var status: Int
}

/// Asks a server little questions, and takes a refusal for an answer.
struct Prober {
    let client: ServerClient
    let options: ServedLanguageModel.Options
    /// Whether a missing endpoint is no error.
    var toleratesMissing = false
    private static let question = [ChatMessage(role: .user, content: "Say x.")]

    /// - Throws: `ProbeRefusal` where the endpoint is missing.
    func basics(_ probe: inout ServerProbe) async throws {
        let request = CompletionRequest(messages: Self.question, maxTokens: 2, temperature: 0)
        let answer: CompletionAnswer
        do {
            answer = try await ask(request, probe, isBasic: true)
        } catch let refusal as ProbeRefusal where refusal.said.contains(MaxTokensField.maxCompletionTokens.rawValue) {
            probe.maxTokensField = .maxCompletionTokens
            answer = try await ask(request, probe, isBasic: true)
        }
        if options.api == .chat { probe.chat = true } else { probe.completions = true }
        probe.tellsUsage = answer.promptTokens > 0
    }

    func samples(_ probe: inout ServerProbe) async throws {
        let request = CompletionRequest(messages: Self.question, samples: 2, maxTokens: 2, temperature: 1)
        do {
            probe.severalSamples = try await ask(request, probe).choices.count == 2
        } catch let refusal as ProbeRefusal {
            probe.refusals[.severalSamples] = refusal.said
        }
    }

    func logProbs(_ probe: inout ServerProbe, first: Int) async throws {
        for count in [first, 5, 1, 0] where count <= first {
            let request = CompletionRequest(
                messages: Self.question, maxTokens: 2, temperature: 0, topLogProbs: count)
            do {
                guard let tokens = try await ask(request, probe).choices.first?.tokens, let token = tokens.first
                else { return }
                // A sampled token outside of the top may come on top of them.
                probe.topLogProbs = min(token.alternatives.count, count)
                return
            } catch let refusal as ProbeRefusal {
                probe.refusals[.logProbs] = refusal.said
            }
        }
    }

    func otherEndpoint(_ probe: inout ServerProbe) async throws {
        guard options.api == .chat else { return }
        let other = Prober(client: client, options: .init(api: .completions, template: .plain))
        do {
            _ = try await other.ask(
                CompletionRequest(messages: Self.question, maxTokens: 2, temperature: 0), probe)
            probe.completions = true
        } catch let refusal as ProbeRefusal {
            probe.refusals[.completions] = refusal.said
        }
    }

    /// A continued message adds its own tokens to the prompt and nothing else: no end of turn, no new turn.
    func prefills(_ probe: inout ServerProbe) async throws {
        func promptTokens(_ text: String?, _ prefill: Prefill?) async throws -> Int {
            let turn = text.map { [ChatMessage(role: .assistant, content: $0)] } ?? []
            let request = CompletionRequest(
                messages: Self.question + turn, prefill: prefill, maxTokens: 1, temperature: 0)
            return try await ask(request, probe).promptTokens
        }
        if options.api == .chat, probe.tellsUsage {
            let bare = try await promptTokens(nil, nil)
            for prefill in [Prefill.continueFinalMessage, .prefix, .lastMessage] {
                do {
                    let short = try await promptTokens("x x", prefill)
                    let long = try await promptTokens("x x x x", prefill)
                    if long > short, short > bare, (short - bare) - (long - short) <= 0 {
                        probe.prefills.append(prefill)
                    }
                } catch let refusal as ProbeRefusal {
                    probe.refusals[.init(prefill)] = refusal.said
                }
            }
        }
        if probe.completions || options.api == .completions { probe.prefills.append(.completions) }
    }

    func seeds(_ probe: inout ServerProbe) async throws {
        let request = CompletionRequest(messages: Self.question, maxTokens: 8, temperature: 1, seed: 7)
        do {
            probe.repeatsSeeds = try await ask(request, probe).text == ask(request, probe).text
        } catch is ProbeRefusal {
            probe.repeatsSeeds = nil
        }
    }

    /// - Parameter isBasic: whether nothing works where this does not: then an unknown model or endpoint is an error, and troubles are outwaited.
    private func ask(
        _ request: CompletionRequest, _ probe: ServerProbe, isBasic: Bool = false
    ) async throws -> CompletionAnswer {
        var (api, body) = request.body(options, maxTokensField: probe.maxTokensField.rawValue)
        body["model"] = .text(client.configuration.model)
        let manner = ServerClient.Manner(
            refusals: isBasic && !toleratesMissing ? [400, 422] : [400, 404, 405, 415, 422, 500, 501],
            retries: isBasic ? nil : 2)
        do {
            return try await client.post(api.path, body: .object(body), manner: manner) { try CompletionAnswer($0) }
        } catch let error as SelectorError where !isBasic && !client.isGivenUp {
            throw ProbeRefusal(said: error.message, status: 0)
        }
    }
}

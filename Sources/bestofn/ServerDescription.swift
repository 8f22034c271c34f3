// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import LanguageModels

/// What a language model server can do, in words.
struct ServerDescription {
    private let client: ServerClient
    private let address: String

    /// - Throws: `ValidationError` for an address that is none, and where the server lists no model or several and none was named.
    init(address: String, model: String?, keyVariable: String?) async throws {
        guard let url = URL(string: address), ["http", "https"].contains(url.scheme), url.host != nil else {
            throw ValidationError("'\(address)' is no address such as http://127.0.0.1:8000/v1.")
        }
        self.address = address
        func client(_ model: String) -> ServerClient {
            ServerClient(ServerConfiguration(url: url, model: model, apiKeyVariable: keyVariable, timeoutSeconds: 60))
        }
        if let model {
            self.client = client(model)
            return
        }
        let models = try await client("").listModels()
        guard models.count == 1 else {
            throw ValidationError(
                models.isEmpty
                    ? "The server lists no models. Name one with --model."
                    : "The server has several models; name one with --model: \(models.prefix(20).joined(separator: ", "))."
            )
        }
        self.client = client(models[0])
    }

    func print(json: Bool) async throws {
        let probe: ServerProbe
        do {
            probe = try await client.probeAll()
        } catch {
            try Task.checkCancellation()
            standardError("bestofn: error: \(error)")
            throw Exit.unavailable
        }
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            Swift.print(String(decoding: try encoder.encode(probe), as: UTF8.self))
            return
        }
        Swift.print("server           \(address)")
        Swift.print("model            \(client.configuration.model)\(context(probe))")
        for (name, text) in lines(probe) { Swift.print(name.padding(toLength: 17, withPad: " ", startingAt: 0) + text) }
    }

    private func context(_ probe: ServerProbe) -> String {
        var text = probe.contextLength.map { ", \($0) tokens of context" } ?? ""
        if let models = probe.models, !models.contains(client.configuration.model) {
            text += " (not in the server's list: \(models.prefix(5).joined(separator: ", ")))"
        }
        return text
    }

    private func lines(_ probe: ServerProbe) -> [(String, String)] {
        func said(_ feature: ServerProbe.Feature) -> String {
            probe.refusals[feature].map { " (\($0))" } ?? ""
        }
        let logProbs: String
        switch probe.topLogProbs {
        case nil: logProbs = "no\(said(.logProbs)): no self-certainty, no perplexity, and no rewards from + and -"
        case 0: logProbs = "of the generated tokens only: perplexity, but no self-certainty and no rewards from + and -"
        case let count?:
            logProbs =
                "yes, \(count) alternatives per token\(count < ServerProbe.mostAlternatives ? said(.logProbs) : ""): self-certainty is approximate unless that is the whole vocabulary"
        }
        let seeds =
            switch probe.repeatsSeeds {
            case true?: "the same seed gave the same text"
            case false?: "the same seed gave another text: samples cannot be drawn again"
            case nil: "refused: remove the seed with 'extra: {seed: null}'"
            }
        let prefills = probe.prefills.map(\.rawValue).joined(separator: ", ")
        return [
            ("chat", probe.chat ? "yes" : "no\(said(.chat)): use 'api: completions'"),
            ("completions", probe.completions ? "yes" : "no\(said(.completions))"),
            (
                "several samples",
                probe.severalSamples
                    ? "yes: n answers per request" : "no\(said(.severalSamples)): each sample is a request of its own"
            ),
            ("log-probs", logProbs),
            (
                "prefill",
                probe.prefills.isEmpty
                    ? "no\(probe.tellsUsage ? "" : " (cannot be told without token counts)"): rollouts ask the model to go on"
                    : "\(prefills): rollouts continue prefixes exactly"
            ),
            ("token counts", probe.tellsUsage ? "yes" : "no: costs cannot be told"),
            ("token limit", "called \(probe.maxTokensField.rawValue)"),
            (
                "seeds", seeds
            ),
        ]
    }
}

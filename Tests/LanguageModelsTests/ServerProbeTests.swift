// SPDX-License-Identifier: Apache-2.0
import Fixtures
import Foundation
import LanguageModels
import SelectorKit
import Testing

/// A server that lacks what one takes away from it.
private struct Abilities: Sendable {
    var chat = true
    var completions = true
    var n = true
    /// nil: no log-probabilities; else the most alternatives, more being refused.
    var alternatives: Int? = 20
    var continues: Prefill?
    var usage = true
    var field = "max_tokens"
    var keepsSeeds = true
    /// What features that are lacking give: a refusal, or silence.
    var refuses = true

    func server() throws -> TestServer {
        try TestServer { number, request in
            if request.method == "GET" {
                return .json(#"{"data": [{"id": "m", "max_model_len": 4096}, {"id": "other"}]}"#)
            }
            let isChat = request.path.hasSuffix("/chat/completions")
            guard isChat ? chat : completions else { return .status(404, body: #"{"detail": "Not Found"}"#) }
            let body = request.json
            func refusal(_ text: String) -> TestServer.Reply {
                .status(400, body: #"{"error": {"message": "\#(text)"}}"#)
            }
            guard body[field] != nil else { return refusal("Unsupported parameter: use '\(field)' instead.") }
            let wanted = body["n"] as? Int ?? 1
            if wanted > 1, !n, refuses { return refusal("n must be 1") }
            let asksLogs = body["logprobs"] != nil
            let tops = (isChat ? body["top_logprobs"] : body["logprobs"]) as? Int ?? 0
            if asksLogs, refuses, alternatives.map({ tops > $0 }) ?? true { return refusal("too many logprobs") }
            let messages = body["messages"] as? [[String: Any]] ?? []
            // A token per word, and five for an end of turn with a new one.
            var tokens = messages.reduce(0) { $0 + (($1["content"] as? String)?.split(separator: " ").count ?? 0) } + 5
            if messages.last?["role"] as? String == "assistant" {
                let asked: Bool =
                    switch continues {
                    case .continueFinalMessage: body["continue_final_message"] as? Bool == true
                    case .prefix: messages.last?["prefix"] as? Bool == true
                    case .lastMessage: true
                    case .completions, nil: false
                    }
                if !asked { tokens += 5 }
            }
            let logs =
                asksLogs && alternatives != nil
                ? #", "logprobs": {"content": [{"token": "x", "logprob": -0.1, "top_logprobs": [\#((0..<tops).map { #"{"token": "\#($0)", "logprob": -1}"# }.joined(separator: ","))]}]}"#
                : ""
            let text = keepsSeeds ? "x" : "x\(number)"
            let choice = #"{"message": {"content": "\#(text)"}, "text": "\#(text)"\#(logs)}"#
            let choices = Array(repeating: choice, count: n ? wanted : 1).joined(separator: ",")
            let used = usage ? #", "usage": {"prompt_tokens": \#(tokens), "completion_tokens": 2}"# : ""
            return .json(#"{"choices": [\#(choices)]\#(used)}"#)
        }
    }
}

@Suite struct ServerProbeTests {
    private func probe(_ abilities: Abilities, model: String = "m") async throws -> ServerProbe {
        let server = try abilities.server()
        defer { server.stop() }
        let configuration = ServerConfiguration(url: try #require(URL(string: server.url)), model: model)
        return try await ServerClient(configuration, environment: [:], timing: TestTime().timing).probeAll()
    }

    @Test func everythingIsFound() async throws {
        let probe = try await probe(Abilities(continues: .continueFinalMessage))
        #expect(probe.models == ["m", "other"] && probe.contextLength == 4096)
        #expect(probe.chat && probe.completions && probe.severalSamples && probe.tellsUsage)
        #expect(probe.topLogProbs == 20 && probe.repeatsSeeds == true)
        #expect(probe.prefills == [.continueFinalMessage, .completions])
        #expect(probe.refusals.isEmpty)
        let text = String(decoding: try JSONEncoder().encode(probe), as: UTF8.self)
        #expect(text.contains(#""refusals":{}"#))
    }

    @Test(arguments: [true, false]) func whatIsLackingIsFound(_ refuses: Bool) async throws {
        let lacking = try await probe(Abilities(n: false, alternatives: nil, keepsSeeds: false, refuses: refuses))
        #expect(!lacking.severalSamples && lacking.topLogProbs == nil && lacking.repeatsSeeds == false)
        #expect(lacking.prefills == [.completions])
        #expect((lacking.refusals[.severalSamples] == "n must be 1.") == refuses)
    }

    @Test(arguments: [(5, 5), (3, 1), (0, 0)]) func theLargestNumberOfAlternativesIsFound(_ most: Int, _ found: Int)
        async throws
    {
        #expect(try await probe(Abilities(alternatives: most)).topLogProbs == found)
    }

    @Test(arguments: [Prefill.prefix, .lastMessage]) func waysToContinueAreFound(_ prefill: Prefill) async throws {
        let found = try await probe(Abilities(completions: false, continues: prefill)).prefills
        // A server that continues any last message does so whatever is said besides.
        #expect(found == (prefill == .prefix ? [.prefix] : [.continueFinalMessage, .prefix, .lastMessage]))
    }

    @Test func withoutTokenCountsNothingIsClaimed() async throws {
        let probe = try await probe(Abilities(continues: .continueFinalMessage, usage: false))
        #expect(!probe.tellsUsage && probe.prefills == [.completions])
    }

    @Test func reasoningModelsNameTheLimitOtherwise() async throws {
        #expect(try await probe(Abilities(field: "max_completion_tokens")).maxTokensField == .maxCompletionTokens)
    }

    @Test func baseModelsHaveNoChat() async throws {
        let probe = try await probe(Abilities(chat: false))
        #expect(!probe.chat && probe.completions && probe.topLogProbs == 20 && probe.refusals[.chat] != nil)
    }

    @Test func anEndpointThatIsMissingIsAnError() async throws {
        await #expect {
            _ = try await probe(Abilities(chat: false, completions: false))
        } throws: {
            "\($0)".contains("has the model but no '/v1/completions'")
        }
        await #expect {
            _ = try await probe(Abilities(chat: false, completions: false), model: "mine")
        } throws: {
            "\($0)".contains("does not have the model. Available: m, other")
        }
    }
}

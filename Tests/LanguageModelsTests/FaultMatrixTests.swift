// SPDX-License-Identifier: Apache-2.0
import Fixtures
import Foundation
import LanguageModels
import SelectorKit
import Synchronization
import Testing

/// Every fault at every endpoint in every phase: each request ends answered, once.
@Suite struct FaultMatrixTests {
    enum Fault: String, CaseIterable, Sendable {
        case dropped, stalled, truncated, unavailable, failing, overloaded, overloadedForASecond, notJSON, noChoices,
            error

        var reply: TestServer.Reply {
            switch self {
            case .dropped: .drop
            case .stalled: .hang
            case .truncated: .truncated(body: #"{"choices": [{"te"#)
            case .unavailable: .status(503, body: #"{"error": {"message": "loading"}}"#)
            case .failing: .status(500, body: "Internal Server Error")
            case .overloaded: .status(429, body: #"{"error": "too many requests"}"#)
            case .overloadedForASecond: .status(429, headers: ["Retry-After": "1"], body: "{}")
            case .notJSON: .status(200, body: "<html>")
            case .noChoices: .json(#"{"choices": []}"#)
            case .error: .json(#"{"error": {"message": "out of memory"}}"#)
            }
        }
    }

    enum Endpoint: String, CaseIterable, Sendable { case chat, completions }

    enum Phase: String, CaseIterable, Sendable {
        case first, middle, last

        func contains(_ number: Int) -> Bool {
            switch self {
            case .first: number < 3
            case .middle: (9..<12).contains(number)
            case .last: (17..<20).contains(number)
            }
        }
    }

    @Test(arguments: Fault.allCases, Endpoint.allCases)
    func eachRequestIsAnsweredOnce(_ fault: Fault, _ endpoint: Endpoint) async throws {
        for phase in Phase.allCases {
            let given = Mutex<[String]>([])
            let server = try TestServer { number, request in
                if phase.contains(number) { return fault.reply }
                let text =
                    request.json["prompt"] as? String
                    ?? ((request.json["messages"] as? [[String: Any]])?.last?["content"] as? String ?? "")
                given.withLock { $0.append(text) }
                let choice = endpoint == .chat ? #"{"message": {"content": "ok"}}"# : #"{"text": "ok"}"#
                return .json(#"{"choices": [\#(choice)], "usage": {"prompt_tokens": 1, "completion_tokens": 1}}"#)
            }
            defer { server.stop() }
            var configuration = ServerConfiguration(url: try #require(URL(string: server.url)), model: "m")
            configuration.concurrency = 2
            configuration.timeoutSeconds = fault == .stalled ? 0.3 : 30
            let client = ServerClient(configuration, environment: [:], timing: TestTime().timing)
            let options = ServedLanguageModel.Options(api: endpoint == .chat ? .chat : .completions, template: .plain)
            let texts = try await withThrowingTaskGroup(of: String.self) { group in
                for number in 0..<17 {
                    group.addTask {
                        let message = ChatMessage(role: .user, content: "q\(number)")
                        let request = CompletionRequest(messages: [message], maxTokens: 5, temperature: 0)
                        return try await client.complete(request, options: options).text
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(texts == Array(repeating: "ok", count: 17), "\(fault) \(endpoint) \(phase)")
            let questions = given.withLock { $0.map { $0.trimmingCharacters(in: .newlines) } }
            #expect(Set(questions).count == 17 && questions.count == 17, "\(fault) \(endpoint) \(phase)")
            #expect(client.activity.answered == 17)
        }
    }
}

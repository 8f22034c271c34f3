// SPDX-License-Identifier: Apache-2.0
import Fixtures
import Foundation
import LanguageModels
import SelectorKit
import Synchronization
import Testing

/// Every fault at every endpoint in every phase: each request ends answered, once.
@Suite struct FaultMatrixTests {
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

    @Test(arguments: ServerFault.allCases, Endpoint.allCases)
    func eachRequestIsAnsweredOnce(_ fault: ServerFault, _ endpoint: Endpoint) async throws {
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

// SPDX-License-Identifier: Apache-2.0
import Fixtures
import Foundation
import LanguageModels
import SelectorKit
import Synchronization
import Testing

@Suite struct ServerClientTests {
    private static let answer = TestServer.Reply.json(
        #"{"choices": [{"message": {"content": "yes"}}], "usage": {"prompt_tokens": 3, "completion_tokens": 1}}"#)
    private let request = LanguageModelRequest(user: "?", maxTokens: 1, temperature: 0)

    private func client(
        _ server: TestServer, time: TestTime = TestTime(), environment: [String: String] = [:],
        change: (inout ServerConfiguration) -> Void = { _ in }
    ) throws -> ServerClient {
        var configuration = ServerConfiguration(url: try #require(URL(string: server.url)), model: "m")
        change(&configuration)
        return ServerClient(configuration, environment: environment, timing: time.timing)
    }

    @Test(arguments: [
        TestServer.Reply.drop, .truncated(body: #"{"choices": ["#), .status(500, body: "oops"),
        .status(429, body: "{}"),
        .status(200, body: "not json"), .json(#"{"choices": []}"#),
    ])
    func passingTroubleIsRetried(_ trouble: TestServer.Reply) async throws {
        let server = try TestServer { number, _ in number == 1 ? trouble : Self.answer }
        defer { server.stop() }
        let client = try client(server)
        for _ in 0..<2 { #expect(try await client.complete(request, options: .init()).text == "yes") }
        #expect(server.requests.count == 3)
        #expect(client.activity.answered == 2)
        // Where a kept connection ends without a word, the transport sends the request again by itself.
        let isResent = if case .drop = trouble { true } else { false }
        #expect(client.activity.retried == (isResent ? 0 : 1))
        #expect(client.activity.promptTokens == 6)
    }

    @Test func aServerThatWantsToBeLeftAloneIs() async throws {
        let server = try TestServer { number, _ in
            number == 0 ? .status(429, headers: ["Retry-After": "7"], body: "{}") : Self.answer
        }
        defer { server.stop() }
        let time = TestTime()
        _ = try await client(server, time: time).complete(request, options: .init())
        #expect(time.sleeps == [.seconds(7)])
    }

    @Test func anAbsentServerIsSaidOnceAndQuickly() async throws {
        let absent = try ClosedPort()
        let time = TestTime()
        let client = ServerClient(
            ServerConfiguration(url: try #require(URL(string: absent.url)), model: "m"), environment: [:],
            timing: time.timing)
        var messages: Set<String> = []
        for _ in 0..<5 {
            do {
                _ = try await client.complete(request, options: .init())
            } catch {
                messages.insert("\(error)")
            }
        }
        #expect(messages.count == 1)
        #expect(messages.first?.contains("does not answer") == true, "\(messages)")
        #expect(messages.first?.contains("\(absent.port)") == true)
        #expect(time.sleeps.count <= 3)
    }

    @Test func aStalledAnswerIsGivenUpInTime() async throws {
        let server = try TestServer { number, _ in number == 0 ? .hang : Self.answer }
        defer { server.stop() }
        let client = try client(server) { $0.timeoutSeconds = 0.5 }
        #expect(try await client.complete(request, options: .init()).text == "yes")
        // A loaded machine may stall a later answer too.
        #expect(client.activity.retried >= 1)
    }

    @Test func anUnknownModelNamesThoseThatThereAre() async throws {
        let server = try TestServer { _, request in
            request.path.hasSuffix("/models")
                ? .json(#"{"data": [{"id": "alpha"}, {"id": "beta"}]}"#)
                : .status(404, body: #"{"error": {"message": "no such model"}}"#)
        }
        defer { server.stop() }
        let client = try client(server)
        await #expect {
            try await client.complete(request, options: .init())
        } throws: {
            "\($0)".contains("does not have the model. Available: alpha, beta.")
        }
    }

    @Test func theKeyTravelsInTheHeaderAloneAndIsNeverShown() async throws {
        let server = try TestServer { _, request in
            .status(401, body: #"{"error": {"message": "bad key \#(request.headers["authorization"] ?? "")"}}"#)
        }
        defer { server.stop() }
        let client = try client(server, environment: ["MY_KEY": "sk-secret"]) { $0.apiKeyVariable = "MY_KEY" }
        await #expect {
            try await client.complete(request, options: .init())
        } throws: {
            "\($0)".contains("MY_KEY") && !"\($0)".contains("sk-secret")
        }
        #expect(server.requests.first?.headers["authorization"] == "Bearer sk-secret")
        #expect(!"\(client)".contains("sk-secret"))
        var text = ""
        dump(client, to: &text)
        #expect(!text.contains("sk-secret"))
    }

    @Test func aNamedKeyThatIsMissingIsSaidBeforeAnythingIsSent() async throws {
        let server = try TestServer { _, _ in Self.answer }
        defer { server.stop() }
        let client = try client(server) { $0.apiKeyVariable = "MY_KEY" }
        await #expect {
            try await client.complete(request, options: .init())
        } throws: {
            "\($0)".contains("set the environment variable MY_KEY")
        }
        #expect(server.requests.isEmpty)
    }

    @Test func noMoreThanTheBoundIsUnderWay() async throws {
        let busy = Mutex((now: 0, most: 0))
        let server = try TestServer { _, _ in
            busy.withLock {
                $0.now += 1; $0.most = max($0.most, $0.now)
            }
            usleep(20_000)
            busy.withLock { $0.now -= 1 }
            return Self.answer
        }
        defer { server.stop() }
        let client = try client(server) { $0.concurrency = 3 }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<30 { group.addTask { _ = try await client.complete(request, options: .init()) } }
            try await group.waitForAll()
        }
        #expect(server.requests.count == 30)
        #expect(busy.withLock { $0.most } <= 3)
    }

    @Test func aWaitBeyondTheDeadlineIsAnError() async throws {
        let server = try TestServer { _, _ in .status(503, headers: ["Retry-After": "600"], body: "") }
        defer { server.stop() }
        let client = try client(server) { $0.deadlineSeconds = 60 }
        await #expect {
            try await client.complete(request, options: .init())
        } throws: {
            "\($0)".contains("longer than this run's deadline")
        }
    }

    /// The wordings of vLLM, SGLang, llama.cpp, text-generation-inference and cloud services; the last two are about something else.
    @Test(arguments: [
        (
            400, #"{"message": "This model's maximum context length is 4096 tokens. However, you requested 5000."}"#,
            true
        ),
        (
            400, #"{"message": "The input (5000 tokens) is longer than the model's context length (4096 tokens)."}"#,
            true
        ),
        (400, #"{"code": 400, "message": "too long", "type": "exceed_context_size_error"}"#, true),
        (422, #"{"message": "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 2048."}"#, true),
        (400, #"{"message": "Reduce it", "code": "context_length_exceeded"}"#, true),
        (413, #"{"message": "The input token count exceeds the maximum number of tokens allowed."}"#, true),
        (400, #"{"message": "Unsupported value: 'temperature' does not support 0."}"#, false),
        (422, #"{"message": "n must be 1"}"#, false),
    ]) func promptsThatAreTooLongAreRecognised(_ status: Int, _ error: String, _ isTooLong: Bool) async throws {
        let server = try TestServer { _, _ in .status(status, body: #"{"error": \#(error)}"#) }
        defer { server.stop() }
        let client = try client(server)
        do {
            _ = try await client.complete(request, options: .init())
            Issue.record("There was no error.")
        } catch {
            #expect((error is ContextLengthExceeded) == isTooLong, "\(error)")
        }
        #expect(server.requests.count == 1)
    }

    @Test func quotasPerMinuteAreWaitedFor() async throws {
        let body =
            #"{"error": {"message": "You exceeded your current quota, please check your plan and billing details."}}"#
        let server = try TestServer { number, _ in
            number == 0 ? .status(429, headers: ["Retry-After": "7"], body: body) : Self.answer
        }
        defer { server.stop() }
        #expect(try await client(server).complete(request, options: .init()).text == "yes")
        let spent = try TestServer { _, _ in .status(429, body: body) }
        defer { spent.stop() }
        await #expect {
            try await client(spent).complete(request, options: .init())
        } throws: {
            "\($0)".contains("refuses to go on")
        }
        #expect(spent.requests.count == 1)
    }
}

// SPDX-License-Identifier: Apache-2.0
import Fixtures
import Foundation
import LanguageModels
import SelectorKit
import Synchronization
import Testing

@Suite struct SeveralServersTests {
    private static let answer = TestServer.Reply.json(
        #"{"choices": [{"message": {"content": "yes"}}], "usage": {"prompt_tokens": 3, "completion_tokens": 1}}"#)

    private func client(
        _ urls: [String], time: TestTime? = nil, change: (inout ServerConfiguration) -> Void = { _ in }
    ) throws -> ServerClient {
        let urls = try urls.map { try #require(URL(string: $0)) }
        var configuration = ServerConfiguration(url: urls[0], others: Array(urls.dropFirst()), model: "m")
        change(&configuration)
        return ServerClient(configuration, environment: [:], timing: time?.timing ?? .real)
    }

    private func ask(_ client: ServerClient, times: Int, atOnce: Int = 4) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<times {
                if number >= atOnce { try await group.next() }
                group.addTask {
                    let request = CompletionRequest(
                        messages: [ChatMessage(role: .user, content: "q\(number)")], maxTokens: 1, temperature: 0)
                    _ = try await client.complete(request, options: .init())
                }
            }
            try await group.waitForAll()
        }
    }

    @Test func workGoesToWhoeverIsFree() async throws {
        let answered = Mutex(0)
        // Answers nothing before the other has answered twenty.
        let slow = try TestServer { _, _ in
            for _ in 0..<3000 where answered.withLock({ $0 < 20 }) { usleep(10_000) }
            return Self.answer
        }
        let fast = try TestServer { _, _ in
            answered.withLock { $0 += 1 }
            return Self.answer
        }
        defer {
            slow.stop()
            fast.stop()
        }
        let client = try client([slow.url, fast.url]) { $0.concurrency = 2 }
        try await ask(client, times: 60)
        #expect(slow.requests.count + fast.requests.count == 60)
        #expect(fast.requests.count >= 20)
        #expect(slow.requests.count > 0)
    }

    @Test func anAbsentServerIsLeftOut() async throws {
        let gone = try TestServer { _, _ in .drop }
        gone.stop()
        let server = try TestServer { _, _ in Self.answer }
        defer { server.stop() }
        let client = try client([gone.url, server.url])
        try await ask(client, times: 40)
        #expect(server.requests.count == 40)
        #expect(client.activity.retried <= 8)
    }

    @Test func aServerThatDiesIsReplacedByTheOthers() async throws {
        let dying = Mutex(0)
        let first = try TestServer { _, _ in
            dying.withLock { count -> Bool in
                count += 1
                return count > 10
            } ? .drop : Self.answer
        }
        let second = try TestServer { _, _ in Self.answer }
        defer {
            first.stop()
            second.stop()
        }
        let client = try client([first.url, second.url])
        try await ask(client, times: 80)
        #expect(client.activity.answered == 80)
    }

    @Test func allAbsentIsAnError() async throws {
        let urls = try (0..<2).map { _ in
            let server = try TestServer { _, _ in .drop }
            server.stop()
            return server.url
        }
        let client = try client(urls, time: TestTime())
        await #expect {
            try await ask(client, times: 1)
        } throws: {
            "\($0)".contains("does not answer") && "\($0)".contains("Nor does the other one")
        }
    }

    @Test func aPausedServerIsNotWaitedFor() async throws {
        let tired = try TestServer { _, _ in .status(429, headers: ["Retry-After": "3600"], body: "{}") }
        let server = try TestServer { _, _ in Self.answer }
        defer {
            tired.stop()
            server.stop()
        }
        let time = TestTime()
        let client = try client([tired.url, server.url], time: time)
        try await ask(client, times: 30)
        #expect(server.requests.count == 30)
        #expect(tired.requests.count <= 4)
        #expect(time.sleeps.isEmpty)
    }

    @Test func overloadLowersTheNumberUnderWay() async throws {
        // More than four at a time are too many for this one.
        let busy = Mutex((now: 0, refused: 0, most: 0))
        let server = try TestServer { _, _ in
            let isTooMuch = busy.withLock { state in
                state.now += 1
                state.most = max(state.most, state.now)
                if state.now > 4 { state.refused += 1 }
                return state.now > 4
            }
            usleep(10_000)
            busy.withLock { $0.now -= 1 }
            return isTooMuch ? .status(429, body: "{}") : Self.answer
        }
        defer { server.stop() }
        var configuration = ServerConfiguration(url: try #require(URL(string: server.url)), model: "m")
        configuration.concurrency = 32
        configuration.retries = 60
        let real = RetryTiming.real
        // Pauses that are short, so that the test is.
        let timing = RetryTiming(
            now: real.now, date: real.date, sleep: { try await Task.sleep(for: $0 / 20) }, jitter: real.jitter)
        let client = ServerClient(configuration, environment: [:], timing: timing)
        try await ask(client, times: 400, atOnce: 32)
        #expect(client.activity.answered == 400)
        #expect(client.placesPerServer[0] < 32)
    }

    @Test func anOutageIsWaitedFor() async throws {
        let time = TestTime()
        let down = Mutex(0)
        let server = try TestServer { number, _ in
            // Works, then is down for 200 attempts, far more than the retries.
            guard number > 0 else { return Self.answer }
            return down.withLock { count -> Bool in
                count += 1
                return count <= 200
            } ? .status(503, body: "{}") : Self.answer
        }
        defer { server.stop() }
        let told = Mutex<[String]>([])
        var configuration = ServerConfiguration(url: try #require(URL(string: server.url)), model: "m")
        configuration.outageSeconds = 40_000
        let client = ServerClient(configuration, environment: [:], timing: time.timing) { text in
            told.withLock { $0.append(text) }
        }
        try await ask(client, times: 5, atOnce: 1)
        #expect(client.activity.answered == 5 && client.activity.retried == 200)
        let notes = told.withLock { $0 }
        #expect(notes.count > 3 && notes.allSatisfy { $0.contains("gives no answers: status 503") })
        // Without that patience the same is an error soon.
        let impatient = try self.client([server.url], time: TestTime())
        down.withLock { $0 = 0 }
        await #expect(throws: SelectorError.self) { try await ask(impatient, times: 1) }
    }
}

// SPDX-License-Identifier: Apache-2.0
import Fixtures
import Foundation
import LanguageModels
import Synchronization
import Testing

@Suite struct CurlTransportTests {
    private static func request(_ server: TestServer, _ body: String = "{}", seconds: Double? = 60) throws
        -> HTTPRequest
    {
        HTTPRequest(
            method: "POST", url: try #require(URL(string: server.url + "/echo")),
            headers: ["Content-Type": "application/json"], body: Data(body.utf8), timeLimit: seconds)
    }

    /// What a request fails with.
    private static func failure(_ transport: CurlTransport, _ request: HTTPRequest) async -> (any Error)? {
        do {
            _ = try await transport.send(request)
            return nil
        } catch {
            return error
        }
    }

    /// A server that answers with the request's own body.
    private static func echo() throws -> TestServer {
        try TestServer { _, request in .json(String(decoding: request.body, as: UTF8.self)) }
    }

    @Test func whatIsSentArrivesAndWhatIsAnsweredComesBack() async throws {
        let server = try TestServer { _, request in
            .status(418, headers: ["X-Kind": " pot\t", "x-many": "1"], body: "é\(request.method)")
        }
        defer { server.stop() }
        let transport = CurlTransport(concurrency: 2)
        let large = String(repeating: "é", count: 700_000)
        let answer = try await transport.send(Self.request(server, large))
        #expect(answer.status == 418)
        #expect(answer.headers["x-kind"] == "pot" && answer.headers["content-type"] == "application/json")
        #expect(String(decoding: answer.body, as: UTF8.self) == "éPOST")
        var get = try Self.request(server)
        (get.method, get.body) = ("GET", nil)
        #expect(String(decoding: try await transport.send(get).body, as: UTF8.self) == "éGET")
        (get.method, get.body) = ("POST", Data())
        _ = try await transport.send(get)

        let requests = server.requests
        #expect(requests.map(\.method) == ["POST", "GET", "POST"])
        #expect(requests.map(\.body.count) == [1_400_000, 0, 0])
        #expect(requests[0].body == Data(large.utf8))
        #expect(requests[0].headers["content-type"] == "application/json")
        #expect(requests.allSatisfy { $0.headers["expect"] == nil })
        #expect(server.connections == 1)
    }

    @Test func manyRequestsShareFewConnections() async throws {
        let server = try Self.echo()
        defer { server.stop() }
        let transport = CurlTransport(concurrency: 8)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<8 {
                group.addTask {
                    for index in 0..<200 {
                        let text = "\(worker) \(index)"
                        let answer = try await transport.send(Self.request(server, text))
                        #expect(String(decoding: answer.body, as: UTF8.self) == text)
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(server.requests.count == 1600)
        #expect(server.connections <= 8)
    }

    /// The server may close a connection while it lies idle, or just as the next request arrives.
    @Test(arguments: [false, true])
    func aConnectionThatWasClosedCostsNoRequest(_ isClosedByTheNextRequest: Bool) async throws {
        let server = try TestServer { number, request in
            let text = String(decoding: request.body, as: UTF8.self)
            if isClosedByTheNextRequest { return number % 2 == 1 ? .drop : .json(text) }
            return .last(body: text)
        }
        defer { server.stop() }
        let transport = CurlTransport(concurrency: 1)
        for index in 0..<50 {
            let answer = try await transport.send(Self.request(server, "\(index)", seconds: 20))
            #expect(String(decoding: answer.body, as: UTF8.self) == "\(index)")
        }
        #expect(server.connections == 50)
    }

    @Test func aServerThatWasRestartedIsFoundAgain() async throws {
        let first = try Self.echo()
        let transport = CurlTransport(concurrency: 4)
        let request = try Self.request(first, "a", seconds: 20)
        _ = try await transport.send(request)
        first.stop()
        var second: TestServer?
        for _ in 0..<200 where second == nil {
            second = try? TestServer(port: first.port) { _, _ in .json("b") }
            if second == nil { try await Task.sleep(for: .milliseconds(20)) }
        }
        let restarted = try #require(second)
        defer { restarted.stop() }
        #expect(String(decoding: try await transport.send(request).body, as: UTF8.self) == "b")
    }

    /// Whatever happens to the server, each request ends: with its own answer or with an error.
    @Test func requestsEndThroughRestarts() async throws {
        let echo: @Sendable (Int, TestServer.Request) -> TestServer.Reply = { _, request in
            .json(String(decoding: request.body, as: UTF8.self))
        }
        let first = try TestServer(handler: echo)
        let transport = CurlTransport(concurrency: 64)
        let request = try Self.request(first, seconds: 20)
        let restarts = Task {
            var server = first
            for _ in 0..<5 {
                try await Task.sleep(for: .milliseconds(100))
                server.stop()
                var next: TestServer?
                while next == nil {
                    try await Task.sleep(for: .milliseconds(5))
                    next = try? TestServer(port: first.port, handler: echo)
                }
                if let next { server = next }
            }
            return server
        }
        let answered = try await withThrowingTaskGroup(of: Int.self) { group in
            for worker in 0..<64 {
                group.addTask {
                    var answered = 0
                    for index in 0..<200 {
                        var request = request
                        let text = "\(worker) \(index)"
                        request.body = Data(text.utf8)
                        do {
                            let answer = try await transport.send(request)
                            #expect(String(decoding: answer.body, as: UTF8.self) == text)
                            answered += 1
                        } catch is TransportFailure {
                            try await Task.sleep(for: .milliseconds(5))
                        }
                    }
                    return answered
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(answered > 0)
        let last = try await restarts.value
        defer { last.stop() }
        let answer = try await transport.send(request)
        #expect(answer.status == 200)
    }

    @Test func packedAnswersAreUnpacked() async throws {
        // "bestofn" by gzip.
        let packed = try #require(Data(base64Encoded: "H4sIAAAAAAACA0tKLS7JT8sDAOy9dVkHAAAA"))
        let server = try TestServer { _, _ in
            .raw(
                Data("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: \(packed.count)\r\n\r\n".utf8)
                    + packed)
        }
        defer { server.stop() }
        let answer = try await CurlTransport(concurrency: 1).send(Self.request(server))
        #expect(String(decoding: answer.body, as: UTF8.self) == "bestofn")
        #expect(server.requests.first?.headers["accept-encoding"]?.contains("gzip") == true)
    }

    @Test func interimAnswersAreNotTheAnswer() async throws {
        let server = try TestServer { _, _ in
            .raw(
                Data(
                    "HTTP/1.1 103 Early Hints\r\nX-A: early\r\n\r\nHTTP/1.1 200 OK\r\nX-B: 1\r\nX-B: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
                        .utf8))
        }
        defer { server.stop() }
        let answer = try await CurlTransport(concurrency: 1).send(Self.request(server))
        #expect(answer.status == 200)
        #expect(answer.headers["x-a"] == nil && answer.headers["x-b"] == "1, 2")
        #expect(String(decoding: answer.body, as: UTF8.self) == "ok")
    }

    @Test func redirectsAreShownAndNotFollowed() async throws {
        let other = try Self.echo()
        defer { other.stop() }
        let server = try TestServer { _, _ in .status(307, headers: ["Location": other.url], body: "") }
        defer { server.stop() }
        let answer = try await CurlTransport(concurrency: 1).send(Self.request(server))
        #expect(answer.status == 307 && answer.headers["location"] == other.url)
        #expect(other.requests.isEmpty)
    }

    @Test func everyFailureHasItsKind() async throws {
        let transport = CurlTransport(concurrency: 1, maximumAnswerBytes: 1000)
        func server(_ reply: TestServer.Reply) throws -> TestServer { try TestServer { _, _ in reply } }

        let absent = try ClosedPort()
        let unreachable = await Self.failure(
            transport, HTTPRequest(method: "GET", url: try #require(URL(string: absent.url))))
        #expect(unreachable as? TransportFailure == .unreachable(reason: "connection refused"))

        for reply in [
            TestServer.Reply.drop, .truncated(body: "half"), .raw(Data("SSH-2.0-x\r\n".utf8)),
            .raw(Data(("HTTP/1.1 200 OK\r\n" + String(repeating: "X-A: 1\r\n", count: 200_000)).utf8)),
            .raw(Data("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc".utf8)),
        ] {
            let server = try server(reply)
            defer { server.stop() }
            let error = await Self.failure(transport, try Self.request(server))
            guard case .dropped = error as? TransportFailure else {
                Issue.record("\(reply): \(String(describing: error))")
                continue
            }
        }

        let silent = try server(.hang)
        defer { silent.stop() }
        let stalled = await Self.failure(transport, try Self.request(silent, seconds: 0.3))
        #expect(stalled as? TransportFailure == .stalled(seconds: 0.3))

        // Neither an announced nor an unannounced flood is read.
        let announced = try server(.json(String(repeating: "x", count: 1001)))
        defer { announced.stop() }
        let unannounced = try server(
            .raw(Data("HTTP/1.1 200 OK\r\n\r\n".utf8) + Data(repeating: 120, count: 100_000)))
        defer { unannounced.stop() }
        for server in [announced, unannounced] {
            let error = await Self.failure(transport, try Self.request(server))
            #expect(error as? TransportFailure == .refused(reason: "an answer has more than 1000 bytes"))
        }

        for address in ["file:///etc/hosts", "ftp://127.0.0.1/x", "gopher://127.0.0.1/"] {
            let error = await Self.failure(
                transport, HTTPRequest(method: "GET", url: try #require(URL(string: address))))
            guard case .refused = error as? TransportFailure else {
                Issue.record("\(address): \(String(describing: error))")
                continue
            }
        }
    }

    @Test func headersCannotBringOthers() async throws {
        let server = try Self.echo()
        defer { server.stop() }
        var request = try Self.request(server)
        request.headers["X-A"] = "1\r\nX-B: 2"
        let error = await Self.failure(CurlTransport(concurrency: 1), request)
        #expect(error as? TransportFailure == .refused(reason: "the header 'X-A' holds a line break"))
        #expect(server.requests.isEmpty)
    }

    @Test func cancelledRequestsEndAtOnce() async throws {
        let server = try TestServer { _, _ in .hang }
        defer { server.stop() }
        let transport = CurlTransport(concurrency: 4)
        let request = try Self.request(server, seconds: nil)
        let tasks = (0..<20).map { _ in Task { try await transport.send(request) } }
        while server.requests.count < 10 { try await Task.sleep(for: .milliseconds(5)) }
        for task in tasks { task.cancel() }
        for task in tasks {
            await #expect(throws: CancellationError.self) { try await task.value }
        }
        // A task that is cancelled before it begins sends nothing.
        let before = Task {
            while !Task.isCancelled { await Task.yield() }
            return try await transport.send(request)
        }
        before.cancel()
        await #expect(throws: CancellationError.self) { try await before.value }
    }
}

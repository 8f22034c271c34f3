// SPDX-License-Identifier: Apache-2.0
public import Foundation
import LocalServer
import Synchronization

/// A small HTTP server on this machine that can misbehave on purpose.
public final class TestServer: Sendable {
    public struct Request: Sendable {
        public var method: String
        public var path: String
        /// By lower-case name.
        public var headers: [String: String]
        public var body: Data

        /// The body as a JSON object; empty where it is none.
        public var json: [String: Any] {
            (try? JSONSerialization.jsonObject(with: body)) as? [String: Any] ?? [:]
        }
    }

    public enum Reply: Sendable {
        case status(Int, headers: [String: String] = [:], body: String)
        /// Answers, and closes the connection without having said so.
        case last(body: String)
        /// These bytes, after which the connection is closed.
        case raw(Data)
        /// Closes the connection without a word.
        case drop
        /// Says nothing until the server is stopped.
        case hang
        /// Announces more bytes than it sends.
        case truncated(body: String)

        public static func json(_ body: String) -> Reply { .status(200, body: body) }

        fileprivate var action: LocalServer.Action {
            switch self {
            case .status(let status, let headers, let body):
                .respond(HTTPReply(status: status, headers: headers, text: body))
            case .last(let body):
                .raw(Data("HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)".utf8))
            case .raw(let bytes): .raw(bytes)
            case .drop: .close
            case .hang: .hang
            case .truncated(let body):
                .raw(
                    Data(
                        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count + 100)\r\n\r\n\(body)"
                            .utf8))
            }
        }
    }

    private final class Log: Sendable {
        let requests = Mutex<[Request]>([])
    }

    private let server: LocalServer
    private let log: Log

    /// - Parameters:
    ///   - port: 0 for any that is free.
    ///   - handler: gets the number of the request, from 0, and the request.
    public init(port: Int = 0, handler: @escaping @Sendable (_ number: Int, Request) -> Reply) throws {
        let log = Log()
        self.log = log
        server = try LocalServer(port: port) { query in
            let request = Request(method: query.method, path: query.path, headers: query.headers, body: query.body)
            let number = log.requests.withLock { requests in
                requests.append(request)
                return requests.count - 1
            }
            return handler(number, request).action
        }
    }

    public var port: Int { server.port }
    public var url: String { "http://127.0.0.1:\(port)/v1" }
    /// How many connections clients have opened.
    public var connections: Int { server.connections }
    public var requests: [Request] { log.requests.withLock { $0 } }

    /// Closes everything; the port is free afterwards.
    public func stop() { server.stop() }
}

// SPDX-License-Identifier: Apache-2.0
import Foundation
import Synchronization

/// A small HTTP server on this machine that answers as a test wants, misbehaviour included. One connection per request.
public final class HTTPTestServer: Sendable {
    public enum Answer: Sendable {
        case json(String, status: Int = 200, headers: [String: String] = [:])
        /// Exactly these bytes, whatever they are, and then the end of the connection.
        case bytes(String)
        /// The end of the connection without an answer.
        case drop
        /// No answer for so many seconds, then the end of the connection.
        case hang(seconds: Double)
    }

    public struct Request: Sendable {
        public var method: String
        public var path: String
        /// By lower-case name.
        public var headers: [String: String]
        public var body: String
    }

    public let port: UInt16
    private let listener: Int32
    private let seen = Mutex<[Request]>([])

    public var requests: [Request] { seen.withLock { $0 } }
    public var url: String { "http://127.0.0.1:\(port)/v1" }

    /// - Parameter answer: gets the request and how many came before it.
    public init(_ answer: @escaping @Sendable (Request, Int) -> Answer) throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let failed = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(listener, generic, length) != 0 || listen(listener, 128) != 0
                    || getsockname(listener, generic, &length) != 0
            }
        }
        guard !failed else { throw CocoaError(.fileReadUnknown) }
        port = UInt16(bigEndian: address.sin_port)
        Thread { [weak self] in
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { return }
                Thread { [weak self] in
                    defer { close(connection) }
                    guard let request = Self.read(connection), let self else { return }
                    let number = self.seen.withLock { seen in
                        seen.append(request)
                        return seen.count - 1
                    }
                    Self.send(answer(request, number), to: connection)
                }.start()
            }
        }.start()
    }

    deinit { stop() }

    /// No further connection is accepted.
    public func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

    private static func read(_ connection: Int32) -> Request? {
        var data = Data()
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            if let end = data.range(of: Data("\r\n\r\n".utf8)) {
                let lines = String(decoding: data[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
                let first = lines[0].split(separator: " ")
                var headers: [String: String] = [:]
                for line in lines.dropFirst() {
                    guard let colon = line.firstIndex(of: ":") else { continue }
                    headers[line[..<colon].lowercased()] = line[line.index(after: colon)...]
                        .trimmingCharacters(in: .whitespaces)
                }
                let length = headers["content-length"].flatMap { Int($0) } ?? 0
                let body = data[end.upperBound...]
                if body.count >= length, first.count > 1 {
                    return Request(
                        method: String(first[0]), path: String(first[1]), headers: headers,
                        body: String(decoding: body, as: UTF8.self))
                }
            }
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0 else { return nil }
            data.append(contentsOf: buffer[..<count])
        }
    }

    private static func send(_ answer: Answer, to connection: Int32) {
        let text: String
        switch answer {
        case .json(let body, let status, let headers):
            let extra = headers.map { "\($0): \($1)\r\n" }.joined()
            text =
                "HTTP/1.1 \(status) X\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\(extra)\r\n\(body)"
        case .bytes(let bytes): text = bytes
        case .drop: return
        case .hang(let seconds):
            Thread.sleep(forTimeInterval: seconds)
            return
        }
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Foundation.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}

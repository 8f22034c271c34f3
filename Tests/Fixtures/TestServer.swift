// SPDX-License-Identifier: Apache-2.0
public import Foundation
import Glibc
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
        /// Closes the connection without a word.
        case drop
        /// Says nothing until the server is stopped.
        case hang
        /// Announces more bytes than it sends.
        case truncated(body: String)

        public static func json(_ body: String) -> Reply { .status(200, body: body) }
    }

    private let listener: Int32
    public let port: Int
    private let handler: @Sendable (_ number: Int, Request) -> Reply
    private let state = Mutex((requests: [Request](), isStopped: false, open: Set<Int32>()))

    /// - Parameters:
    ///   - port: 0 for any that is free.
    ///   - handler: gets the number of the request, from 0, and the request.
    public init(port: Int = 0, handler: @escaping @Sendable (_ number: Int, Request) -> Reply) throws {
        self.handler = handler
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var reuse: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &reuse, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                bind(listener, raw, length) == 0 && listen(listener, 512) == 0
                    && getsockname(listener, raw, &length) == 0
            }
        }
        self.listener = listener
        guard bound else { throw POSIXError(.EADDRINUSE) }
        self.port = Int(UInt16(bigEndian: address.sin_port))
        Thread.detachNewThread { [self] in accept() }
    }

    public var url: String { "http://127.0.0.1:\(port)/v1" }
    public var requests: [Request] { state.withLock { $0.requests } }

    /// Closes everything; the port is free afterwards.
    public func stop() {
        let open = state.withLock { state in
            state.isStopped = true
            return state.open
        }
        shutdown(listener, Int32(SHUT_RDWR))
        for descriptor in open { shutdown(descriptor, Int32(SHUT_RDWR)) }
    }

    private func accept() {
        while true {
            let descriptor = Glibc.accept(listener, nil, nil)
            let isStopped = state.withLock { state in
                if descriptor >= 0 { state.open.insert(descriptor) }
                return state.isStopped
            }
            guard descriptor >= 0, !isStopped else {
                if descriptor >= 0 { close(descriptor) }
                if isStopped || errno != EINTR { break }
                continue
            }
            Thread.detachNewThread { [self] in
                while serve(descriptor) {}
                _ = state.withLock { $0.open.remove(descriptor) }
                close(descriptor)
            }
        }
        close(listener)
    }

    /// Answers one request; false when the connection is to be closed.
    private func serve(_ descriptor: Int32) -> Bool {
        guard let request = Self.read(descriptor) else { return false }
        let number = state.withLock { state in
            state.requests.append(request)
            return state.requests.count - 1
        }
        switch handler(number, request) {
        case .status(let status, let headers, let body):
            var head =
                "HTTP/1.1 \(status) Test\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n"
            // As HTTP wants it; a client that asked for this must not be left with a connection that looks usable.
            let closes = request.headers["connection"]?.lowercased() == "close"
            if closes { head += "Connection: close\r\n" }
            for (name, value) in headers { head += "\(name): \(value)\r\n" }
            return Self.write(descriptor, head + "\r\n" + body) && !closes
        case .truncated(let body):
            _ = Self.write(
                descriptor,
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count + 100)\r\n\r\n\(body)"
            )
            return false
        case .drop:
            return false
        case .hang:
            var byte: UInt8 = 0
            while recv(descriptor, &byte, 1, 0) > 0 {}
            return false
        }
    }

    private static func read(_ descriptor: Int32) -> Request? {
        var data = Data()
        var buffer = [UInt8](repeating: 0, count: 65536)
        let end = Data("\r\n\r\n".utf8)
        while true {
            if let range = data.range(of: end) {
                let lines = String(decoding: data[..<range.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
                let words = lines[0].split(separator: " ").map(String.init)
                guard words.count >= 2 else { return nil }
                var headers: [String: String] = [:]
                for line in lines.dropFirst() {
                    let parts = line.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
                    if parts.count == 2 { headers[parts[0].lowercased()] = parts[1] }
                }
                let length = headers["content-length"].flatMap(Int.init) ?? 0
                if data.count - range.upperBound >= length {
                    let body = Data(data[range.upperBound..<range.upperBound + length])
                    return Request(method: words[0], path: words[1], headers: headers, body: body)
                }
            }
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { return nil }
            data.append(contentsOf: buffer[..<count])
        }
    }

    private static func write(_ descriptor: Int32, _ text: String) -> Bool {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let sent = bytes.withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard sent > 0 else { return false }
            bytes = bytes.dropFirst(sent)
        }
        return true
    }
}

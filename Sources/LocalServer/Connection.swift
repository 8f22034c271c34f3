// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc

/// One client's connection, with what was read and not yet used. Belongs to one thread.
final class Connection {
    private static let mostHeaderBytes = 64 << 10
    private static let mostBodyBytes = 256 << 20

    private let descriptor: Int32
    private var unread: [UInt8] = []
    private var buffer = [UInt8](repeating: 0, count: 64 << 10)

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    /// The next request; nil where the client left, a refusal where it is none.
    func readQuery() -> Result<HTTPQuery, HTTPReply>? {
        let head: [UInt8]
        switch readHead() {
        case .success(let bytes?): head = bytes
        case .success(nil): return nil
        case .failure(let refusal): return .failure(refusal)
        }
        let lines = String(decoding: head, as: UTF8.self).components(separatedBy: "\r\n")
        let words = lines[0].split(separator: " ").map(String.init)
        guard words.count == 3, words[2].hasPrefix("HTTP/1.") else {
            return .failure(HTTPReply(status: 400, text: #"{"error": {"message": "This is no HTTP/1.1 request."}}"#))
        }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers[line[..<colon].lowercased()] = line[line.index(after: colon)...].trimmingCharacters(
                in: .whitespaces)
        }
        if headers["expect"]?.lowercased() == "100-continue" {
            guard write(Data("HTTP/1.1 100 Continue\r\n\r\n".utf8)) else { return nil }
        }
        if headers["transfer-encoding"]?.lowercased().contains("chunked") == true {
            switch readChunks() {
            case .success(let body?):
                return .success(HTTPQuery(method: words[0], path: words[1], headers: headers, body: body))
            case .success(nil): return nil
            case .failure(let refusal): return .failure(refusal)
            }
        }
        let length = headers["content-length"].map { Int($0) ?? -1 } ?? 0
        guard length >= 0 else {
            return .failure(HTTPReply(status: 400, text: #"{"error": {"message": "Content-Length is no number."}}"#))
        }
        guard length <= Self.mostBodyBytes else { return .failure(Self.tooLarge) }
        guard let body = take(length) else { return nil }
        return .success(HTTPQuery(method: words[0], path: words[1], headers: headers, body: Data(body)))
    }

    func write(_ data: Data) -> Bool {
        data.withUnsafeBytes { bytes in
            var sent = 0
            while sent < bytes.count {
                let count = send(
                    descriptor, bytes.baseAddress?.advanced(by: sent), bytes.count - sent, Int32(MSG_NOSIGNAL))
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else { return false }
                sent += count
            }
            return true
        }
    }

    func waitForEnd() {
        while fill() { unread.removeAll(keepingCapacity: true) }
    }

    // MARK: Reading

    private static let tooLarge = HTTPReply(
        status: 413, text: #"{"error": {"message": "The request is too large."}}"#)

    /// Reads some more; false at the end.
    private func fill() -> Bool {
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return false }
            unread.append(contentsOf: buffer[..<count])
            return true
        }
    }

    private func readHead() -> Result<[UInt8]?, HTTPReply> {
        var searched = 0
        while true {
            if let end = Self.end(of: unread, from: max(0, searched - 3)) {
                let head = Array(unread[..<end])
                unread.removeFirst(end + 4)
                return .success(head)
            }
            searched = unread.count
            guard unread.count <= Self.mostHeaderBytes else {
                return .failure(
                    HTTPReply(status: 431, text: #"{"error": {"message": "The request's header is too large."}}"#))
            }
            guard fill() else { return .success(nil) }
        }
    }

    /// Where a header ends: the place of its empty line.
    private static func end(of bytes: [UInt8], from start: Int) -> Int? {
        guard bytes.count >= start + 4 else { return nil }
        return (start...(bytes.count - 4)).first {
            bytes[$0] == 13 && bytes[$0 + 1] == 10 && bytes[$0 + 2] == 13 && bytes[$0 + 3] == 10
        }
    }

    private func take(_ count: Int) -> [UInt8]? {
        while unread.count < count { guard fill() else { return nil } }
        let bytes = Array(unread[..<count])
        unread.removeFirst(count)
        return bytes
    }

    private func takeLine() -> String? {
        while true {
            if let end = unread.firstIndex(of: 10) {
                let line = String(decoding: unread[..<end], as: UTF8.self)
                unread.removeFirst(end + 1)
                return line.trimmingCharacters(in: .whitespacesAndNewlines)
            }
            guard unread.count <= Self.mostHeaderBytes, fill() else { return nil }
        }
    }

    private func readChunks() -> Result<Data?, HTTPReply> {
        var body = Data()
        while true {
            guard let line = takeLine() else { return .success(nil) }
            guard let size = Int(line.prefix { $0 != ";" }, radix: 16), size >= 0 else {
                return .failure(HTTPReply(status: 400, text: #"{"error": {"message": "A chunk has no size."}}"#))
            }
            if size == 0 {
                // What may follow the last chunk, up to an empty line.
                while let line = takeLine() { if line.isEmpty { return .success(body) } }
                return .success(nil)
            }
            guard body.count + size <= Self.mostBodyBytes else { return .failure(Self.tooLarge) }
            guard let bytes = take(size), takeLine() != nil else { return .success(nil) }
            body.append(contentsOf: bytes)
        }
    }
}

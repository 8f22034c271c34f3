// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc
import LocalServer
import Testing

/// A client that writes bytes as they are.
private final class RawClient {
    private let descriptor: Int32

    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { throw POSIXError(.ECONNREFUSED) }
    }

    deinit { close(descriptor) }

    func send(_ text: String) {
        let bytes = Array(text.utf8)
        _ = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    }

    /// Reads until the text ends with `end`, or the server closes.
    func read(until end: String) -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while !String(decoding: bytes, as: UTF8.self).hasSuffix(end) {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

@Suite struct LocalServerTests {
    private func echo() throws -> LocalServer {
        try LocalServer { query in
            .respond(HTTPReply(text: "\(query.method) \(query.path) \(String(decoding: query.body, as: UTF8.self))."))
        }
    }

    @Test func connectionsAreKept() throws {
        let server = try echo()
        defer { server.stop() }
        let client = try RawClient(port: server.port)
        for number in 0..<3 {
            client.send("POST /\(number) HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi")
            let answer = client.read(until: ".")
            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n") && answer.hasSuffix("\r\n\r\nPOST /\(number) hi."))
        }
        // Two requests in one packet get two answers.
        client.send("GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\nConnection: close\r\n\r\n")
        let both = client.read(until: "never")
        #expect(both.contains("GET /a .") && both.hasSuffix("GET /b .") && both.contains("Connection: close"))
    }

    @Test func bodiesMayComeInChunks() throws {
        let server = try echo()
        defer { server.stop() }
        let client = try RawClient(port: server.port)
        client.send("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n3;x=y\r\n yo\r\n0\r\nT: x\r\n\r\n")
        #expect(client.read(until: ".").hasSuffix("POST / hi yo."))
        client.send("GET /after HTTP/1.1\r\n\r\n")
        #expect(client.read(until: ".").hasSuffix("GET /after ."))
    }

    @Test(
        arguments: [
            ("nonsense\r\n\r\n", "400"), ("POST / HTTP/1.1\r\nContent-Length: many\r\n\r\n", "400"),
            ("POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", "413"),
            ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "400"),
            ("GET / HTTP/1.1\r\nX: " + String(repeating: "x", count: 70_000), "431"),
        ]) func nonsenseIsRefused(_ text: String, _ status: String) throws
    {
        let server = try echo()
        defer { server.stop() }
        let client = try RawClient(port: server.port)
        client.send(text)
        #expect(client.read(until: "never").hasPrefix("HTTP/1.1 \(status) "))
    }

    @Test func aTakenPortIsAnError() throws {
        let server = try echo()
        #expect(throws: POSIXError.self) { try LocalServer(port: server.port) { _ in .close } }
        server.stop()
        var again: LocalServer?
        for _ in 0..<100 where again == nil {
            again = try? LocalServer(port: server.port) { _ in .close }
            if again == nil { usleep(10_000) }
        }
        #expect(again != nil)
        again?.stop()
    }
}

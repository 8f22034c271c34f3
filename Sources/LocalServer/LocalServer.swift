// SPDX-License-Identifier: Apache-2.0
public import Foundation
import Glibc
import Synchronization

/// A small HTTP/1.1 server for this machine only.
///
/// Listens on 127.0.0.1 and keeps connections open; a thread serves each one. Meant for tests and for trying things offline, not for a network.
public final class LocalServer: Sendable {
    public enum Action: Sendable {
        case respond(HTTPReply)
        /// Sends these bytes as they are and closes.
        case raw(Data)
        /// Closes the connection without a word.
        case close
        /// Says nothing until the client or the server leaves.
        case hang
    }

    private struct State {
        var isStopped = false
        var open: Set<Int32> = []
        var accepted = 0
    }

    private let listener: Int32
    public let port: Int
    private let handler: @Sendable (HTTPQuery) -> Action
    private let state = Mutex(State())

    /// - Parameters:
    ///   - port: 0 for any that is free.
    ///   - handler: called on many threads at once.
    /// - Throws: `POSIXError` where the port is taken.
    public init(port: Int = 0, handler: @escaping @Sendable (HTTPQuery) -> Action) throws {
        guard (0...65_535).contains(port) else { throw POSIXError(.EADDRNOTAVAIL) }
        self.handler = handler
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var yes: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                bind(listener, raw, length) == 0 && listen(listener, 1024) == 0
                    && getsockname(listener, raw, &length) == 0
            }
        }
        guard isBound else {
            let code = POSIXErrorCode(rawValue: errno) ?? .EADDRINUSE
            close(listener)
            throw POSIXError(code)
        }
        self.listener = listener
        self.port = Int(UInt16(bigEndian: address.sin_port))
        Thread.detachNewThread { [self] in accept() }
    }

    /// How many connections clients have opened.
    public var connections: Int { state.withLock { $0.accepted } }

    /// Closes everything; the port is free afterwards.
    public func stop() {
        state.withLock { state in
            guard !state.isStopped else { return }
            state.isStopped = true
            // Under the lock: a descriptor that is closed may belong to somebody else at once.
            shutdown(listener, Int32(SHUT_RDWR))
            for descriptor in state.open { shutdown(descriptor, Int32(SHUT_RDWR)) }
        }
    }

    private func accept() {
        while true {
            let descriptor = Glibc.accept(listener, nil, nil)
            if descriptor >= 0 { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
            let isStopped = state.withLock { state in
                if descriptor >= 0 {
                    state.open.insert(descriptor)
                    state.accepted += 1
                }
                return state.isStopped
            }
            guard descriptor >= 0, !isStopped else {
                if descriptor >= 0 { close(descriptor) }
                if isStopped { break }
                // Out of descriptors: others will be closed.
                if errno == EMFILE || errno == ENFILE { usleep(10_000) }
                if [EINTR, EMFILE, ENFILE, ECONNABORTED].contains(errno) { continue }
                break
            }
            var yes: Int32 = 1
            setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
            let thread = Thread { [self] in
                let connection = Connection(descriptor)
                while serve(connection) {}
                _ = state.withLock { $0.open.remove(descriptor) }
                close(descriptor)
            }
            thread.stackSize = 512 << 10
            thread.start()
        }
        state.withLock { $0.isStopped = true }
        close(listener)
    }

    /// Answers one request; false when the connection is to be closed.
    private func serve(_ connection: Connection) -> Bool {
        switch connection.readQuery() {
        case .none: return false
        case .failure(let refusal):
            _ = connection.write(refusal.head(closes: true) + refusal.body)
            return false
        case .success(let query):
            switch handler(query) {
            case .respond(let reply):
                // A client that asked for this must not be left with a connection that looks usable.
                let closes = query.headers["connection"]?.lowercased() == "close"
                return connection.write(reply.head(closes: closes) + reply.body) && !closes
            case .raw(let data):
                _ = connection.write(data)
                return false
            case .close: return false
            case .hang:
                connection.waitForEnd()
                return false
            }
        }
    }
}

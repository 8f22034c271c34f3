// SPDX-License-Identifier: Apache-2.0
import CCurl
import Foundation
import Synchronization

/// HTTP by libcurl: one thread of its own moves the bytes of all requests.
///
/// Connections are kept and used again. One that the server has closed meanwhile costs no request: as long as nothing came back, curl sends it again on a
/// new connection. Redirects are not followed, so that an API key goes to the configured host only; loopback hosts are asked without a proxy.
/// Certificates are checked against the system's, or those in the file that the environment variable `SSL_CERT_FILE` names.
public final class CurlTransport: HTTPTransport {
    /// The largest answer that is read, after unpacking.
    public static let maximumAnswerBytes = 1 << 30

    private let inbox: TransferInbox
    private let maximumAnswerBytes: Int

    /// - Parameter concurrency: how many connections are kept open for further requests; as many as there are requests under way at the same time.
    public init(concurrency: Int, maximumAnswerBytes: Int = CurlTransport.maximumAnswerBytes) {
        self.maximumAnswerBytes = maximumAnswerBytes
        let inbox = TransferInbox()
        self.inbox = inbox
        let thread = Thread { CurlEventLoop(inbox: inbox, connections: concurrency)?.run() ?? inbox.refuseAll() }
        thread.name = "bestofn-http"
        thread.start()
    }

    deinit { inbox.close() }

    public func send(_ request: HTTPRequest) async throws -> HTTPResponse {
        if let problem = Self.problem(of: request) { throw TransportFailure.refused(reason: problem) }
        let id = inbox.newID()
        let received = try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                inbox.submit(
                    Submission(
                        id: id, request: request, maximumAnswerBytes: maximumAnswerBytes, continuation: continuation))
            }
        } onCancel: {
            inbox.cancel(id)
        }
        return HTTPResponse(status: received.status, headers: HTTPHead.fields(received.head), body: received.body)
    }

    /// Why a request cannot be sent at all.
    private static func problem(of request: HTTPRequest) -> String? {
        guard let scheme = request.url.scheme?.lowercased(), ["http", "https"].contains(scheme) else {
            return "the address '\(request.url.absoluteString)' does not begin with http:// or https://"
        }
        for (name, value) in request.headers where (name + value).utf8.contains(where: { [0, 10, 13].contains($0) }) {
            return "the header '\(name)' holds a line break"
        }
        return nil
    }
}

/// A request on its way to the thread that sends it.
struct Submission: Sendable {
    let id: UInt64
    let request: HTTPRequest
    let maximumAnswerBytes: Int
    let continuation: CheckedContinuation<ReceivedResponse, any Error>
}

/// A whole response; the header's lines are read by whoever waits for it, not by the thread that all share.
struct ReceivedResponse: Sendable {
    var status: Int
    var head: [UInt8]
    var body: Data
}

/// What tasks tell the event loop.
final class TransferInbox: Sendable {
    enum Command: Sendable {
        case send(Submission)
        case cancel(UInt64)
    }

    private struct State {
        var commands: [Command] = []
        var nextID: UInt64 = 0
        var isClosed = false
        var isDead = false
    }

    /// Readable whenever there is something to take.
    let wakeUp: Int32 = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
    private let state = Mutex(State())

    deinit { if wakeUp >= 0 { Glibc.close(wakeUp) } }

    func newID() -> UInt64 {
        state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
    }

    /// Hands a request over, unless its task is cancelled.
    func submit(_ submission: Submission) {
        let refusal: (any Error)? = state.withLock { state in
            // A task that is cancelled before this point has sent its `cancel` already; one that is cancelled after it sends it behind the request.
            if Task.isCancelled { return CancellationError() }
            if state.isDead { return TransportFailure.refused(reason: Self.noLoop) }
            push(.send(submission), to: &state)
            return nil
        }
        if let refusal { submission.continuation.resume(throwing: refusal) }
    }

    func cancel(_ id: UInt64) { state.withLock { push(.cancel(id), to: &$0) } }

    /// Lets the event loop end.
    func close() {
        state.withLock { $0.isClosed = true }
        eventfd_write(wakeUp, 1)
    }

    /// What came in since the last call, and whether nothing will follow.
    func take() -> (commands: [Command], isClosed: Bool) {
        var count: eventfd_t = 0
        eventfd_read(wakeUp, &count)
        return state.withLock { state in
            let commands = state.commands
            state.commands.removeAll(keepingCapacity: true)
            return (commands, state.isClosed)
        }
    }

    /// For a system in which the event loop cannot begin.
    func refuseAll() {
        let commands = state.withLock { state in
            state.isDead = true
            return state.commands
        }
        for case .send(let submission) in commands {
            submission.continuation.resume(throwing: TransportFailure.refused(reason: Self.noLoop))
        }
    }

    private static let noLoop = "this system gives no more file descriptors or memory for connections"

    private func push(_ command: Command, to state: inout State) {
        state.commands.append(command)
        if state.commands.count == 1 { eventfd_write(wakeUp, 1) }
    }
}

/// The header of a response.
enum HTTPHead {
    /// The fields by lower-case name; of several with the same name the values are joined by commas.
    static func fields(_ head: [UInt8]) -> [String: String] {
        var fields: [String: String] = [:]
        for line in head.split(separator: 10) {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
            let name = String(decoding: line[..<colon], as: UTF8.self).lowercased()
            var value = line[(colon + 1)...]
            while let first = value.first, first == 32 || first == 9 { value = value.dropFirst() }
            while let last = value.last, last == 32 || last == 9 || last == 13 { value = value.dropLast() }
            let text = String(decoding: value, as: UTF8.self)
            fields[name] = fields[name].map { "\($0), \(text)" } ?? text
        }
        return fields
    }
}

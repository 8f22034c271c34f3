// SPDX-License-Identifier: Apache-2.0
public import Foundation

/// Sends one HTTP request and gives the whole response: all that the client needs of a network.
public protocol HTTPTransport: Sendable {
    /// - Throws: `TransportFailure` when no whole response arrived, `CancellationError` when the task was cancelled.
    func send(_ request: HTTPRequest) async throws -> HTTPResponse
}

public struct HTTPRequest: Sendable, Hashable {
    public var method: String
    public var url: URL
    public var headers: [String: String]
    public var body: Data?
    /// How many seconds the whole response may take; nil for as long as it takes.
    public var timeLimit: Double?

    public init(
        method: String, url: URL, headers: [String: String] = [:], body: Data? = nil, timeLimit: Double? = nil
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeLimit = timeLimit
    }
}

public struct HTTPResponse: Sendable, Hashable {
    public var status: Int
    /// By lower-case name.
    public var headers: [String: String]
    public var body: Data

    public init(status: Int, headers: [String: String] = [:], body: Data = Data()) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// Why no whole response arrived. `reason` is a short text without a full stop.
public enum TransportFailure: Error, Sendable, Hashable {
    /// No connection came about: nobody listens there, or the host has no address.
    case unreachable(reason: String)
    /// The connection ended before the response did.
    case dropped(reason: String)
    /// Nothing can help: a certificate that is not trusted, an address of an unknown kind.
    case refused(reason: String)
    /// The response did not arrive in time.
    case stalled(seconds: Double)

    var reason: String {
        switch self {
        case .unreachable(let reason), .dropped(let reason), .refused(let reason): reason
        case .stalled(let seconds): "no answer within \(seconds.formatted) s"
        }
    }
}

extension Double {
    /// A number for messages: without decimals where it has none.
    var formatted: String { self == rounded() && magnitude < 1e15 ? "\(Int(self))" : "\(self)" }
}

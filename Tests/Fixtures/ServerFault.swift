// SPDX-License-Identifier: Apache-2.0

/// What servers do instead of answering.
public enum ServerFault: String, CaseIterable, Sendable {
    case dropped, stalled, truncated, unavailable, failing, overloaded, overloadedForASecond, notJSON, noChoices, error

    public var reply: TestServer.Reply {
        switch self {
        case .dropped: .drop
        case .stalled: .hang
        case .truncated: .truncated(body: #"{"choices": [{"te"#)
        case .unavailable: .status(503, body: #"{"error": {"message": "loading"}}"#)
        case .failing: .status(500, body: "Internal Server Error")
        case .overloaded: .status(429, body: #"{"error": "too many requests"}"#)
        case .overloadedForASecond: .status(429, headers: ["Retry-After": "1"], body: "{}")
        case .notJSON: .status(200, body: "<html>")
        case .noChoices: .json(#"{"choices": []}"#)
        case .error: .json(#"{"error": {"message": "out of memory"}}"#)
        }
    }
}

// SPDX-License-Identifier: Apache-2.0

/// What hinders an attempt and may go away by itself.
enum RequestTrouble: Hashable, Sendable {
    /// Nobody listens there.
    case unreachable
    /// The connection ended before the response did.
    case dropped
    /// No response in time.
    case stalled
    /// The server says that it has too much to do.
    case overloaded
    /// The server says that it cannot now.
    case busy
    /// A response that is cut off or not what was asked for.
    case malformed

    /// Whether fewer requests at a time would help.
    var isOverload: Bool { self == .overloaded || self == .stalled }

    /// Whether no whole response came.
    var isSilent: Bool { [.unreachable, .dropped, .stalled].contains(self) }

    /// How often it is worth another attempt.
    var patience: Int { self == .malformed ? 2 : .max }
}

/// Counts the failures of one request.
struct RequestFailures {
    private var counted: [RequestTrouble: Int] = [:]
    /// All failures, for growing pauses.
    private(set) var total = 0

    /// - Parameter isOutage: nobody's request is answered, so that this one's failure says nothing of it.
    mutating func count(_ trouble: RequestTrouble, isOutage: Bool) {
        total += 1
        if !isOutage || trouble == .malformed { counted[trouble, default: 0] += 1 }
    }

    func areTooMany(_ retries: Int) -> Bool {
        counted.contains { $1 > min(retries, $0.patience) } || counted.values.reduce(0, +) > retries
    }
}

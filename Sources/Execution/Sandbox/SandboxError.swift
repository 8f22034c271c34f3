// SPDX-License-Identifier: Apache-2.0

/// Our own machinery failed, or cannot be had here. Never a candidate's fault.
public struct SandboxError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What the caller can do about an error.
    public enum Code: String, Sendable, Hashable {
        /// Something that the user asked for, or that is needed, is not available on this machine.
        case unavailable
        /// A worker was lost during a job. The job may be tried again.
        case workerLost
        /// A tier does not keep its promise; nothing may be run in it.
        case unsafe
    }

    public var code: Code
    /// What could not be done, as a sentence.
    public var message: String
    /// The step that failed, with the system's reason; empty when there is none.
    public var step: String
    /// What the user can do about it; empty when nothing is known.
    public var cure: String

    public init(_ code: Code, _ message: String, step: String = "", cure: String = "") {
        self.code = code
        self.message = message
        self.step = step
        self.cure = cure
    }

    public var description: String {
        [message, step.isEmpty ? "" : "Failed: \(step).", cure].filter { !$0.isEmpty }.joined(separator: " ")
    }
}

/// The system's words for the current `errno`.
func systemError(_ what: String, _ number: Int32) -> SandboxError {
    SandboxError(.workerLost, "The sandbox cannot \(what).", step: errorText(number))
}

// SPDX-License-Identifier: Apache-2.0
package import RunStore

/// A verdict as one letter, so that a problem's verdicts are one short word.
public enum VerdictLetter: Character, Sendable, Hashable, CaseIterable {
    case passed = "p"
    /// Failed, and how is not known: an imported verdict.
    case failed = "f"
    case wrongAnswer = "w"
    case exception = "x"
    case syntaxError = "s"
    case cpuTimeout = "c"
    case wallTimeout = "t"
    case memoryLimit = "m"
    case outputLimit = "o"
    /// The process died by a signal.
    case crash = "k"
    case noVerdict = "n"
    case tampered = "!"
    /// The grading failed by no fault of the candidate.
    case infrastructureError = "e"
    case ungraded = "-"

    package init(_ verdict: VerdictRecord?) {
        guard let verdict else {
            self = .ungraded
            return
        }
        if verdict.isInfrastructureError {
            self = .infrastructureError
        } else if verdict.passed {
            self = .passed
        } else {
            self = Self.failures[verdict.outcome] ?? .failed
        }
    }

    private static let failures: [String: VerdictLetter] = [
        "wrongAnswer": .wrongAnswer, "exception": .exception, "syntaxError": .syntaxError, "cpuTimeout": .cpuTimeout,
        "wallTimeout": .wallTimeout, "memoryLimit": .memoryLimit, "outputLimit": .outputLimit, "crash": .crash,
        "noVerdict": .noVerdict, "tampered": .tampered,
    ]

    /// Whether the candidate passed; nil where nobody knows.
    public var passed: Bool? {
        switch self {
        case .passed: true
        case .ungraded, .infrastructureError: nil
        default: false
        }
    }

    /// In words.
    public var title: String {
        switch self {
        case .passed: "passed"
        case .failed: "failed"
        case .ungraded: "not graded"
        default: outcomeTitle("\(self)", passed: false)
        }
    }
}

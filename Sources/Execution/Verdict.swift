// SPDX-License-Identifier: Apache-2.0

/// How the grading of one candidate ended.
public enum Outcome: String, Sendable, Codable, Hashable, CaseIterable {
    case passed
    case wrongAnswer
    /// The program, or a call of it, raised.
    case exception
    case syntaxError
    case cpuTimeout
    /// The program slept or waited beyond the wall limit.
    case wallTimeout
    case memoryLimit
    case outputLimit
    /// The process died by a signal.
    case crash
    /// The process ended without an answer, as by `os._exit`.
    case noVerdict
    /// Our own machinery failed twice. Never counted as a failure of the candidate.
    case infrastructureError
}

/// What grading one candidate showed.
public struct Verdict: Sendable, Codable, Hashable {
    public var outcome: Outcome
    /// CPU time of the candidate's processes.
    public var cpuSeconds: Double
    public var wallSeconds: Double
    /// The largest resident size of the candidate's process.
    public var peakBytes: Int
    /// How many tests were begun; `testsTotal` of them exist.
    public var testsRun: Int
    public var testsTotal: Int
    /// One line of explanation; empty when the candidate passed.
    public var message: String

    public init(
        outcome: Outcome, cpuSeconds: Double = 0, wallSeconds: Double = 0, peakBytes: Int = 0, testsRun: Int = 0,
        testsTotal: Int = 0, message: String = ""
    ) {
        self.outcome = outcome
        self.cpuSeconds = cpuSeconds
        self.wallSeconds = wallSeconds
        self.peakBytes = peakBytes
        self.testsRun = testsRun
        self.testsTotal = testsTotal
        self.message = message
    }

    public var passed: Bool { outcome == .passed }
}

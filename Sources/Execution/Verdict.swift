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
    /// The program reached for the machinery that grades it. Not a pass; listed for review, for a person has to judge it.
    case tampered
    /// Our own machinery failed twice. Never counted as a failure of the candidate.
    case infrastructureError
}

/// Where the verdict was made: how far from the candidate's reach.
public enum VerdictChannel: String, Sendable, Codable, Hashable, CaseIterable {
    /// The candidate's process returned answers; the harness compared them with expected values that never entered the sandbox.
    case harness
    /// The tests ran in a judge process, which called the candidate's process for answers.
    case split
    /// The tests ran in the candidate's own interpreter, where a program that sets out to forge a verdict may succeed.
    case inProcess
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
    public var channel: VerdictChannel
    /// Whether the CPU time of a test lay between half and twice its limit: another machine might judge otherwise.
    public var nearLimit: Bool
    /// The first grading, where it hit a limit and was repeated while nothing else ran: only the repetition counts.
    public var firstTry: FirstTry?

    /// What the first of two gradings measured.
    public struct FirstTry: Sendable, Codable, Hashable {
        public var outcome: Outcome
        public var cpuSeconds: Double
        public var wallSeconds: Double
        public var peakBytes: Int

        public init(outcome: Outcome, cpuSeconds: Double, wallSeconds: Double, peakBytes: Int) {
            self.outcome = outcome
            self.cpuSeconds = cpuSeconds
            self.wallSeconds = wallSeconds
            self.peakBytes = peakBytes
        }
    }

    public init(
        outcome: Outcome, cpuSeconds: Double = 0, wallSeconds: Double = 0, peakBytes: Int = 0, testsRun: Int = 0,
        testsTotal: Int = 0, message: String = "", channel: VerdictChannel = .inProcess, nearLimit: Bool = false,
        firstTry: FirstTry? = nil
    ) {
        self.outcome = outcome
        self.cpuSeconds = cpuSeconds
        self.wallSeconds = wallSeconds
        self.peakBytes = peakBytes
        self.testsRun = testsRun
        self.testsTotal = testsTotal
        self.message = message
        self.channel = channel
        self.nearLimit = nearLimit
        self.firstTry = firstTry
    }

    public var passed: Bool { outcome == .passed }
}

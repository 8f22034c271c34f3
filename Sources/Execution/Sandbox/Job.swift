// SPDX-License-Identifier: Apache-2.0
package import Foundation

/// Limits that the kernel and the worker enforce on one child.
package struct JobLimits: Sendable, Hashable {
    /// CPU seconds of the whole job. The worker kills at this number; RLIMIT_CPU stands behind it.
    package var cpuSeconds: Double
    /// Wall seconds of the whole job.
    package var wallSeconds: Double
    /// RLIMIT_AS; nil for none.
    package var addressSpaceBytes: Int?
    package var stackBytes: Int
    /// Bytes of standard output or standard error after which the child is killed.
    package var outputBytes: Int
    /// Bytes the child may write to one file.
    package var fileBytes: Int
    package var processes: Int

    package init(
        cpuSeconds: Double, wallSeconds: Double, addressSpaceBytes: Int?, stackBytes: Int = 8 << 20,
        outputBytes: Int = 16 << 20, fileBytes: Int = 64 << 20, processes: Int = 16
    ) {
        self.cpuSeconds = cpuSeconds
        self.wallSeconds = wallSeconds
        self.addressSpaceBytes = addressSpaceBytes
        self.stackBytes = stackBytes
        self.outputBytes = outputBytes
        self.fileBytes = fileBytes
        self.processes = processes
    }
}

/// One child to run: a grader module, its job description, and limits.
package struct Job: Sendable {
    /// The Python module whose `run(job, channel)` the child calls, such as `grade_humaneval`.
    package var module: String
    /// The job description: one JSON object.
    package var payload: Data
    /// A second payload that many jobs share, such as the expected outputs of a problem.
    package var blob: SealedMemory?
    package var limits: JobLimits
    /// Whether the child may start processes (BigCodeBench); otherwise fork and exec are refused.
    package var mayFork: Bool
    /// Whether to run while no other worker runs: a limit that was hit counts only when it is hit alone as well.
    package var runsAlone = false
    /// The judge that the conversation needs beside the child; nil for none.
    package var judge: JudgeRequest?
    /// Bytes of one binary answer; a child that sends more is cut off, so that it cannot fill the harness' memory.
    package var largestReply = 64 << 20

    package init(module: String, payload: Data, blob: SealedMemory? = nil, limits: JobLimits, mayFork: Bool = false) {
        self.module = module
        self.payload = payload
        self.blob = blob
        self.limits = limits
        self.mayFork = mayFork
    }
}

/// Asks for a judge: a process of its own that runs no candidate's code and serves one conversation after another.
package struct JudgeRequest: Sendable, Hashable {
    /// The Python module whose `run(job, channel)` the judge's process calls.
    package var module: String
    /// Whether to start a new process, for a conversation that the last one did not survive.
    package var isFresh: Bool

    package init(module: String, isFresh: Bool = false) {
        self.module = module
        self.isFresh = isFresh
    }
}

/// A message from the child, or the reason why none came.
package enum ChildMessage: Sendable {
    case json(Data)
    case bytes(Data)
    /// The child closed its channel or ended.
    case ended
    /// The child used up `cpuSeconds` since the last message.
    case cpuLimit
    /// No message within `wallSeconds`.
    case wallLimit
}

/// The trusted end of one running child. Used on the worker's own thread; every call blocks.
package protocol ChildSession {
    /// Sends one JSON frame. A child that has gone is not an error here: the next `receive` tells.
    func send(_ json: Data)
    /// Waits for the next message. The CPU clock is the child's own, read by the worker: a child cannot stretch it.
    func receive(cpuSeconds: Double?, wallSeconds: Double) -> ChildMessage
    /// CPU seconds that the job has used up to now, by the kernel's account.
    var cpu: Double { get }
    /// The judge that the job asked for.
    var judge: JudgeSession? { get }
}

/// How a child ended, measured by the worker.
package struct JobReport: Sendable {
    package enum Ending: Sendable, Hashable {
        case exited(Int32)
        case signalled(Int32)
    }

    package enum KillReason: Sendable, Hashable {
        case cpu
        case wall
        case output
        /// The conversation was over, or gave up, while the child still ran.
        case finished
    }

    package var ending: Ending
    /// Why the worker killed the child; nil when it ended by itself.
    package var killed: KillReason?
    package var cpuSeconds: Double
    package var wallSeconds: Double
    package var peakBytes: Int
    /// Whether the kernel's out-of-memory killer struck in this job (T3).
    package var outOfMemory: Bool
    /// The end of standard error, at most 4 KiB.
    package var standardErrorTail: String

    package init(
        ending: Ending, killed: KillReason?, cpuSeconds: Double, wallSeconds: Double, peakBytes: Int, outOfMemory: Bool,
        standardErrorTail: String
    ) {
        self.ending = ending
        self.killed = killed
        self.cpuSeconds = cpuSeconds
        self.wallSeconds = wallSeconds
        self.peakBytes = peakBytes
        self.outOfMemory = outOfMemory
        self.standardErrorTail = standardErrorTail
    }
}

/// Runs jobs in the sandbox. One child per job; conversations of different workers run at the same time.
package protocol JobRunner: Sendable {
    /// How many jobs run at the same time.
    var workers: Int { get }
    /// Runs one job on a free worker and holds `conversation` with it on that worker's thread.
    ///
    /// - Returns: what the conversation returned, and how the child ended (it is always reaped when this returns).
    /// - Throws: `SandboxError` when the worker itself failed. The caller may retry once; a second failure is an infrastructure error.
    func run<Answer: Sendable>(
        _ job: Job, conversation: @escaping @Sendable (any ChildSession) -> Answer
    ) async throws -> (answer: Answer, report: JobReport)
}

/// Runs every job while no other runs, for candidates whose limit may have been hit only because the machine was busy.
package struct AloneRunner: JobRunner {
    private let base: any JobRunner

    package init(_ base: any JobRunner) { self.base = base }

    package var workers: Int { 1 }

    package func run<Answer: Sendable>(
        _ job: Job, conversation: @escaping @Sendable (any ChildSession) -> Answer
    ) async throws -> (answer: Answer, report: JobReport) {
        var job = job
        job.runsAlone = true
        return try await base.run(job, conversation: conversation)
    }
}

// SPDX-License-Identifier: Apache-2.0
import CBonBox
import Foundation
import Glibc

/// One worker, replaced by a fresh one when it is lost or has served long enough. Used by one thread.
final class SandboxWorker {
    private let configuration: WorkerConfiguration
    private var process: WorkerProcess?
    private var judge: JudgeProcess?
    private var served = 0

    init(_ configuration: WorkerConfiguration) {
        self.configuration = configuration
    }

    deinit { stop() }

    func stop() {
        process?.stop()
        process = nil
        judge?.stop()
        judge = nil
    }

    /// The running worker; starts one if need be, a few times with growing pauses.
    func ready() throws -> WorkerProcess {
        if let process, served < configuration.jobsPerWorker { return process }
        process?.stop()
        process = nil
        served = 0
        let started = try WorkerProcess.started(configuration)
        process = started
        return started
    }

    /// Runs one job and its conversation.
    ///
    /// - Parameter wake: becomes readable when the job is no longer wanted.
    func run<Answer>(_ job: Job, wake: Descriptor, conversation: (any ChildSession) -> Answer) throws -> (
        Answer, JobReport
    ) {
        if job.mayFork, configuration.tier == .confined {
            throw SandboxError(
                .unavailable, "Programs of this benchmark start processes, which tier T1 cannot contain.",
                cure: "Use tier T2 or T3; `bestofn doctor` says what they need.")
        }
        let process = try ready()
        served += 1
        let session: WorkerSession
        let kills = process.accounts.outOfMemoryKills
        let judge = try job.judge.map { try self.judge(for: $0, wake: wake) }
        do {
            session = try process.start(job, wake: wake)
        } catch {
            lose(process)
            throw error
        }
        session.judge = judge
        let answer = conversation(session)
        session.judge = nil
        do {
            try session.finish()
        } catch {
            lose(process)
            throw error
        }
        switch session.end {
        case .done(let status, let cpu, let peak):
            if session.isCancelled { throw CancellationError() }
            let report = JobReport(
                ending: status & 0x7f == 0 ? .exited((status >> 8) & 0xff) : .signalled(status & 0x7f),
                killed: session.killed,
                cpuSeconds: job.mayFork ? max(cpu, session.cpu) : cpu, wallSeconds: session.wallSeconds,
                peakBytes: peak,
                outOfMemory: process.accounts.outOfMemoryKills > kills, standardErrorTail: session.standardErrorTail)
            return (answer, report)
        case .failed(var error):
            if session.isCancelled { throw CancellationError() }
            if error.step.isEmpty { error.step = process.lastWords }
            lose(process)
            throw error
        case nil:
            preconditionFailure("finish() returns only when there is an end")
        }
    }

    private func judge(for request: JudgeRequest, wake: Descriptor) throws -> JudgeSession {
        if let judge {
            if let session = try? judge.session(for: request, wake: wake) { return session }
            judge.stop()
            self.judge = nil
        }
        let started = try JudgeProcess(configuration)
        judge = started
        return try started.session(for: request, wake: wake)
    }

    private func lose(_ lost: WorkerProcess) {
        lost.stop(atOnce: true)
        process = nil
    }
}

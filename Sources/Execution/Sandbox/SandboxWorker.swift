// SPDX-License-Identifier: Apache-2.0
import CBonBox
import Foundation
import Glibc

/// One worker, replaced by a fresh one when it is lost or has served long enough. Used by one thread.
final class SandboxWorker {
    private let configuration: WorkerConfiguration
    private var process: WorkerProcess?
    private var served = 0
    private static let attempts = 5

    init(_ configuration: WorkerConfiguration) {
        self.configuration = configuration
    }

    deinit { stop() }

    func stop() {
        process?.stop()
        process = nil
    }

    /// The running worker; starts one if need be, a few times with growing pauses.
    func ready() throws -> WorkerProcess {
        if let process, served < configuration.jobsPerWorker { return process }
        stop()
        served = 0
        var pause = 0.1
        for attempt in 1... {
            do {
                let started = try WorkerProcess(configuration)
                process = started
                return started
            } catch {
                if attempt == Self.attempts { throw error }
                Thread.sleep(forTimeInterval: pause)
                pause *= 2
            }
        }
        preconditionFailure("the loop above has no other end")
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
        do {
            session = try start(job, on: process, wake: wake)
        } catch {
            lose(process)
            throw error
        }
        let answer = conversation(session)
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

    private func start(_ job: Job, on process: WorkerProcess, wake: Descriptor) throws -> WorkerSession {
        let (channel, childChannel) = try Descriptor.pair("create a channel") { bonbox_stream_pair($0) }
        let (output, childOutput) = try Descriptor.pair("create a pipe") { bonbox_pipe($0) }
        let (errors, childErrors) = try Descriptor.pair("create a pipe") { bonbox_pipe($0) }
        let payload = try SealedMemory(job.payload)
        var descriptors = [payload.descriptor.number]
        if let blob = job.blob { descriptors.append(blob.descriptor.number) }
        descriptors += [childOutput.number, childErrors.number, childChannel.number]
        let session = WorkerSession(
            job: job, control: process.control, channel: channel, output: output, errors: errors, wake: wake,
            accounts: job.mayFork && process.setup.cgroup > 0 ? process.accounts : nil)
        var text = Self.message(job)
        let sent = text.withUTF8 {
            bonbox_send_message(process.control.number, $0.baseAddress, $0.count, descriptors, Int32(descriptors.count))
        }
        withExtendedLifetime((payload, childChannel, childOutput, childErrors)) {}
        guard sent > 0 else { throw SandboxError(.workerLost, "A sandbox worker was lost.", step: errorText(errno)) }
        return session
    }

    private static func message(_ job: Job) -> String {
        let limits = job.limits
        // The kernel counts whole seconds; it stands behind our own count.
        let cpu = Int(limits.cpuSeconds.rounded(.up)) + 1
        let numbers = [cpu, limits.addressSpaceBytes ?? 0, limits.stackBytes, limits.fileBytes, limits.processes]
        return "job \(job.module) \(job.mayFork ? 1 : 0) " + numbers.map(String.init).joined(separator: " ")
    }

    private func lose(_ lost: WorkerProcess) {
        lost.stop(atOnce: true)
        process = nil
    }
}

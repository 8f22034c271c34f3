// SPDX-License-Identifier: Apache-2.0
import CBonBox
import Foundation
import Glibc

/// A running worker: the launcher, the warm interpreter, and the control socket to it. Used by one thread.
final class WorkerProcess {
    /// What the launcher set up.
    struct Setup: Decodable, Sendable {
        var tier: String
        var landlock: Int
        var filter: String
        var cgroup: Int
        var memory: String
        var processes: String
        var cpu: String
    }

    /// What the interpreter said when it was ready.
    struct Greeting: Decodable, Sendable {
        var version: String
        var executable: String
        var modules: [String]
        var processFiles: Bool
        var limitsProcesses: Bool
        var environment: [String: String]
    }

    let control: Descriptor
    let setup: Setup
    let greeting: Greeting
    let accounts: CgroupAccounts
    private let launcher: pid_t
    private let errors: Descriptor

    /// Starts a worker and waits until it is ready.
    init(_ configuration: WorkerConfiguration) throws {
        errors = try Descriptor(checking: bonbox_memory_file("errors"), "create a file in memory")
        (control, launcher) = try Self.spawn(configuration, errors: errors)
        do {
            let handshake = Handshake(control: control, errors: errors)
            setup = try handshake.receive(Setup.self)
            greeting = try handshake.receive(Greeting.self)
        } catch {
            kill(launcher, SIGKILL)
            waitForEnd(of: launcher, seconds: 5)
            throw error
        }
        accounts = CgroupAccounts(setup)
    }

    /// Starts a worker, a few times with growing pauses if need be.
    static func started(_ configuration: WorkerConfiguration) throws -> WorkerProcess {
        var pause = 0.1
        for _ in 1..<5 {
            if let process = try? WorkerProcess(configuration) { return process }
            Thread.sleep(forTimeInterval: pause)
            pause *= 2
        }
        return try WorkerProcess(configuration)
    }

    /// Starts the launcher. On return only the launcher holds the other end of the control socket, so that its end is noticed.
    private static func spawn(_ configuration: WorkerConfiguration, errors: Descriptor) throws -> (Descriptor, pid_t) {
        let nothing = try Descriptor(checking: open("/dev/null", O_RDWR | O_CLOEXEC), "open /dev/null")
        let (control, remote) = try Descriptor.pair("create a control socket") { bonbox_control_pair($0) }
        let descriptors = [
            nothing.number, errors.number, errors.number, remote.number, configuration.source.descriptor.number,
            configuration.modules.descriptor.number,
        ]
        var launcher: pid_t = 0
        let path = configuration.launcher.path
        let failure = withArguments(configuration.arguments()) { arguments in
            withArguments([]) { environment in
                bonbox_spawn(path, arguments, environment, descriptors, Int32(descriptors.count), &launcher)
            }
        }
        withExtendedLifetime((nothing, remote)) {}
        guard failure == 0 else {
            throw SandboxError(.unavailable, "The program '\(path)' cannot be started.", step: errorText(failure))
        }
        return (control, launcher)
    }

    /// Starts one job's child.
    ///
    /// - Parameter wake: becomes readable when the job is no longer wanted.
    /// - Throws: `SandboxError` when the worker is lost: it must then be replaced.
    func start(_ job: Job, wake: Descriptor) throws -> WorkerSession {
        let (channel, childChannel) = try Descriptor.pair("create a channel") { bonbox_stream_pair($0) }
        let (output, childOutput) = try Descriptor.pair("create a pipe") { bonbox_pipe($0) }
        let (errors, childErrors) = try Descriptor.pair("create a pipe") { bonbox_pipe($0) }
        let payload = try SealedMemory(job.payload)
        var descriptors = [payload.descriptor.number]
        if let blob = job.blob { descriptors.append(blob.descriptor.number) }
        descriptors += [childOutput.number, childErrors.number, childChannel.number]
        let session = WorkerSession(
            job: job, control: control, channel: channel, output: output, errors: errors, wake: wake,
            accounts: job.mayFork && setup.cgroup > 0 ? accounts : nil)
        var text = Self.message(job)
        let sent = text.withUTF8 {
            bonbox_send_message(control.number, $0.baseAddress, $0.count, descriptors, Int32(descriptors.count))
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

    /// What the launcher or the interpreter wrote before it was lost.
    var lastWords: String { String(errors.content().suffix(1000)) }

    /// Ends the worker with everything in it. The launcher sees the socket close; one that does not is killed.
    func stop(atOnce: Bool = false) {
        shutdown(control.number, Int32(SHUT_RDWR))
        if atOnce { kill(launcher, SIGKILL) }
        waitForEnd(of: launcher, seconds: 3)
    }
}

/// The first messages of a worker.
private struct Handshake {
    let control: Descriptor
    let errors: Descriptor

    func receive<Message: Decodable>(_ type: Message.Type) throws -> Message {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        var wait = pollfd(fd: control.number, events: Int16(POLLIN), revents: 0)
        // A large profile on a busy machine takes its time.
        let ready = poll(&wait, 1, 120_000)
        guard ready > 0 else { throw failure("did not answer within two minutes") }
        var descriptors: Int32 = 0
        let size = bonbox_receive_message(control.number, &buffer, buffer.count, nil, 0, &descriptors)
        guard size > 0 else { throw failure("ended before it was ready") }
        let data = Data(buffer[..<size])
        if data.starts(with: Data("fail\n".utf8)) { throw reportedFailure(String(decoding: data, as: UTF8.self)) }
        do {
            return try JSONDecoder().decode(type, from: data)
        } catch {
            throw failure("sent something unexpected: \(String(decoding: data.prefix(200), as: UTF8.self))")
        }
    }

    private func failure(_ what: String) -> SandboxError {
        let words = errors.content().split(whereSeparator: \.isNewline).suffix(6).joined(separator: " | ")
        return SandboxError(.unavailable, "A sandbox worker \(what).", step: words)
    }

    private func reportedFailure(_ text: String) -> SandboxError {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) + ["", "", "", ""]
        return SandboxError(
            .unavailable, "The sandbox cannot be set up.", step: "\(lines[1]) (\(lines[3]))", cure: lines[4])
    }
}

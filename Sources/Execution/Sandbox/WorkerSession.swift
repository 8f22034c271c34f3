// SPDX-License-Identifier: Apache-2.0
import CBonBox
import Foundation
import Glibc

/// One running child, seen from the trusted side: drains its streams, keeps its limits, kills it through its process descriptor.
///
/// Used by the worker's thread only. All waiting happens in `step`.
final class WorkerSession: ChildSession {
    /// What the worker said about the child's end.
    enum End {
        case done(status: Int32, cpuSeconds: Double, peakBytes: Int)
        /// The child could not be started, or the worker itself is lost.
        case failed(SandboxError)
    }

    private let limits: JobLimits
    private let control: Descriptor
    private let accounts: CgroupAccounts?
    private let cpuAtStart: Double
    /// Becomes readable when the conversation is no longer wanted.
    var wake: Descriptor
    var judge: JudgeSession?
    private let started = monotonicSeconds()
    private var channel: Descriptor?
    private var output: OutputDrain
    private var errors: OutputDrain
    private var frames: FrameReader
    private var child: Descriptor?
    private var process: pid_t = 0
    private(set) var end: End?
    private(set) var killed: JobReport.KillReason?
    private(set) var isCancelled = false
    private var waits: [pollfd]
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)

    private var lastLook = 0.0

    /// The longest and the shortest time between two looks at the clocks.
    private static let slice = 0.25
    private static let shortest = 0.02

    /// - Parameter accounts: where the CPU time of all the job's processes can be read; nil to count the child's own.
    init(
        job: Job, control: Descriptor, channel: Descriptor, output: Descriptor, errors: Descriptor, wake: Descriptor,
        accounts: CgroupAccounts?
    ) {
        limits = job.limits
        frames = FrameReader(largestBytes: job.largestReply)
        self.control = control
        self.channel = channel
        self.output = OutputDrain(output, keeping: 0)
        self.errors = OutputDrain(errors, keeping: 4096)
        self.wake = wake
        self.accounts = accounts
        cpuAtStart = accounts?.cpuSeconds ?? 0
        waits = Array(repeating: pollfd(fd: -1, events: 0, revents: 0), count: 5)
    }

    deinit { buffer.deallocate() }

    var wallSeconds: Double { monotonicSeconds() - started }
    var standardErrorTail: String { String(decoding: errors.tail, as: UTF8.self) }

    // MARK: ChildSession

    func send(_ json: Data) {
        let frame = FrameReader.frame(json)
        frame.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty, let channel, end == nil, killed == nil, !isCancelled {
                let sent = bonbox_send_bytes(
                    channel.number, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if sent >= 0 {
                    rest = rest.dropFirst(sent)
                } else if errno == EAGAIN {
                    enforceLimits(at: monotonicSeconds())
                    step(until: monotonicSeconds() + Self.slice, sending: true)
                } else {
                    return
                }
            }
        }
    }

    func receive(cpuSeconds: Double?, wallSeconds: Double) -> ChildMessage {
        let begun = monotonicSeconds()
        let deadline = begun + wallSeconds
        var cpuLimit: Double?
        while true {
            // A child that sends without pause must not get round its limits.
            enforceLimits(at: monotonicSeconds())
            do {
                if killed == nil, let frame = try frames.next() {
                    switch frame {
                    case .json(let data): return .json(data)
                    case .bytes(let data): return .bytes(data)
                    }
                }
            } catch {
                kill(.finished)
                return .ended
            }
            if isCancelled { return .ended }
            switch killed {
            case .cpu: return .cpuLimit
            case .wall: return .wallLimit
            case .output, .finished: return .ended
            case nil: break
            }
            if channel == nil { return .ended }
            if end != nil {
                // The child has gone; what it sent before is still in the socket.
                if !readChannel() { return .ended }
                continue
            }
            if let cpuSeconds, cpuLimit == nil, child != nil { cpuLimit = cpu + cpuSeconds }
            let now = monotonicSeconds()
            if now >= deadline {
                kill(.wall)
                continue
            }
            if let cpuLimit, now - begun > Self.shortest, cpu >= cpuLimit {
                kill(.cpu)
                continue
            }
            step(until: min(deadline, now + nextLook(cpuSeconds)), sending: false)
        }
    }

    /// Whether the child has ended or hung up, as far as can be seen without waiting.
    var hasGone: Bool {
        if channel != nil, end == nil { step(until: 0, sending: false) }
        return channel == nil || end != nil || killed != nil || isCancelled
    }

    /// A look at the clock is due soon after a small limit can be reached, not a whole slice later.
    private func nextLook(_ cpuSeconds: Double?) -> Double {
        min(Self.slice, max(0.01, min(cpuSeconds ?? .infinity, limits.cpuSeconds, limits.wallSeconds) / 8))
    }

    // MARK: The child's end

    /// Waits until the worker has reaped the child, killing it where the conversation left it running.
    func finish() throws {
        // A child that has hung up is on its way out; let it say how. One that is still talking is no longer needed.
        if end == nil, killed == nil {
            if channel == nil, !isCancelled { wait(seconds: 1) }
            if end == nil { kill(.finished) }
        }
        if end == nil { wait(seconds: 15) }
        guard end != nil else {
            throw SandboxError(.workerLost, "A sandbox worker did not report the end of a killed program.")
        }
        output.read(into: buffer)
        errors.read(into: buffer)
    }

    private func wait(seconds: Double) {
        let deadline = monotonicSeconds() + seconds
        while end == nil, monotonicSeconds() < deadline {
            enforceLimits(at: monotonicSeconds())
            step(until: min(deadline, monotonicSeconds() + Self.slice), sending: false)
        }
    }

    private func kill(_ reason: JobReport.KillReason) {
        guard killed == nil, end == nil else { return }
        killed = reason
        // The descriptor comes with the worker's first message; until then there is nothing to kill.
        let deadline = monotonicSeconds() + 5
        while child == nil, end == nil, monotonicSeconds() < deadline { step(until: deadline, sending: false) }
        if let child { bonbox_signal_process(child.number, SIGKILL) }
    }

    /// CPU seconds that the job has used up to now.
    var cpu: Double {
        if let total = accounts?.cpuSeconds { return total - cpuAtStart }
        guard process > 0 else { return 0 }
        return max(0, Double(bonbox_cpu_nanoseconds(process)) / 1e9)
    }

    private func enforceLimits(at now: Double) {
        guard killed == nil, end == nil, now - started > Self.shortest, now - lastLook > Self.shortest else { return }
        lastLook = now
        if wallSeconds >= limits.wallSeconds { kill(.wall) }
        if cpu >= limits.cpuSeconds { kill(.cpu) }
    }

    // MARK: Input and output

    /// Waits for one event and handles all that are ready.
    private func step(until deadline: Double, sending: Bool) {
        let readable = Int16(POLLIN)
        waits[0] = pollfd(fd: control.number, events: end == nil ? readable : 0, revents: 0)
        waits[1] = pollfd(
            fd: channel?.number ?? -1, events: sending ? readable | Int16(POLLOUT) : readable, revents: 0)
        waits[2] = pollfd(fd: output.number, events: readable, revents: 0)
        waits[3] = pollfd(fd: errors.number, events: readable, revents: 0)
        waits[4] = pollfd(fd: isCancelled ? -1 : wake.number, events: readable, revents: 0)
        let milliseconds = max(0, ((deadline - monotonicSeconds()) * 1000).rounded(.up))
        guard poll(&waits, UInt(waits.count), Int32(min(milliseconds, 60_000))) > 0 else { return }
        if waits[4].revents != 0 {
            isCancelled = true
            kill(.finished)
        }
        if waits[2].revents != 0 { output.read(into: buffer) }
        if waits[3].revents != 0 { errors.read(into: buffer) }
        if output.count > limits.outputBytes || errors.count > limits.outputBytes { kill(.output) }
        if waits[1].revents & ~Int16(POLLOUT) != 0 { _ = readChannel() }
        if waits[0].revents != 0, end == nil { readControl() }
    }

    /// Reads what is there; false when there is no more to come.
    private func readChannel() -> Bool {
        guard let channel else { return false }
        let size = read(channel.number, buffer.baseAddress, buffer.count)
        if size > 0 {
            frames.append(UnsafeRawBufferPointer(rebasing: buffer[..<size]))
            return true
        }
        if size < 0, errno == EAGAIN || errno == EINTR, end == nil { return true }
        self.channel = nil
        return false
    }

    private func readControl() {
        var descriptors: [Int32] = [-1]
        var count: Int32 = 0
        var message = [UInt8](repeating: 0, count: 4096)
        let size = bonbox_receive_message(control.number, &message, message.count, &descriptors, 1, &count)
        if size < 0, errno == EAGAIN { return }
        guard size > 0 else {
            end = .failed(SandboxError(.workerLost, "A sandbox worker was lost while it ran a program."))
            return
        }
        if count == 1 {
            process = bonbox_process_id(descriptors[0])
            child = Descriptor(descriptors[0])
            return
        }
        end = Self.end(String(decoding: message[..<size], as: UTF8.self))
    }

    private static func end(_ text: String) -> End {
        if text.hasPrefix("fail\n") {
            let lines =
                text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) + ["", "", "", ""]
            return .failed(
                SandboxError(
                    .workerLost, "A sandbox worker could not start a program.", step: "\(lines[1]) (\(lines[3]))"))
        }
        let words = text.split(separator: " ").dropFirst().compactMap { Int($0) }
        guard text.hasPrefix("done "), words.count == 3 else {
            return .failed(SandboxError(.workerLost, "A sandbox worker sent something unexpected: \(text.prefix(100))"))
        }
        return .done(status: Int32(words[0]), cpuSeconds: Double(words[1]) / 1e6, peakBytes: words[2] * 1024)
    }
}

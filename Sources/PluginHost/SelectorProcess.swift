// SPDX-License-Identifier: Apache-2.0
public import Foundation
import Glibc
import Synchronization

/// How to start an external selector.
public struct SelectorCommand: Sendable, Hashable {
    /// The program, looked up in PATH, and its arguments.
    public var arguments: [String]
    /// The folder that it runs in.
    public var directory: URL

    public init(_ arguments: [String], directory: URL) {
        self.arguments = arguments
        self.directory = directory
    }
}

/// Why a process is of no more use. `description` goes on from "Selector 'x' …".
struct ProcessFailure: Error, Sendable, CustomStringConvertible {
    var description: String
}

/// A running program that exchanges lines: standard input and output carry the protocol, standard error is kept as far as its end.
///
/// The program leads a process group of its own, which is killed as a whole. It also sees the end of its input when this process dies in whatever way.
final class SelectorProcess: Sendable {
    private struct State {
        var errorTail: [UInt8] = []
        var failure: ProcessFailure?
        var isReaped = false
    }

    private static let longestLine = 64 << 20
    private static let errorTailSize = 4096

    private let pid: pid_t
    private let input: Int32
    private let state = Mutex(State())
    private let writer = DispatchQueue(label: "selector input")

    /// Starts the program.
    ///
    /// - Parameters:
    ///   - onLine: gets each line of standard output, one at a time.
    ///   - onEnd: called once, when there will be no more lines.
    init(
        _ command: SelectorCommand, onLine: @escaping @Sendable (Data) -> Void,
        onEnd: @escaping @Sendable (ProcessFailure) -> Void
    ) throws {
        let inputs = try Self.stream()
        let outputs = try Self.stream()
        let errors = try Self.stream()
        defer { for stream in [inputs, outputs, errors] { close(stream.theirs) } }
        do {
            pid = try Self.spawn(command, input: inputs.theirs, output: outputs.theirs, errors: errors.theirs)
        } catch {
            for stream in [inputs, outputs, errors] { close(stream.ours) }
            throw error
        }
        input = inputs.ours
        let errorsEnded = DispatchSemaphore(value: 0)
        Thread.detachNewThread { [self] in
            Self.readAll(errors.ours) { bytes in
                state.withLock { state in
                    state.errorTail.append(contentsOf: bytes)
                    let excess = state.errorTail.count - Self.errorTailSize
                    if excess > 0 { state.errorTail.removeFirst(excess) }
                }
            }
            errorsEnded.signal()
        }
        Thread.detachNewThread { [self] in
            readLines(outputs.ours, onLine)
            // What it said last explains its end; a grandchild may hold the stream open for ever.
            _ = errorsEnded.wait(timeout: .now() + 1)
            onEnd(reap())
        }
    }

    /// Sends a line, in the order of the calls, without waiting for the program to read it.
    func send(_ line: Data) {
        writer.async { [self] in
            var bytes = line
            bytes.append(UInt8(ascii: "\n"))
            bytes.withUnsafeBytes { buffer in
                var sent = 0
                while sent < buffer.count {
                    let count = Glibc.send(
                        input, buffer.baseAddress.map { $0 + sent }, buffer.count - sent, Int32(MSG_NOSIGNAL))
                    if count < 0, errno == EINTR { continue }
                    // The end of the process is reported by those who read from it.
                    guard count > 0 else { return }
                    sent += count
                }
            }
        }
    }

    /// Kills the program and all that it started; `failure` is what those who wait are told.
    func kill(_ failure: ProcessFailure) {
        state.withLock { state in
            if state.failure == nil { state.failure = failure }
            if !state.isReaped { Glibc.kill(-pid, SIGKILL) }
        }
    }

    /// Closes the program's input, which asks it to end, and kills it if it does not within a second.
    func end() async {
        shutdown(input, Int32(SHUT_WR))
        for _ in 0..<50 {
            if state.withLock({ $0.isReaped }) { return }
            try? await Task.sleep(for: .milliseconds(20))
        }
        kill(ProcessFailure(description: "did not end when its input ended."))
    }

    deinit { close(input) }

    // MARK: Reading

    private func readLines(_ descriptor: Int32, _ onLine: (Data) -> Void) {
        var line = Data()
        Self.readAll(descriptor) { bytes in
            var rest = bytes[...]
            while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                line.append(contentsOf: rest[..<end])
                rest = rest[(end + 1)...]
                if !line.isEmpty { onLine(line) }
                line.removeAll(keepingCapacity: true)
            }
            line.append(contentsOf: rest)
            if line.count > Self.longestLine {
                line.removeAll()
                kill(
                    ProcessFailure(
                        description: "wrote a line of more than \(Self.longestLine >> 20) MB to its standard output."))
            }
        }
    }

    private static func readAll(_ descriptor: Int32, _ use: (ArraySlice<UInt8>) -> Void) {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            use(buffer[..<count])
        }
        close(descriptor)
    }

    private func reap() -> ProcessFailure {
        var status: Int32 = 0
        // It has closed its output; without one it is of no use.
        for _ in 0..<100 {
            if waitpid(pid, &status, WNOHANG) == pid { return ended(status) }
            usleep(10_000)
        }
        Glibc.kill(-pid, SIGKILL)
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        return ended(status)
    }

    private func ended(_ status: Int32) -> ProcessFailure {
        // What it started goes with it.
        Glibc.kill(-pid, SIGKILL)
        return state.withLock { state in
            state.isReaped = true
            let signal = status & 0x7f
            let how = signal == 0 ? "ended with exit code \((status >> 8) & 0xff)" : "was ended by signal \(signal)"
            let failure = state.failure ?? ProcessFailure(description: "\(how).")
            let tail = String(decoding: state.errorTail, as: UTF8.self)
                .trimmingCharacters(in: .whitespacesAndNewlines)
            guard !tail.isEmpty else { return failure }
            return ProcessFailure(description: "\(failure.description) The end of its standard error:\n\(tail)")
        }
    }

    // MARK: Starting

    /// A socket pair: writing to a pipe that nobody reads would raise a signal, and no other program that starts just then inherits it.
    private static func stream() throws -> (ours: Int32, theirs: Int32) {
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw ProcessFailure(description: "cannot be started: \(String(cString: strerror(errno))).")
        }
        return (ends[0], ends[1])
    }

    private static func spawn(
        _ command: SelectorCommand, input: Int32, output: Int32, errors: Int32
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (descriptor, target) in [(input, 0), (output, 1), (errors, 2)] {
            posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(target))
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // This process may ignore signals that the program should not.
        var defaults = sigset_t()
        sigfillset(&defaults)
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF))
        // The shell changes the folder and becomes the program; it says what is wrong with either.
        let words = ["/bin/sh", "-c", "cd -- \"$0\" && exec \"$@\"", command.directory.path] + command.arguments
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
        defer { for argument in arguments { free(argument) } }
        arguments.append(nil)
        var pid: pid_t = 0
        let result = posix_spawn(&pid, words[0], &actions, &attributes, arguments, environ)
        guard result == 0 else {
            throw ProcessFailure(
                description:
                    "cannot be started: '\(command.arguments.joined(separator: " "))': \(String(cString: strerror(result)))."
            )
        }
        return pid
    }
}

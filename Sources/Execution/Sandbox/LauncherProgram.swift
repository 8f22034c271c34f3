// SPDX-License-Identifier: Apache-2.0
import CBonBox
import Foundation
import Glibc

/// The `bonbox` program, which prepares confinement and starts workers.
struct LauncherProgram: Sendable {
    let path: String

    /// Finds it by `BESTOFN_BONBOX`, beside the running program, in `../libexec/bestofn`, or beside a test bundle.
    static func find(environment: [String: String] = ProcessInfo.processInfo.environment) throws -> LauncherProgram {
        if let path = environment["BESTOFN_BONBOX"], !path.isEmpty {
            guard access(path, X_OK) == 0 else {
                throw SandboxError(
                    .unavailable, "BESTOFN_BONBOX names '\(path)', which cannot be run.",
                    cure: "Unset it or name the bonbox program.")
            }
            return LauncherProgram(path: path)
        }
        let places = directories()
        for place in places {
            for candidate in [place + "/bonbox", place + "/../libexec/bestofn/bonbox"]
            where access(candidate, X_OK) == 0 {
                return LauncherProgram(path: candidate)
            }
        }
        throw SandboxError(
            .unavailable, "The program 'bonbox' is missing; looked in \(places.joined(separator: ", ")).",
            cure: "Build it with `swift build --product bonbox`, or name it in BESTOFN_BONBOX.")
    }

    private static func directories() -> [String] {
        var programs = CommandLine.arguments.first.map { [$0] } ?? []
        if let program = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") {
            programs.insert(program, at: 0)
        }
        // Tests run in a helper of the tool chain, which is told the bundle's path.
        programs += CommandLine.arguments.filter { $0.hasSuffix(".xctest") }
        var found: [String] = []
        for program in programs {
            let directory = URL(fileURLWithPath: program).standardizedFileURL.deletingLastPathComponent().path
            if !found.contains(directory) { found.append(directory) }
        }
        return found
    }

    /// What `bonbox --probe` says of a tier.
    struct ProbedTier: Decodable, Sendable {
        var ok: Bool
        var step: String?
        var error: String?
        var cure: String?
    }

    /// Sets up every tier once and tells which worked.
    func probe(binds: [String]) throws -> [SandboxTier: ProbedTier] {
        struct Report: Decodable {
            var T1, T2, T3: ProbedTier
        }
        let (status, output, errors) = try runProgram(
            path, ["--probe"] + binds.flatMap { ["--bind", $0] }, seconds: 60)
        guard status == 0, let report = try? JSONDecoder().decode(Report.self, from: Data(output.utf8)) else {
            throw SandboxError(.unavailable, "'\(path) --probe' failed with status \(status).", step: errors)
        }
        return [
            .confined: report.T1, .isolated: report.T2, .isolatedWithCgroup: report.T3, .none: ProbedTier(ok: true),
        ]
    }
}

/// Runs a trusted program to its end. Blocks.
func runProgram(_ path: String, _ arguments: [String], seconds: Double) throws -> (
    status: Int32, output: String, errors: String
) {
    let nothing = try Descriptor(checking: open("/dev/null", O_RDWR | O_CLOEXEC), "open /dev/null")
    let output = try Descriptor(checking: bonbox_memory_file("output"), "create a file in memory")
    let errors = try Descriptor(checking: bonbox_memory_file("errors"), "create a file in memory")
    let environment = ProcessInfo.processInfo.environment.map { "\($0.key)=\($0.value)" }
    var process: pid_t = 0
    let failure = withArguments([path] + arguments) { arguments in
        withArguments(environment) { environment in
            bonbox_spawn(path, arguments, environment, [nothing.number, output.number, errors.number], 3, &process)
        }
    }
    guard failure == 0 else {
        throw SandboxError(.unavailable, "The program '\(path)' cannot be started.", step: errorText(failure))
    }
    let status = waitForEnd(of: process, seconds: seconds)
    return (status, output.content(limit: 1 << 20), errors.content().trimmingCharacters(in: .whitespacesAndNewlines))
}

/// Reaps a child of this process; kills it when the time is up.
@discardableResult
func waitForEnd(of process: pid_t, seconds: Double) -> Int32 {
    let descriptor = bonbox_open_process(process)
    if descriptor >= 0 {
        var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        let deadline = monotonicSeconds() + seconds
        while poll(&wait, 1, Int32(max(0, deadline - monotonicSeconds()) * 1000)) < 0, errno == EINTR {}
        close(descriptor)
        if wait.revents == 0 { kill(process, SIGKILL) }
    }
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
    return status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)
}

// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc

/// Proves a tier's promises before the first candidate runs: programs that try to break them, and programs that must work, take the same
/// way as candidates.
struct SelfTest: Sendable {
    /// The name of the child's module.
    static let module = "self_test"

    let tier: SandboxTier
    /// What the worker imported for its candidates.
    let imported: [String]

    private struct Description: Encodable {
        var checks: [String]
        var port: UInt16
        var secret: String
        var harness: Int32
        var too_much: Int
        var imported: [String]
    }

    /// Runs all checks.
    ///
    /// - Returns: "ok", or what happened, by check. Only tier T0, which promises nothing, may return anything but "ok".
    /// - Throws: `SandboxError` when a promise is broken.
    func run(on runner: any JobRunner) async throws -> [String: String] {
        let listener = try Listener()
        let secret = FileManager.default.temporaryDirectory.appendingPathComponent(
            "bestofn-self-test-\(getpid())-\(UInt32.random(in: 0 ... .max))")
        try Data("secret".utf8).write(to: secret)
        defer { try? FileManager.default.removeItem(at: secret) }
        let description = Description(
            checks: [], port: listener.port, secret: secret.path, harness: getpid(), too_much: 2 << 30,
            imported: imported)

        var results: [String: String] = [:]
        if tier > .none {
            results = try await check(
                description,
                [
                    "fork", "execute", "connect", "write_system", "read_foreign", "see_environment", "kill_everything",
                    "trace", "take_memory",
                    "leave_traces",
                ], on: runner)
        }
        results.merge(try await check(description, ["find_traces", "use_thread", "use_libraries"], on: runner)) { $1 }
        if tier >= .isolated {
            results.merge(try await check(description, ["start_process"], mayFork: true, on: runner)) { $1 }
        }
        results["loop"] = try await checkCPULimit(description, on: runner)
        let broken = results.filter { $0.value != "ok" }.sorted { $0.key < $1.key }
        guard broken.isEmpty || tier == .none else {
            throw SandboxError(
                .unsafe, "The sandbox does not keep the promises of tier \(tier.rawValue).",
                step: broken.map { "\($0.key): \($0.value)" }.joined(separator: "; "),
                cure: "Choose another tier, or report this with the output of `bestofn doctor`.")
        }
        return results
    }

    private func check(_ description: Description, _ checks: [String], mayFork: Bool = false, on runner: any JobRunner)
        async throws
        -> [String: String]
    {
        struct Frame: Decodable, Sendable { var results: [String: String] }
        var description = description
        description.checks = checks
        // The libraries may reserve a lot; what matters is that twice the limit is refused.
        let limits = JobLimits(
            cpuSeconds: 60, wallSeconds: 120, addressSpaceBytes: checks.contains("take_memory") ? 1 << 30 : nil)
        let job = Job(
            module: Self.module, payload: try JSONEncoder().encode(description), limits: limits, mayFork: mayFork)
        let (frame, report) = try await runner.run(job) { session -> Frame? in
            guard case .json(let data) = session.receive(cpuSeconds: nil, wallSeconds: 120) else { return nil }
            return try? JSONDecoder().decode(Frame.self, from: data)
        }
        if let frame { return frame.results }
        let what = "no answer; \(report.ending) \(report.standardErrorTail.suffix(300))"
        return Dictionary(uniqueKeysWithValues: checks.map { ($0, what) })
    }

    private func checkCPULimit(_ description: Description, on runner: any JobRunner) async throws -> String {
        var description = description
        description.checks = ["loop"]
        let limits = JobLimits(cpuSeconds: 0.1, wallSeconds: 60, addressSpaceBytes: nil)
        let job = Job(module: Self.module, payload: try JSONEncoder().encode(description), limits: limits)
        let (_, report) = try await runner.run(job) { session in
            _ = session.receive(cpuSeconds: nil, wallSeconds: 60)
        }
        return report.killed == .cpu ? "ok" : "ended by \(report.ending) after \(report.cpuSeconds) s of CPU time"
    }
}

/// A socket on the loopback interface that nobody may reach.
private final class Listener {
    let port: UInt16
    private let descriptor: Descriptor

    init() throws {
        descriptor = try Descriptor(
            checking: socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0), "open a socket")
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let number = descriptor.number
        let bound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(number, $0, size) == 0 && listen(number, 1) == 0 && getsockname(number, $0, &size) == 0
            }
        }
        guard bound else { throw systemError("listen on the loopback interface", errno) }
        port = UInt16(bigEndian: address.sin_port)
    }
}

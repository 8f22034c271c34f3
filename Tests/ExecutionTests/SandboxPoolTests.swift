// SPDX-License-Identifier: Apache-2.0
@testable import Execution
import Foundation
import Glibc
import Testing

/// Queueing, recovery and start-up.
@Suite struct SandboxPoolTests {
    @Test func manyJobsShareTheWorkers() async throws {
        let trial = try await SandboxTrial.start(workers: 2) { $0.jobsPerWorker = 10 }
        let answers = try await withThrowingTaskGroup(of: (Int, String?).self) { group in
            for number in 0..<60 {
                group.addTask { (number, try await trial.run("answer = str(\(number) ** 2)").answer) }
            }
            return try await group.reduce(into: [Int: String]()) { $0[$1.0] = $1.1 }
        }
        #expect(answers == Dictionary(uniqueKeysWithValues: (0..<60).map { ($0, String($0 * $0)) }))
        await trial.pool.shutDown()
        await #expect(throws: SandboxError.self) { try await trial.run("answer = 'late'") }
    }

    @Test func aLostWorkerFailsItsJobAndIsReplaced() async throws {
        let trial = try await SandboxTrial.start(workers: 1) { $0.memoryBytesPerWorker = Self.mark }
        let job = try trial.job("channel.send({'answer': 'running'})\nchannel.receive()")
        await #expect(throws: SandboxError.self) {
            _ = try await trial.pool.run(job) { session in
                _ = session.receive(cpuSeconds: nil, wallSeconds: 10)
                for process in Self.launchers() { kill(process, SIGKILL) }
                _ = session.receive(cpuSeconds: nil, wallSeconds: 10)
            }
        }
        #expect(try await trial.run("answer = 'recovered'").answer == "recovered")
        await trial.pool.shutDown()
        #expect(Self.launchers().isEmpty)
    }

    /// A number that no other test's launcher has among its arguments.
    private static let mark = 1_234_567_891

    /// The launchers that carry the mark.
    private static func launchers() -> [pid_t] {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { pid_t($0) }.filter { process in
            let stat = (try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)) ?? ""
            let commandLine = (try? String(contentsOfFile: "/proc/\(process)/cmdline", encoding: .utf8)) ?? ""
            return stat.contains("(bonbox) ") && stat.contains(" \(getpid()) ") && commandLine.contains(String(mark))
        }) ?? []
    }

    @Test func cancellingEndsTheChildAndFreesTheWorker() async throws {
        let trial = try await SandboxTrial.start(workers: 1)
        let running = Task {
            try await trial.run(
                "import time\ntime.sleep(1000)",
                limits: JobLimits(cpuSeconds: 60, wallSeconds: 600, addressSpaceBytes: nil))
        }
        let waiting = Task { try await trial.run("answer = 'never'") }
        try await Task.sleep(for: .milliseconds(200))
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        running.cancel()
        await #expect(throws: CancellationError.self) { try await running.value }
        #expect(try await trial.run("answer = 'free'").answer == "free")
        await trial.pool.shutDown()
    }

    @Test func jobsThatRunAloneHaveTheMachineToThemselves() async throws {
        let trial = try await SandboxTrial.start(workers: 3)
        let running = Counter()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<24 {
                var job = try trial.job("answer = 'ok'")
                job.runsAlone = number % 4 == 0
                let isAlone = job.runsAlone
                group.addTask { [job] in
                    _ = try await trial.pool.run(job) { session in
                        let others = running.change(by: 1) - 1
                        if isAlone { #expect(others == 0) }
                        _ = session.receive(cpuSeconds: nil, wallSeconds: 10)
                        usleep(5000)
                        if isAlone { #expect(running.value == 1) }
                        running.change(by: -1)
                    }
                }
            }
            try await group.waitForAll()
        }
        await trial.pool.shutDown()
    }

    @Test func memoryIsSharedButNeverTooSmall() {
        let gigabyte = 1 << 30
        #expect(WorkerConfiguration.memoryBytes(physical: 64 * gigabyte, workers: 2) == 24 * gigabyte)
        #expect(WorkerConfiguration.memoryBytes(physical: 64 * gigabyte, workers: 32) == 8 * gigabyte)
        #expect(WorkerConfiguration.memoryBytes(physical: 8 * gigabyte, workers: 4) == 6 * gigabyte)
    }

    @Test func aMissingPythonIsAClearError() {
        #expect(throws: SandboxError.self) { try PythonInterpreter(resolving: "python-of-nowhere") }
        #expect(throws: SandboxError.self) { try PythonInterpreter(resolving: "/bin/true") }
        do {
            _ = try PythonInterpreter(resolving: "python-of-nowhere")
        } catch {
            #expect(
                "\(error)"
                    == "There is no Python 'python-of-nowhere'. Install Python 3.9 or later, or name one with `--python` (`execution.python` in an experiment)."
            )
        }
    }

    @Test(arguments: [SandboxTier.confined, .isolated, .isolatedWithCgroup]) func everyTierKeepsItsPromises(
        tier: SandboxTier
    ) async throws {
        guard let trial = try await SandboxTrial.shared(tier) else { return }
        let results = trial.pool.environment.selfTest
        #expect(results.count >= 14 && results.values.allSatisfy { $0 == "ok" })
        #expect(trial.pool.environment.tier == tier)
    }

    @Test func tierT1RefusesProgramsThatStartProcesses() async throws {
        guard let trial = try await SandboxTrial.shared(.confined) else { return }
        await #expect(throws: SandboxError.self) { try await trial.run("answer = ''", mayFork: true) }
    }
}

/// A number that threads share.
final class Counter: @unchecked Sendable {
    // Sendable: the number is only touched under the lock.
    private let lock = NSLock()
    private var number = 0

    var value: Int { lock.withLock { number } }

    @discardableResult func change(by difference: Int) -> Int {
        lock.withLock {
            number += difference
            return number
        }
    }
}

/// All workers share one limit of memory, whatever each of them may use.
@Suite struct CommonMemoryTests {
    @Test func programsThatTakeTooMuchTogetherAreToldApartFromThoseThatDoAlone() async throws {
        let trial: SandboxTrial
        do {
            trial = try await SandboxTrial.start(tier: .isolatedWithCgroup) {
                $0.memoryBytesPerWorker = 420 << 20
                $0.memoryBytes = 520 << 20
            }
        } catch let error as SandboxError where error.code == .unavailable {
            return
        }
        let greedy = "import time\nheld = bytearray(b'x') * (340 << 20)\ntime.sleep(6)\nanswer = 'done'"
        var isToldOutOfMemory = false
        // On a busy machine the two may miss each other.
        for _ in 0..<3 where !isToldOutOfMemory {
            async let first = trial.run(greedy)
            async let second = trial.run(greedy)
            isToldOutOfMemory = try await [first, second].contains { $0.report.outOfMemory }
        }
        #expect(isToldOutOfMemory)
        // Each has enough where the other is not, and the workers have survived.
        #expect(try await trial.run(greedy).answer == "done")
        #expect(try await trial.run("answer = 'small'").answer == "small")
        await trial.pool.shutDown()
    }
}

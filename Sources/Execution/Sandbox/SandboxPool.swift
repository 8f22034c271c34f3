// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc

/// Runs jobs in confined children of warm workers, as many at a time as there are workers.
///
/// Every worker has a thread of its own, so blocking conversations never hold up Swift's cooperative threads. Awaiting `run` is the
/// back-pressure: a caller holds as many jobs in memory as it awaits. Workers end with the pool, and with the process however it ends.
package final class SandboxPool: Sendable {
    /// How many jobs run at the same time.
    package let workers: Int
    /// What was measured when the pool started.
    package let environment: ExecutionEnvironment
    private let queue: JobQueue

    private init(queue: JobQueue, workers: Int, environment: ExecutionEnvironment) {
        self.queue = queue
        self.workers = workers
        self.environment = environment
    }

    deinit { Self.close(queue) }

    /// Ends all workers and waits until they have gone. Jobs that run are finished, others are refused.
    package func shutDown() async {
        Self.close(queue)
        await queue.allThreadsEnded()
    }

    private static func close(_ queue: JobQueue) {
        queue.close(SandboxError(.unavailable, "The sandbox is closed."), stopsWorkers: true)
    }

    /// Chooses a tier, starts a worker and proves the tier's promises by programs that try to break them.
    ///
    /// - Throws: `SandboxError` when Python, the launcher or the tier is not to be had, or a promise is broken.
    package static func start(_ settings: SandboxSettings) async throws -> SandboxPool {
        let workers = max(1, settings.workers ?? Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        let (configuration, environment) = try await onOwnThread {
            let launcher = try LauncherProgram.find()
            let tier = try chooseTier(settings.tier, launcher: launcher, python: settings.interpreter)
            let configuration = try WorkerConfiguration(
                settings: settings, launcher: launcher, tier: tier, workers: workers)
            let first = SandboxWorker(configuration)
            return (configuration, ExecutionEnvironment(configuration, try first.ready(), workers: workers))
        }
        let queue = JobQueue(threads: workers)
        for index in 0..<workers { startThread(queue, configuration, index: index) }
        var measured = environment
        do {
            measured.selfTest = try await SelfTest(tier: configuration.tier, imported: environment.imported).run(
                on: Runner(queue: queue, workers: workers))
        } catch {
            close(queue)
            throw error
        }
        return SandboxPool(queue: queue, workers: workers, environment: measured)
    }

    private static func chooseTier(_ wanted: SandboxTier?, launcher: LauncherProgram, python: PythonInterpreter) throws
        -> SandboxTier
    {
        if let wanted, wanted == .none { return wanted }
        let tiers = try launcher.probe(binds: python.directories)
        if let wanted {
            if let probed = tiers[wanted], !probed.ok {
                throw unavailable("Tier \(wanted.rawValue) is not available here.", probed)
            }
            return wanted
        }
        for tier in SandboxTier.allCases.sorted(by: >) where tier > .none && tiers[tier]?.ok == true { return tier }
        throw unavailable(
            "This machine cannot confine programs.", tiers[.isolated] ?? LauncherProgram.ProbedTier(ok: false))
    }

    private static func unavailable(_ message: String, _ probed: LauncherProgram.ProbedTier) -> SandboxError {
        SandboxError(
            .unavailable, message, step: "\(probed.step ?? "") (\(probed.error ?? ""))", cure: probed.cure ?? "")
    }

    private static func startThread(_ queue: JobQueue, _ configuration: WorkerConfiguration, index: Int) {
        let thread = Thread {
            let worker = SandboxWorker(configuration)
            while let job = queue.take() {
                do {
                    _ = try worker.ready()
                    job.work(worker)
                } catch {
                    job.refuse(error)
                    queue.close(error, stopsWorkers: false)
                }
                queue.finished()
            }
            worker.stop()
            queue.threadEnded()
        }
        // Conversations decode nested answers recursively.
        thread.stackSize = 16 << 20
        thread.name = "bestofn-worker-\(index)"
        thread.start()
    }
}

extension SandboxPool: JobRunner {
    package func run<Answer: Sendable>(
        _ job: Job, conversation: @escaping @Sendable (any ChildSession) -> Answer
    ) async throws -> (answer: Answer, report: JobReport) {
        try await Runner(queue: queue, workers: workers).run(job, conversation: conversation)
    }
}

/// The queue as a runner.
struct Runner: JobRunner {
    let queue: JobQueue
    let workers: Int

    func run<Answer: Sendable>(
        _ job: Job, conversation: @escaping @Sendable (any ChildSession) -> Answer
    ) async throws -> (answer: Answer, report: JobReport) {
        let ticket = try JobTicket()
        return try await withTaskCancellationHandler {
            try Task.checkCancellation()
            return try await withCheckedThrowingContinuation { continuation in
                queue.add(
                    QueuedJob(ticket: ticket, runsAlone: job.runsAlone) { worker in
                        continuation.resume(
                            with: Result { try worker.run(job, wake: ticket.wake, conversation: conversation) })
                    } refuse: { error in
                        continuation.resume(throwing: error)
                    })
            }
        } onCancel: {
            ticket.cancel()
            queue.withdraw(ticket)?.refuse(CancellationError())
        }
    }
}

/// Runs blocking work on a thread of its own.
private func onOwnThread<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        Thread { continuation.resume(with: Result { try work() }) }.start()
    }
}

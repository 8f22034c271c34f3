// SPDX-License-Identifier: Apache-2.0
import CBonBox
import Foundation
import Glibc

/// Work for one of the workers.
struct QueuedJob: Sendable {
    var ticket: JobTicket
    var runsAlone: Bool
    /// Runs on the worker's thread.
    var work: @Sendable (SandboxWorker) -> Void
    /// Called instead when the job is not going to run.
    var refuse: @Sendable (any Error) -> Void
}

/// Identifies one job, and lets its caller give it up.
final class JobTicket: Sendable {
    let wake: Descriptor

    init() throws { wake = try Descriptor(checking: bonbox_wakeup(), "create a wake-up counter") }

    func cancel() {
        var one: UInt64 = 1
        write(wake.number, &one, 8)
    }
}

/// Hands jobs to worker threads in order of arrival. A job that runs alone waits until no other runs, and others wait for it.
///
/// Sendable: all state is touched between `lock` and `unlock` of the condition only.
final class JobQueue: @unchecked Sendable {
    private let condition = NSCondition()
    /// Jobs that are taken leave nil, so that nothing of them is kept; the nils are dropped now and then.
    private var waiting: [QueuedJob?] = []
    private var first = 0
    private var alone: [QueuedJob] = []
    private var running = 0
    private var aloneIsRunning = false
    private var failure: (any Error)?
    private var isClosed = false
    /// So many jobs that want to be alone stop the others, whose callers may be waiting for these.
    private let patience = 4
    private var threads: Int
    private var farewells: [CheckedContinuation<Void, Never>] = []

    init(threads: Int) { self.threads = threads }

    func add(_ job: QueuedJob) {
        condition.lock()
        if let failure {
            condition.unlock()
            job.refuse(failure)
            return
        }
        if job.runsAlone { alone.append(job) } else { waiting.append(job) }
        condition.signal()
        condition.unlock()
    }

    /// Takes a job back that has not begun; false when it has.
    func withdraw(_ ticket: JobTicket) -> QueuedJob? {
        condition.lock()
        defer { condition.unlock() }
        // Others may have waited for this one.
        condition.broadcast()
        if let index = waiting[first...].firstIndex(where: { $0?.ticket === ticket }) {
            return waiting.remove(at: index)
        }
        if let index = alone.firstIndex(where: { $0.ticket === ticket }) { return alone.remove(at: index) }
        return nil
    }

    /// The next job for a worker; nil when the pool is closed. Blocks.
    func take() -> QueuedJob? {
        condition.lock()
        defer { condition.unlock() }
        while !isClosed {
            let aloneIsDue = !alone.isEmpty && (first == waiting.count || alone.count >= patience)
            if aloneIsDue {
                if running == 0 {
                    running = 1
                    aloneIsRunning = true
                    return alone.removeFirst()
                }
            } else if first < waiting.count, !aloneIsRunning {
                let job = waiting[first]
                waiting[first] = nil
                first += 1
                if first > 256, first * 2 > waiting.count {
                    waiting.removeFirst(first)
                    first = 0
                }
                running += 1
                return job
            }
            condition.wait()
        }
        return nil
    }

    func finished() {
        condition.lock()
        running -= 1
        // Whoever finishes takes the next job itself; others wait for this moment only where a job runs alone.
        if aloneIsRunning || !alone.isEmpty { condition.broadcast() }
        aloneIsRunning = false
        condition.unlock()
    }

    func threadEnded() {
        condition.lock()
        threads -= 1
        let waiting = threads == 0 ? farewells : []
        if threads == 0 { farewells = [] }
        condition.unlock()
        waiting.forEach { $0.resume() }
    }

    func allThreadsEnded() async {
        await withCheckedContinuation { continuation in
            condition.lock()
            let over = threads == 0
            if !over { farewells.append(continuation) }
            condition.unlock()
            if over { continuation.resume() }
        }
    }

    /// Refuses everything from now on.
    func close(_ error: any Error, stopsWorkers: Bool) {
        condition.lock()
        let refused = waiting[first...].compactMap(\.self) + alone
        (waiting, first, alone) = ([], 0, [])
        failure = error
        isClosed = isClosed || stopsWorkers
        condition.broadcast()
        condition.unlock()
        refused.forEach { $0.refuse(error) }
    }
}

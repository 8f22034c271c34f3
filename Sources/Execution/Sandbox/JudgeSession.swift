// SPDX-License-Identifier: Apache-2.0
package import Foundation
import Glibc

/// The judge beside one worker: a worker of its own, in which one long-lived child runs the judge's module. Used by the worker's thread.
final class JudgeProcess {
    private let worker: WorkerProcess
    private var current: JudgeSession?
    /// Conversations after which the judge is replaced, so that nothing adds up.
    private static let mostConversations = 500
    /// The judge's whole life is not limited, only what it does at a time; see `JudgeSession.receive`.
    private static let limits = JobLimits(cpuSeconds: 1e6, wallSeconds: .infinity, addressSpaceBytes: 4 << 30)

    init(_ configuration: WorkerConfiguration) throws { worker = try WorkerProcess.started(configuration) }

    /// The judge, ready for a conversation; a new one where the last has failed or served its time.
    ///
    /// - Throws: `SandboxError` when the judge's worker is lost: this object must then be replaced.
    func session(for request: JudgeRequest, wake: Descriptor) throws -> JudgeSession {
        if let current {
            if !request.isFresh, current.module == request.module, current.conversations < Self.mostConversations,
                !current.hasFailed
            {
                current.begin(wake)
                return current
            }
            self.current = nil
            try current.session.finish()
        }
        let job = Job(module: request.module, payload: Data("{}".utf8), limits: Self.limits)
        let started = JudgeSession(module: request.module, session: try worker.start(job, wake: wake))
        started.begin(wake)
        current = started
        return started
    }

    func stop() {
        // Reaped before its worker goes, so that its CPU time is accounted for.
        let isLost = current.map { (try? $0.session.finish()) == nil } ?? false
        worker.stop(atOnce: isLost)
    }
}

/// The trusted end of a running judge, for one conversation at a time. Used on the worker's own thread; every call blocks.
package final class JudgeSession {
    let module: String
    let session: WorkerSession
    private(set) var conversations = 0
    private var failed = false
    /// What the judge was told before and remembers, by any name that its conversations agree on. Forgotten with the process.
    package var known: Set<String> = []

    init(module: String, session: WorkerSession) {
        self.module = module
        self.session = session
    }

    func begin(_ wake: Descriptor) {
        conversations += 1
        session.wake = wake
    }

    /// Whether the judge's process has ended or broke a limit.
    var hasFailed: Bool { failed || session.hasGone }

    package func send(_ json: Data) { session.send(json) }

    /// The judge's next message.
    ///
    /// - Returns: nil when the judge died, was cancelled, or used up the CPU or wall seconds that it has for this message.
    package func receive(cpuSeconds: Double, wallSeconds: Double) -> Data? {
        guard !failed, case .json(let data) = session.receive(cpuSeconds: cpuSeconds, wallSeconds: wallSeconds) else {
            failed = true
            return nil
        }
        return data
    }
}

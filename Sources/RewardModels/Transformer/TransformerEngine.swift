// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Foundation
public import Transformer

/// A model in process: one computation at a time, which uses all threads that it may.
///
/// Requests that come while one is under way are computed together next, so that they share what they begin with and fill the processor.
public actor TransformerEngine {
    private let forward: PrefixForward
    private let queue = QueueExecutor()
    private var waiting: [Job] = []
    private var isWorking = false

    private struct Job {
        var requests: [PrefixForward.Request]
        var continuation: CheckedContinuation<[PrefixForward.Answer], any Error>
    }

    /// Sequences that are computed together at most: more would keep the first ones waiting.
    private static let most = 64

    /// Computations take seconds: they have a thread of their own, so that the tasks of others go on.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { queue.asUnownedSerialExecutor() }

    /// - Parameter shares: whether sequences share what they begin with; off only to measure what that saves.
    public init(_ model: TransformerModel, shares: Bool = true) {
        forward = PrefixForward(model, shares: shares)
    }

    /// The states of each request, and what computing them took.
    ///
    /// - Throws: `TransformerError`, and `CancellationError`.
    public func states(_ requests: [PrefixForward.Request]) async throws -> [PrefixForward.Answer] {
        try Task.checkCancellation()
        return try await withCheckedThrowingContinuation { continuation in
            waiting.append(Job(requests: requests, continuation: continuation))
            guard !isWorking else { return }
            isWorking = true
            Task { await work() }
        }
    }

    /// The statistics of an answer's tokens after a prompt, from the whole vocabulary.
    ///
    /// - Throws: `TransformerError`, and `CancellationError`.
    public func statistics(of answer: [Int], after prompt: [Int]) throws -> AnswerStatistics {
        try forward.statistics(of: answer, after: prompt)
    }

    private func work() async {
        while !waiting.isEmpty {
            // Whoever asks at the same time gets a chance to be among these.
            await Task.yield()
            var count = 0
            let jobs = waiting.prefix { job in
                defer { count += job.requests.count }
                return count == 0 || count + job.requests.count <= Self.most
            }
            waiting.removeFirst(jobs.count)
            do {
                var answers = try forward.states(jobs.flatMap(\.requests))[...]
                for job in jobs {
                    job.continuation.resume(returning: Array(answers.prefix(job.requests.count)))
                    answers = answers.dropFirst(job.requests.count)
                }
            } catch {
                for job in jobs { job.continuation.resume(throwing: error) }
            }
        }
        isWorking = false
    }
}

extension LanguageCheckpoint {
    /// The decoder with room for its longest sequences.
    ///
    /// - Parameter threads: nil for all processors.
    /// - Throws: `TransformerError` for weights that do not fit the configuration, and where memory is too short.
    public func model(threads: Int? = nil) throws(TransformerError) -> TransformerModel {
        let threads = threads ?? ProcessInfo.processInfo.activeProcessorCount
        let room = checkpoint.configuration.shape.workBytes(
            tokens: maxTokens, threads: threads, capacity: PrefixForward.defaultCapacity)
        return try checkpoint.model(threads: threads, room: room)
    }
}

/// Runs an actor's jobs on a dispatch queue.
private final class QueueExecutor: SerialExecutor {
    private let queue = DispatchQueue(label: "transformer")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }

    func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }
}

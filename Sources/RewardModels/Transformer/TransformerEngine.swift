// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Foundation
public import Transformer

/// A model in process: one computation at a time, which uses all threads that it may.
public actor TransformerEngine {
    private let forward: PrefixForward
    private let queue = QueueExecutor()

    /// Computations take seconds: they have a thread of their own, so that the tasks of others go on.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { queue.asUnownedSerialExecutor() }

    /// - Parameter shares: whether sequences share what they begin with; off only to measure what that saves.
    public init(_ model: TransformerModel, shares: Bool = true) {
        forward = PrefixForward(model, shares: shares)
    }

    /// What is made of each request's states, and what computing them took.
    func compute<Value: Sendable>(
        _ requests: [PrefixForward.Request], read: @Sendable ([Float]) -> Value
    ) throws -> (values: [Value], usage: PrefixForward.Usage) {
        let before = forward.usage
        let values = try forward.states(requests).map(read)
        return (values, forward.usage - before)
    }

    /// The statistics of an answer's tokens after a prompt, from the whole vocabulary.
    ///
    /// - Throws: `TransformerError`, and `CancellationError`.
    public func statistics(
        of answer: [Int], after prompt: [Int]
    ) throws -> (statistics: AnswerStatistics, usage: PrefixForward.Usage) {
        let before = forward.usage
        let statistics = try forward.statistics(of: answer, after: prompt)
        return (statistics, forward.usage - before)
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

extension PrefixForward.Usage {
    fileprivate static func - (left: Self, right: Self) -> Self {
        var usage = left
        usage.computed -= right.computed
        usage.shared -= right.shared
        usage.passes -= right.passes
        return usage
    }
}

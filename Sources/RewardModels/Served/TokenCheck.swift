// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// Finds out once whether a model answers with the designated tokens.
final class TokenCheck: Sendable {
    private struct State {
        var isPassed = false
        var running: Task<Void, any Error>?
    }

    private let state = Mutex(State())

    /// The tokens were seen: no check is needed any more.
    func passed() { state.withLock { $0.isPassed = true } }

    /// Runs the check unless it was passed; those who come while it runs wait for its result.
    func run(_ check: @escaping @Sendable () async throws -> Void) async throws {
        let task = state.withLock { state -> Task<Void, any Error>? in
            if state.isPassed { return nil }
            if let running = state.running { return running }
            let task = Task { try await check() }
            state.running = task
            return task
        }
        guard let task else { return }
        do {
            try await withTaskCancellationHandler {
                try await task.value
            } onCancel: {
                task.cancel()
            }
            passed()
        } catch {
            state.withLock { $0.running = nil }
            throw error
        }
    }
}

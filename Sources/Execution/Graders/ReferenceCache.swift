// SPDX-License-Identifier: Apache-2.0

/// Keeps the references of the problems at work, each made once however many candidates ask for it, and once for all runs where there is a store.
actor ReferenceCache {
    private let store: ReferenceStore?
    private var references = RecentTasks<Reference>()
    private var longValues = RecentTasks<LongValues>()

    init(store: ReferenceStore?) { self.store = store }

    func reference(
        _ key: String, run: @escaping @Sendable () async throws -> EvalPlusReferenceRun.Result
    ) async throws -> Reference {
        let store = store
        let task = references.task(key) {
            if let kept = try? store?.result(key)?.reference() { return kept }
            let result = try await run()
            let reference = try result.reference()
            store?.save(result, key)
            return reference
        }
        do {
            return try await task.value
        } catch {
            references.forget(key)
            throw error
        }
    }

    /// The long expected values of a reference in full, seldom needed.
    func longValues(_ key: String, make: @escaping @Sendable () async throws -> LongValues) async throws -> LongValues {
        let task = longValues.task(key, make)
        do {
            return try await task.value
        } catch {
            longValues.forget(key)
            throw error
        }
    }
}

/// Tasks by key; beyond the capacity the oldest are forgotten.
private struct RecentTasks<Value: Sendable> {
    private var tasks: [String: Task<Value, any Error>] = [:]
    private var order: [String] = []
    /// Enough for the problems that all workers are at, base and plus.
    private let capacity = 16

    mutating func task(_ key: String, _ make: @escaping @Sendable () async throws -> Value) -> Task<Value, any Error> {
        if let task = tasks[key] { return task }
        let task = Task { try await make() }
        tasks[key] = task
        order.append(key)
        if order.count > capacity { tasks[order.removeFirst()] = nil }
        return task
    }

    mutating func forget(_ key: String) {
        tasks[key] = nil
        order.removeAll { $0 == key }
    }
}

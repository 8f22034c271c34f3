// SPDX-License-Identifier: Apache-2.0

/// What a problem's canonical solution gave: expected values as one sealed blob, and the seconds each test took.
package struct Reference: Sendable {
    package var blob: SealedMemory
    package var seconds: [Double]

    package init(blob: SealedMemory, seconds: [Double]) {
        self.blob = blob
        self.seconds = seconds
    }
}

/// Keeps the references of the problems at work, each made once however many candidates ask for it.
actor ReferenceCache {
    private var tasks: [String: Task<Reference, any Error>] = [:]
    private var order: [String] = []
    /// Enough for the problems that all workers are at, base and plus.
    private let capacity = 16

    func reference(_ key: String, make: @escaping @Sendable () async throws -> Reference) async throws -> Reference {
        if let task = tasks[key] { return try await task.value }
        let task = Task { try await make() }
        tasks[key] = task
        order.append(key)
        if order.count > capacity { tasks[order.removeFirst()] = nil }
        do {
            return try await task.value
        } catch {
            tasks[key] = nil
            order.removeAll { $0 == key }
            throw error
        }
    }
}

// SPDX-License-Identifier: Apache-2.0

/// Remembers through which channel each suite's tests can be run, found once however many candidates wait for it.
actor ChannelCache {
    private var tasks: [String: Task<VerdictChannel, any Error>] = [:]

    func channel(_ suiteHash: String, find: @escaping @Sendable () async throws -> VerdictChannel) async throws
        -> VerdictChannel
    {
        if let task = tasks[suiteHash] { return try await task.value }
        let task = Task { try await find() }
        tasks[suiteHash] = task
        do {
            return try await task.value
        } catch {
            tasks[suiteHash] = nil
            throw error
        }
    }
}

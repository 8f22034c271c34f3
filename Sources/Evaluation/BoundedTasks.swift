// SPDX-License-Identifier: Apache-2.0

/// Runs `work` for every element that `next` gives, at most `limit` at a time, pulling elements only as there is room for them.
///
/// The first error cancels the rest and is thrown when all have stopped.
func forEachBounded<Element: Sendable>(
    limit: Int, next: () throws -> Element?, work: @escaping @Sendable (Element) async throws -> Void
) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        var running = 0
        while let element = try next() {
            if running == limit {
                try await group.next()
                running -= 1
            }
            try Task.checkCancellation()
            group.addTask { try await work(element) }
            running += 1
        }
        try await group.waitForAll()
    }
}

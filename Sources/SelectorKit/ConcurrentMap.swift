// SPDX-License-Identifier: Apache-2.0

/// `transform` of every element, in order, at most `limit` at a time.
///
/// The first error cancels what is under way, and is thrown when all have stopped.
public func concurrentMap<Element: Sendable, Result: Sendable>(
    _ elements: [Element], limit: Int, _ transform: @escaping @Sendable (Element) async throws -> Result
) async throws -> [Result] {
    var results = [Result?](repeating: nil, count: elements.count)
    try await withThrowingTaskGroup(of: (index: Int, result: Result).self) { group in
        for (index, element) in elements.enumerated() {
            if index >= max(1, limit), let done = try await group.next() { results[done.index] = done.result }
            try Task.checkCancellation()
            group.addTask { (index, try await transform(element)) }
        }
        while let done = try await group.next() { results[done.index] = done.result }
    }
    return results.compactMap(\.self)
}

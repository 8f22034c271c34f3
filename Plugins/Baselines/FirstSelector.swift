// SPDX-License-Identifier: Apache-2.0
public import SelectorKit

/// The pool's first candidate: what a user gets who samples once.
public struct FirstSelector: Selector {
    public init() {}

    public var descriptor: SelectorDescriptor {
        SelectorDescriptor(name: "first", version: 1, scope: .pool, summary: FirstPlugin.summary)
    }

    public func score(_ pool: CandidatePool, in context: SelectionContext) async throws -> [CandidateScore] {
        pool.candidates.indices.map { .value($0 == 0 ? 1 : 0) }
    }
}

public enum FirstPlugin: SelectorPlugin {
    public static let name = "first"
    public static let summary = "the pool's first candidate"
    public static let defaultOptions = NoOptions()
    public static func makeSelector(options: NoOptions) -> any Selector { FirstSelector() }
}

// SPDX-License-Identifier: Apache-2.0
import PythonSource
public import SelectorKit

/// The program that the model wrote most often, where programs that differ in comments, docstrings and blank lines alone count as one.
public struct MajorityTextSelector: Selector {
    public init() {}

    public var descriptor: SelectorDescriptor {
        SelectorDescriptor(name: "majority-text", version: 1, scope: .pool, summary: MajorityTextPlugin.summary)
    }

    public func score(_ pool: CandidatePool, in context: SelectionContext) async throws -> [CandidateScore] {
        let texts = pool.candidates.map { normalised($0.program) }
        var votes: [String: Int] = [:]
        for text in texts { votes[text, default: 0] += 1 }
        return zip(pool.candidates, texts).map { candidate, text in
            candidate.isBlank ? .rejected(reason: "blank program") : .value(Double(votes[text] ?? 0))
        }
    }
}

public enum MajorityTextPlugin: SelectorPlugin {
    public static let name = "majority-text"
    public static let summary = "the most frequent program, comments and blank lines aside"
    public static let defaultOptions = NoOptions()
    public static func makeSelector(options: NoOptions) -> any Selector { MajorityTextSelector() }
}

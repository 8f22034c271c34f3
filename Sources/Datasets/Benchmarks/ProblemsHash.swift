// SPDX-License-Identifier: Apache-2.0
import ContentHash
import SelectorKit

/// Identifies a set of problems with their tests: the same for the same problems in any order.
public struct ProblemsHash: Sendable {
    private var items: [String: String] = [:]

    public init() {}

    /// Adds a problem: all that selectors may see of it, and its suite.
    public mutating func add(_ item: BenchmarkItem) {
        let problem = item.problem
        var hash = ContentHash()
        for text in [
            problem.id, problem.benchmark, problem.title ?? "", problem.statement, problem.difficulty?.rawValue ?? "",
            problem.platform ?? "", problem.contestDate ?? "", problem.starterCode ?? "", problem.entryPoint ?? "",
            item.suite.hash,
        ] {
            hash.add(text)
        }
        for test in item.publicTests {
            hash.add(test.kind.rawValue)
            hash.add(test.input)
            hash.add(test.output)
        }
        items[problem.id] = hash.hexDigest()
    }

    /// The hash of everything added, as 64 hexadecimal digits.
    public var value: String {
        var hash = ContentHash()
        hash.add("problems")
        for (id, item) in items.sorted(by: { $0.key < $1.key }) {
            hash.add(id)
            hash.add(item)
        }
        return hash.hexDigest()
    }
}

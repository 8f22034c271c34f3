// SPDX-License-Identifier: Apache-2.0
import Foundation
public import SelectorKit

/// Dual execution agreement (CodeT, Chen et al. 2022): programs that pass the same generated assertions are a group; its score grows with its
/// members and with the assertions that they pass.
public struct CodeTSelector: Selector {
    public struct Options: Codable, Sendable, Hashable {
        /// The limit per assertion.
        public var seconds: Double

        public init(seconds: Double = 1) { self.seconds = seconds }
    }

    private let options: Options

    public init(_ options: Options = Options()) { self.options = options }

    public var descriptor: SelectorDescriptor {
        SelectorDescriptor(
            name: "codet", version: 1, scope: .pool, requirements: [.generatedTests, .execution],
            summary: CodeTPlugin.summary)
    }

    /// sqrt(programs of the group) x assertions that it passes, both counted as often as they were written.
    public func score(_ pool: CandidatePool, in context: SelectionContext) async throws -> [CandidateScore] {
        var written: [ProgramInput: Int] = [:]
        var assertions: [ProgramInput] = []
        for test in try context.generatedTests() {
            guard case .assertion = test else { continue }
            if written.updateValue(written[test, default: 0] + 1, forKey: test) == nil { assertions.append(test) }
        }
        guard !assertions.isEmpty else { return pool.scores(pool.candidates.map { _ in 0.0 }) }
        let outputs = try await ProgramOutputs(of: pool, on: assertions, seconds: options.seconds, in: context)
        let passed = outputs.rows.map { row in (row ?? []).map { !$0.hasFailed } }
        let members = Dictionary(passed.map { ($0, 1) }, uniquingKeysWith: +)
        return zip(pool.candidates, passed).map { candidate, passed in
            if candidate.isBlank { return .rejected(reason: "blank program") }
            let weight = zip(assertions, passed).reduce(0) { $1.1 ? $0 + (written[$1.0] ?? 0) : $0 }
            guard weight > 0 else { return .rejected(reason: "passes no generated test") }
            return .value(Double(members[passed] ?? 0).squareRoot() * Double(weight))
        }
    }
}

public enum CodeTPlugin: SelectorPlugin {
    public static let name = "codet"
    public static let summary = "programs and generated assertions that agree with each other (CodeT)"
    public static let defaultOptions = CodeTSelector.Options()

    public static func makeSelector(options: CodeTSelector.Options) throws -> any Selector {
        try checkLimit(options.seconds, of: name)
        return CodeTSelector(options)
    }
}

// SPDX-License-Identifier: Apache-2.0
public import SelectorKit

/// Keeps the candidates that pass all public tests or, if there is none, those that pass most; another selector orders them.
public struct PublicTestsSelector: Selector {
    public struct Options: Codable, Sendable, Hashable {
        /// The label of the experiment's selector that orders the candidates that are kept; empty for none, so that they tie.
        public var inner: String
        /// The limit per test.
        public var seconds: Double

        public init(inner: String = "", seconds: Double = 2) {
            self.inner = inner
            self.seconds = seconds
        }
    }

    private let options: Options

    public init(_ options: Options = Options()) { self.options = options }

    public var descriptor: SelectorDescriptor {
        SelectorDescriptor(
            name: "public-tests", version: 1, scope: .pool,
            requirements: InnerScores.requirements(options.inner).union([.publicTests, .execution]),
            summary: PublicTestsPlugin.summary)
    }

    /// The number of tests passed, and below 1 the inner selector's place.
    public func score(_ pool: CandidatePool, in context: SelectionContext) async throws -> [CandidateScore] {
        let tests = try context.publicTests()
        let inner = try InnerScores(options.inner, of: pool, in: context)
        let outputs = try await ProgramOutputs(
            of: pool, on: tests.map(\.programInput), seconds: options.seconds, in: context)
        let passes = outputs.passes(tests, of: pool.problem)
        return pool.scores(zip(passes, inner.shares).map { Double($0) + $1 })
    }
}

public enum PublicTestsPlugin: SelectorPlugin {
    public static let name = "public-tests"
    public static let summary = "the candidates that pass most public tests, ordered by another selector"
    public static let defaultOptions = PublicTestsSelector.Options()

    public static func makeSelector(options: PublicTestsSelector.Options) throws -> any Selector {
        try checkLimit(options.seconds, of: name)
        return PublicTestsSelector(options)
    }
}

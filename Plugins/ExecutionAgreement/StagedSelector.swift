// SPDX-License-Identifier: Apache-2.0
import PythonSource
public import SelectorKit

/// Staged verification: what cannot work is sorted out by its text, another selector chooses a few of the rest, and only those are executed on the
/// public tests.
public struct StagedSelector: Selector {
    public struct Options: Codable, Sendable, Hashable {
        /// The label of the experiment's selector that chooses what is executed; empty for none, so that all are.
        public var inner: String
        /// How many candidates are executed; more where the last of them ties with others.
        public var keep: Int
        /// The limit per test.
        public var seconds: Double

        public init(inner: String = "", keep: Int = 4, seconds: Double = 2) {
            self.inner = inner
            self.keep = keep
            self.seconds = seconds
        }
    }

    private let options: Options

    public init(_ options: Options = Options()) { self.options = options }

    public var descriptor: SelectorDescriptor {
        SelectorDescriptor(
            name: "staged", version: 1, scope: .pool,
            requirements: InnerScores.requirements(options.inner).union([.publicTests, .execution]),
            summary: StagedPlugin.summary)
    }

    /// Of an executed candidate 1 and the tests that it passes, of others 0; below 1 the inner selector's place.
    public func score(_ pool: CandidatePool, in context: SelectionContext) async throws -> [CandidateScore] {
        let tests = try context.publicTests()
        let inner = try InnerScores(options.inner, of: pool, in: context)
        let faults = pool.candidates.map { Self.fault(of: $0, problem: pool.problem) }
        let sound = faults.indices.filter { faults[$0] == nil }
        let best = sound.map { inner.scores[$0].rank }.sorted(by: >)
        let kept =
            best.count <= options.keep ? sound : sound.filter { inner.scores[$0].rank >= best[options.keep - 1] }
        let outputs = try await ProgramOutputs(
            of: pool, at: kept, on: tests.map(\.programInput), seconds: options.seconds, in: context)
        let passes = outputs.passes(tests, of: pool.problem)
        let isKept = Set(kept)
        return faults.enumerated().map { place, fault in
            if let fault { return .rejected(reason: fault) }
            return .value(inner.shares[place] + (isKept.contains(place) ? Double(1 + passes[place]) : 0))
        }
    }

    /// Why a program cannot work, as far as its text tells; nil when it may.
    static func fault(of candidate: Candidate, problem: Problem) -> String? {
        if candidate.isBlank { return "blank program" }
        let scan = PythonScan(candidate.program)
        guard scan.isWellFormed else { return "brackets, quotes or indentation do not fit together" }
        guard let name = problem.entryPoint else { return nil }
        return defines(name, scan, candidate.program) ? nil : "no definition of '\(name)'"
    }

    /// Whether any line defines or binds the name, or imports names that are not known.
    private static func defines(_ name: String, _ scan: PythonScan, _ program: String) -> Bool {
        let bytes = Array(program.utf8)
        return scan.lines.contains { line in
            let code = bytes[line.code]
            let words = code.split(whereSeparator: { !isName($0) })
            if line.kind == .other {
                let binds = code.contains(UInt8(ascii: "=")) || code.starts(with: "from ".utf8)
                return binds && words.contains { $0.elementsEqual(name.utf8) } || code.last == UInt8(ascii: "*")
            }
            return words.dropFirst().prefix(2).contains { $0.elementsEqual(name.utf8) }
        }
    }

    private static func isName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...:
            true
        default: false
        }
    }
}

public enum StagedPlugin: SelectorPlugin {
    public static let name = "staged"
    public static let summary = "cheap filters, then another selector's best, then the public tests"
    public static let defaultOptions = StagedSelector.Options()

    public static func makeSelector(options: StagedSelector.Options) throws -> any Selector {
        try checkLimit(options.seconds, of: name)
        guard options.keep > 0 else {
            throw SelectorError(
                .invalidOption, "Selector '\(name)': option 'keep' is \(options.keep); expected at least 1.")
        }
        return StagedSelector(options)
    }
}

// SPDX-License-Identifier: Apache-2.0
public import Foundation

/// A benchmark's problem files and which of their problems take part.
public struct BenchmarkFiles: Sendable {
    public var benchmark: Benchmark
    /// JSON Lines, plain or gzip-compressed, read in this order.
    public var files: [URL]
    public var options: BenchmarkOptions

    public init(benchmark: Benchmark, files: [URL], options: BenchmarkOptions = BenchmarkOptions()) {
        self.benchmark = benchmark
        self.files = files
        self.options = options
    }

    /// A reader that stands before the first problem. Each call reads the files anew.
    public func makeReader() -> BenchmarkReader { BenchmarkReader(self) }
}

/// Which problems of a benchmark take part, and which of its prompts is their statement.
public struct BenchmarkOptions: Sendable, Hashable {
    /// The two prompts of BigCodeBench.
    public enum PromptStyle: String, Sendable, Hashable, CaseIterable {
        /// A function's header and docstring, to be completed.
        case complete
        /// An instruction in words.
        case instruct
    }

    /// Which prompt of BigCodeBench is the statement.
    public var prompt: PromptStyle
    /// LiveCodeBench: contest dates from this day on (`YYYY-MM-DD`), inclusive.
    public var from: String?
    /// LiveCodeBench: contest dates before this day (`YYYY-MM-DD`).
    public var to: String?
    /// Only these problems. An id that the files lack is an error.
    public var ids: Set<String>?
    /// Only rows whose field `subset` has this value.
    public var subset: String?
    /// Only the first so many of the problems that the other options leave.
    public var limit: Int?

    public init(
        prompt: PromptStyle = .instruct, from: String? = nil, to: String? = nil, ids: Set<String>? = nil,
        subset: String? = nil,
        limit: Int? = nil
    ) {
        self.prompt = prompt
        self.from = from
        self.to = to
        self.ids = ids
        self.subset = subset
        self.limit = limit
    }

    /// What is wrong with the options themselves; nil when nothing is.
    func mistake(for benchmark: Benchmark) -> RowError? {
        for (name, day) in [("from", from), ("to", to)] {
            guard let day else { continue }
            guard benchmark == .liveCodeBench else {
                return RowError(
                    "Contest dates ('\(name)') exist in livecodebench alone; the benchmark is \(benchmark.rawValue). Remove the option."
                )
            }
            guard Self.isDay(day) else {
                return RowError(
                    "The date '\(day)' ('\(name)') is not a day. Write it as YYYY-MM-DD, such as 2024-08-01.")
            }
        }
        if let from, let to, from >= to {
            return RowError("The dates from \(from) to before \(to) hold no day. Exchange them.")
        }
        return nil
    }

    static func isDay(_ text: some StringProtocol) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.map(\.utf8.count) == [4, 2, 2], parts.allSatisfy({ $0.utf8.allSatisfy { (48...57).contains($0) } })
        else { return false }
        return (1...12).contains(Int(parts[1]) ?? 0) && (1...31).contains(Int(parts[2]) ?? 0)
    }
}

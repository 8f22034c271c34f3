// SPDX-License-Identifier: Apache-2.0

/// A programming problem as a selector may see it: the task, never its hidden tests.
public struct Problem: Sendable, Hashable, Codable {
    /// The benchmark's own identifier, such as `HumanEval/3`, `Mbpp/12` or `abc301_e`. Unique within a benchmark.
    public var id: String
    /// The benchmark's name, such as `livecodebench`.
    public var benchmark: String
    public var title: String?
    /// The task as it is put to a language model: the statement, or the prompt of a completion benchmark.
    public var statement: String
    public var difficulty: Difficulty?
    /// Where the problem was published, such as `atcoder`.
    public var platform: String?
    /// The day of the contest, `YYYY-MM-DD`, where the benchmark tells it.
    public var contestDate: String?
    /// Code that an answer must keep, such as a class header; nil when there is none.
    public var starterCode: String?
    /// The function that the tests call; nil for programs that read standard input.
    public var entryPoint: String?

    public init(
        id: String, benchmark: String, title: String? = nil, statement: String, difficulty: Difficulty? = nil,
        platform: String? = nil, contestDate: String? = nil, starterCode: String? = nil, entryPoint: String? = nil
    ) {
        self.id = id
        self.benchmark = benchmark
        self.title = title
        self.statement = statement
        self.difficulty = difficulty
        self.platform = platform
        self.contestDate = contestDate
        self.starterCode = starterCode
        self.entryPoint = entryPoint
    }
}

/// A problem's difficulty, in the benchmark's own word.
///
/// Sorts easy < medium < hard; any other word comes after, alphabetically.
public struct Difficulty: Sendable, Hashable, Codable, Comparable, RawRepresentable, CustomStringConvertible {
    public var rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }

    public static let easy = Difficulty(rawValue: "easy")
    public static let medium = Difficulty(rawValue: "medium")
    public static let hard = Difficulty(rawValue: "hard")

    public var description: String { rawValue }

    private var rank: Int { ["easy", "medium", "hard"].firstIndex(of: rawValue) ?? 3 }

    public static func < (left: Difficulty, right: Difficulty) -> Bool {
        (left.rank, left.rawValue) < (right.rank, right.rawValue)
    }

    public init(from decoder: any Decoder) throws {
        self.init(rawValue: try decoder.singleValueContainer().decode(String.self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }
}

/// A test that the problem statement shows: visible to selectors that declare `.publicTests`.
public struct TestExample: Sendable, Hashable, Codable {
    public enum Kind: String, Sendable, Hashable, Codable {
        /// `input` is the whole standard input, `output` the expected standard output.
        case standardInput = "stdin"
        /// `input` holds one JSON value per line, one line per argument; `output` is one JSON value.
        case functional
    }

    public var input: String
    public var output: String
    public var kind: Kind

    public init(input: String, output: String, kind: Kind) {
        self.input = input
        self.output = output
        self.kind = kind
    }
}

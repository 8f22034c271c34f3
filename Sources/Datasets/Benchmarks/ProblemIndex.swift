// SPDX-License-Identifier: Apache-2.0

/// What is needed of each problem to read candidates: its id and the text that its candidates continue. Holds no tests.
public struct ProblemIndex: Sendable {
    struct Entry: Sendable {
        /// What a completion continues.
        var prompt: String
        /// What the benchmark puts before a whole answer; empty where it grades answers as they are.
        var stub: String
        var entryPoint: String?
    }

    public let benchmark: Benchmark
    /// The ids of the problems that take part, in the order of their files.
    public private(set) var ids: [String] = []
    /// Problems that the files have and the options leave out. Their candidates are passed over.
    public var excluded: Set<String> = []
    private var entries: [String: Entry] = [:]

    public init(benchmark: Benchmark) { self.benchmark = benchmark }

    public mutating func add(_ item: BenchmarkItem) {
        let id = item.suite.problemID
        if entries.updateValue(Entry(item.suite), forKey: id) == nil { ids.append(id) }
    }

    /// By problem, what the benchmark puts before a whole answer, where it does.
    public var preambles: [String: String] { entries.mapValues(\.stub).filter { !$0.value.isEmpty } }

    /// Whether the problem takes part.
    public func contains(_ id: String) -> Bool { entries[id] != nil }

    subscript(_ id: String) -> Entry? { entries[id] }
}

extension ProblemIndex.Entry {
    init(_ suite: TestSuite) {
        // The body that makes a prompt a function of its own, so that a whole answer can follow it.
        let body = "\n    pass\n"
        switch suite.tests {
        case .humanEval(let tests):
            self.init(prompt: tests.prompt, stub: tests.prompt + body, entryPoint: tests.entryPoint)
        case .evalPlus(let tests):
            self.init(prompt: tests.prompt, stub: "", entryPoint: tests.entryPoint)
        case .bigCodeBench(let tests):
            self.init(prompt: tests.completePrompt, stub: tests.codePrompt + body, entryPoint: tests.entryPoint)
        case .liveCodeBench(let tests):
            self.init(prompt: "", stub: "", entryPoint: tests.functionName)
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
public import SelectorKit

/// A benchmark whose files this module reads and whose official grading rules the execution engine knows.
public enum Benchmark: String, Sendable, Codable, Hashable, CaseIterable {
    case humanEval = "humaneval"
    case humanEvalPlus = "humaneval-plus"
    case mbppPlus = "mbpp-plus"
    case bigCodeBench = "bigcodebench"
    case liveCodeBench = "livecodebench"
}

/// One problem with the tests that grade it.
public struct BenchmarkItem: Sendable {
    public var problem: Problem
    /// Hidden from selectors.
    public var suite: TestSuite
    /// The tests that the statement shows.
    public var publicTests: [TestExample]

    public init(problem: Problem, suite: TestSuite, publicTests: [TestExample]) {
        self.problem = problem
        self.suite = suite
        self.publicTests = publicTests
    }
}

/// The tests of one problem and the rules they are graded by.
public struct TestSuite: Sendable {
    public enum Tests: Sendable {
        case humanEval(HumanEvalTests)
        case evalPlus(EvalPlusTests)
        case liveCodeBench(LiveCodeBenchTests)
        case bigCodeBench(BigCodeBenchTests)
    }

    public var problemID: String
    /// SHA-256 over everything that can change a verdict (tests, prompt, entry point, tolerance), as hexadecimal text.
    public var hash: String
    public var tests: Tests

    /// Whether there is nothing to fail. Officially every program that loads passes such a suite.
    public var isEmpty: Bool {
        switch tests {
        case .liveCodeBench(let tests): tests.tests.isEmpty
        case .evalPlus(let tests):
            [tests.baseInputs, tests.plusInputs].allSatisfy { $0.filter { !$0.isWhitespace } == "[]" }
        case .humanEval(let tests): tests.test.allSatisfy(\.isWhitespace)
        case .bigCodeBench(let tests): tests.test.allSatisfy(\.isWhitespace)
        }
    }

    public init(problemID: String, hash: String, tests: Tests) {
        self.problemID = problemID
        self.hash = hash
        self.tests = tests
    }
}

/// `check(candidate)` of human-eval.
public struct HumanEvalTests: Sendable {
    public var prompt: String
    public var test: String
    public var entryPoint: String
    public var canonicalSolution: String

    public init(prompt: String, test: String, entryPoint: String, canonicalSolution: String) {
        self.prompt = prompt
        self.test = test
        self.entryPoint = entryPoint
        self.canonicalSolution = canonicalSolution
    }
}

/// Inputs whose expected outputs the canonical solution gives (HumanEval+, MBPP+).
public struct EvalPlusTests: Sendable {
    public enum Dataset: String, Sendable { case humanEval = "humaneval", mbpp }

    public var dataset: Dataset
    public var taskID: String
    public var prompt: String
    public var entryPoint: String
    public var canonicalSolution: String
    /// JSON arrays of argument lists, as in the file.
    public var baseInputs: String
    public var plusInputs: String
    public var tolerance: Double

    public init(
        dataset: Dataset, taskID: String, prompt: String, entryPoint: String, canonicalSolution: String,
        baseInputs: String,
        plusInputs: String, tolerance: Double
    ) {
        self.dataset = dataset
        self.taskID = taskID
        self.prompt = prompt
        self.entryPoint = entryPoint
        self.canonicalSolution = canonicalSolution
        self.baseInputs = baseInputs
        self.plusInputs = plusInputs
        self.tolerance = tolerance
    }
}

/// Input and output pairs of LiveCodeBench: public tests first, then private ones.
public struct LiveCodeBenchTests: Sendable {
    public var tests: [TestExample]
    public var publicCount: Int
    /// The method of `class Solution`, or the function, that functional tests call; nil for standard-input tests.
    public var functionName: String?

    public init(tests: [TestExample], publicCount: Int, functionName: String?) {
        self.tests = tests
        self.publicCount = publicCount
        self.functionName = functionName
    }
}

/// A `unittest` module of BigCodeBench.
public struct BigCodeBenchTests: Sendable {
    public var codePrompt: String
    public var test: String
    public var entryPoint: String
    public var canonicalSolution: String
    /// The top-level packages that the problem's code imports.
    public var libraries: [String]
    /// The prompt with its docstring, which completions continue. No verdict depends on it.
    public var completePrompt: String

    public init(
        codePrompt: String, test: String, entryPoint: String, canonicalSolution: String, libraries: [String],
        completePrompt: String = ""
    ) {
        self.codePrompt = codePrompt
        self.test = test
        self.entryPoint = entryPoint
        self.canonicalSolution = canonicalSolution
        self.libraries = libraries
        self.completePrompt = completePrompt
    }
}

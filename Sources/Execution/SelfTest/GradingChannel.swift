// SPDX-License-Identifier: Apache-2.0
package import Datasets
import SelectorKit

/// One way from a program to its verdict, with a small suite of tests: `f(x)` is the square of `x`.
package enum GradingChannel: String, Sendable, Codable, Hashable, CaseIterable {
    case humanEval = "human-eval"
    case evalPlus = "EvalPlus"
    case function = "LiveCodeBench functional"
    case input = "LiveCodeBench stdin"
    case strictInput = "LiveCodeBench stdin strict"
    case bigCodeBench = "BigCodeBench"

    /// Those that a tier can grade.
    package static func available(in tier: SandboxTier) -> [GradingChannel] {
        allCases.filter { $0 != .bigCodeBench || tier >= .isolated }
    }

    package static let forking: Set<GradingChannel> = [.bigCodeBench]
    package static let notForking = Set(allCases).subtracting(forking)

    package var semantics: Semantics { self == .strictInput ? .strict : .official }

    private static let pairs = [(3, 9), (10, 100), (7, 49)]
    static let solution = "def f(x):\n    return x * x\n"

    /// The program as this channel's benchmark would hand it over.
    ///
    /// - Parameter isWhole: whether it reads the input and prints the answer by itself.
    package func program(_ code: String, isWhole: Bool = false) -> String {
        switch self {
        case .input, .strictInput: isWhole ? code : code + "\nprint(f(int(input())))\n"
        default: code + "\n"
        }
    }

    package var suite: TestSuite {
        TestSuite(problemID: "square", hash: "corpus \(rawValue)", tests: tests)
    }

    private var tests: TestSuite.Tests {
        let pairs = Self.pairs
        switch self {
        case .humanEval:
            let asserts = pairs.map { "    assert candidate(\($0.0)) == \($0.1)\n" }.joined()
            return .humanEval(
                HumanEvalTests(
                    prompt: "def f(x):\n", test: "def check(candidate):\n" + asserts, entryPoint: "f",
                    canonicalSolution: "    return x * x\n"))
        case .evalPlus:
            return .evalPlus(
                EvalPlusTests(
                    dataset: .humanEval, taskID: "HumanEval/square", prompt: "def f(x):\n", entryPoint: "f",
                    canonicalSolution: "    return x * x\n", baseInputs: "[[3], [10]]", plusInputs: "[[7], [-2]]",
                    tolerance: 0))
        case .function, .input, .strictInput:
            let kind: TestExample.Kind = self == .function ? .functional : .standardInput
            let examples = pairs.map { TestExample(input: "\($0.0)", output: "\($0.1)", kind: kind) }
            return .liveCodeBench(
                LiveCodeBenchTests(
                    tests: examples, publicCount: 1, functionName: self == .function ? "f" : nil))
        case .bigCodeBench:
            let methods = pairs.map { "    def test_\($0.0)(self):\n        self.assertEqual(f(\($0.0)), \($0.1))\n" }
            return .bigCodeBench(
                BigCodeBenchTests(
                    codePrompt: "def f(x):\n",
                    test: "import unittest\nclass TestCases(unittest.TestCase):\n" + methods.joined(), entryPoint: "f",
                    canonicalSolution: "    return x * x\n", libraries: []))
        }
    }
}

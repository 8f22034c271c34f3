// SPDX-License-Identifier: Apache-2.0
public import Datasets
public import SelectorKit

/// What an answer must look like so that the benchmark's tests can use it.
public enum PromptFormat: String, Sendable, Hashable, Codable, CaseIterable {
    /// Reads standard input, writes standard output.
    case standardInput = "standard input"
    /// Completes a class or function whose header is given.
    case starterCode = "starter code"
    /// Repeats a given signature with its docstring (HumanEval, HumanEval+).
    case signature
    /// Defines a function whose name an example assertion shows (MBPP+).
    case namedFunction = "named function"
    /// Defines `task_func` with given imports and signature (BigCodeBench).
    case taskFunction = "task function"

    public init(_ problem: Problem, of benchmark: Benchmark) {
        switch benchmark {
        case .humanEval, .humanEvalPlus: self = .signature
        case .mbppPlus: self = .namedFunction
        case .bigCodeBench: self = .taskFunction
        case .liveCodeBench: self = problem.starterCode == nil ? .standardInput : .starterCode
        }
    }

    /// The paragraph of the prompt that says it.
    ///
    /// - Parameter ordersFunctions: whether the prompt asks for a chain of functions; without it nothing is said of helpers and their order.
    func paragraph(ordersFunctions: Bool) -> String {
        let sentences: [(text: String, isAboutOrder: Bool)] =
            switch self {
            case .standardInput:
                [
                    ("The program reads standard input and writes standard output.", false),
                    (
                        "Name the entry point main, define it first, and call main() once at the very end of the file, after all helpers are defined.",
                        true
                    ),
                    ("Do not print anything that was not asked for.", false),
                ]
            case .starterCode:
                [
                    ("Keep the given class name, method name and signature unchanged.", false),
                    (
                        "The required method comes first in the class; write every helper as a further method of the same class after it and call it through self.",
                        true
                    ),
                    ("Do not read input or print.", false),
                ]
            case .signature:
                [
                    (
                        "The given signature and docstring must stay unchanged; repeat them and any given imports in your answer.",
                        false
                    ),
                    ("Define the requested function first and the helpers after it, at top level.", true),
                    ("No example calls, no tests, no printing.", false),
                ]
            case .namedFunction:
                [
                    ("The example assertion fixes the name of the required function and its arguments.", false),
                    ("Define the requested function first and the helpers after it, at top level.", true),
                    ("No example calls, no tests, no printing.", false),
                ]
            case .taskFunction:
                [
                    (
                        "The requested function is task_func; keep the given imports, signature and any given constants.",
                        false
                    ),
                    ("Define task_func first and the helpers after it, at top level.", true),
                    ("Use the named libraries. Return exactly the described types. No main guard.", false),
                ]
            }
        return sentences.filter { ordersFunctions || !$0.isAboutOrder }.map(\.text).joined(separator: " ")
    }
}

// SPDX-License-Identifier: Apache-2.0
package import Datasets
import PythonSource

extension BigCodeBenchTests {
    /// How many test methods the text gives the class `TestCases`; nil where the text alone does not tell.
    ///
    /// Never more than there are: what it does not understand it does not count.
    package var testCount: Int? {
        let bytes = Array(test.utf8)
        let scan = PythonScan(test)
        guard scan.isWellFormed, !test.contains("TestCases."), !test.contains("(TestCases"),
            !test.contains("load_tests")
        else { return nil }
        func text(_ line: PythonScan.LogicalLine) -> Substring {
            Substring(String(decoding: bytes[line.code], as: UTF8.self))
        }
        var names: Set<Substring>?
        var inside = false
        var decorators: [Substring] = []
        for line in scan.lines {
            let code = text(line)
            if line.depth == 0 {
                inside = false
                if line.kind == .classDefinition, code.className == "TestCases" {
                    let header = code.filter { !$0.isWhitespace }
                    guard header == "classTestCases(unittest.TestCase):" || header == "classTestCases(TestCase):",
                        decorators.isEmpty
                    else { return nil }
                    names = []
                    inside = true
                }
            } else if inside, line.depth == 1 {
                if line.kind == .function, let name = code.functionName, name.hasPrefix("test") {
                    guard decorators.allSatisfy({ !$0.contains("parameterized") && !$0.contains("expand") }) else {
                        return nil
                    }
                    names?.insert(name)
                } else if line.kind == .other, code.hasPrefix("del ") || code.hasPrefix("test") {
                    return nil
                }
            }
            if line.kind == .decorator { decorators.append(code) } else { decorators = [] }
        }
        return names?.count
    }

    /// What in a passing report cannot be true of these tests; nil if nothing.
    func contradiction(to report: InProcessStatement.Report) -> String? {
        if let testCount, report.testsRun < testCount {
            return "\(report.testsRun) of \(testCount) tests were run"
        }
        if report.skipped > 0, !test.lowercased().contains("skip") {
            return "\(report.skipped) tests were skipped, and the tests' text never skips"
        }
        if report.expectedFailures > 0, !test.contains("expectedFailure") {
            return "\(report.expectedFailures) tests were expected to fail, and the tests' text expects no failure"
        }
        return nil
    }
}

extension Substring {
    fileprivate var className: Substring? { word(after: "class") }

    fileprivate var functionName: Substring? { word(after: "def") ?? word(after: "async")?.isDefinition(in: self) }

    private func word(after keyword: String) -> Substring? {
        guard hasPrefix(keyword) else { return nil }
        let rest = dropFirst(keyword.count)
        guard rest.first?.isWhitespace == true else { return nil }
        return rest.drop(while: \.isWhitespace).prefix { $0 == "_" || $0.isLetter || $0.isNumber }
    }

    private func isDefinition(in line: Substring) -> Substring? {
        guard self == "def" else { return nil }
        return line.dropFirst("async".count).drop(while: \.isWhitespace).word(after: "def")
    }
}

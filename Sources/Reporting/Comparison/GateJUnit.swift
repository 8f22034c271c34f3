// SPDX-License-Identifier: Apache-2.0
public import Foundation
public import Metrics

/// The gates of a comparison as JUnit XML: a test suite per gate, a test case per pool and selector.
///
/// What failed stands in the attribute `message` and as the element's content, because GitLab shows the content and other readers the attribute.
public enum GateJUnit {
    public static func encode(_ gates: [GateResult]) throws(ReportError) -> Data {
        let suites = Gate.allCases.compactMap { gate in
            let cases = gates.filter { $0.gate == gate }
            return cases.isEmpty ? nil : (name: "compare.\(gate.rawValue)", cases: cases.map(Case.init))
        }
        return try encode(suites)
    }

    /// Two results that cannot be compared: one test case with an error per reason.
    public static func encode(_ refusal: ComparisonRefusal) throws(ReportError) -> Data {
        let cases = refusal.reasons.enumerated().map { index, reason in
            Case(
                name: "reason \(index + 1)",
                result: .error(type: "incomparable", message: reason, text: refusal.description))
        }
        return try encode([(name: "compare.comparable", cases: cases)])
    }

    private struct Case {
        enum Result {
            case passed(String)
            case failure(type: String, message: String, text: String)
            case error(type: String, message: String, text: String)
            case skipped(String)
        }

        var name: String
        var result: Result

        init(name: String, result: Result) {
            self.name = name
            self.result = result
        }

        init(_ gate: GateResult) {
            name = gate.subject
            result =
                switch gate.outcome {
                case .passed: .passed(gate.message)
                case .notJudged: .skipped(gate.message)
                case .failed:
                    .failure(
                        type: gate.gate.rawValue, message: gate.message,
                        text: ([gate.message] + gate.details).joined(separator: "\n"))
                }
        }

        func write(to document: XMLDocument, className: String) {
            document.element("testcase", ["name": name, "classname": className, "time": "0.000"]) {
                switch result {
                case .passed(let text): document.element("system-out") { document.text(text) }
                case .failure(let type, let message, let text):
                    document.element("failure", ["type": type, "message": message]) { document.text(text) }
                case .error(let type, let message, let text):
                    document.element("error", ["type": type, "message": message]) { document.text(text) }
                case .skipped(let message):
                    document.element("skipped", ["message": message]) { document.text(message) }
                }
            }
        }
    }

    private static func encode(_ suites: [(name: String, cases: [Case])]) throws(ReportError) -> Data {
        func count(_ cases: [Case], _ belongs: (Case.Result) -> Bool) -> String {
            "\(cases.count { belongs($0.result) })"
        }
        func isFailure(_ result: Case.Result) -> Bool { if case .failure = result { true } else { false } }
        func isError(_ result: Case.Result) -> Bool { if case .error = result { true } else { false } }
        func isSkipped(_ result: Case.Result) -> Bool { if case .skipped = result { true } else { false } }
        let all = suites.flatMap(\.cases)
        let document = try XMLDocument()
        document.element(
            "testsuites",
            [
                "name": "bestofn compare", "tests": "\(all.count)", "failures": count(all, isFailure),
                "errors": count(all, isError), "time": "0.000",
            ]
        ) {
            for suite in suites {
                document.element(
                    "testsuite",
                    [
                        "name": suite.name, "tests": "\(suite.cases.count)",
                        "failures": count(suite.cases, isFailure), "errors": count(suite.cases, isError),
                        "skipped": count(suite.cases, isSkipped), "time": "0.000",
                    ]
                ) {
                    for test in suite.cases { test.write(to: document, className: suite.name) }
                }
            }
        }
        return try document.finish()
    }
}

// SPDX-License-Identifier: Apache-2.0
import Execution
import Fixtures
import Foundation
import Testing

@Suite struct OutputComparisonTests {
    private struct Probes: Decodable {
        struct Probe: Decodable {
            struct Outcome: Decodable { var passed: Bool? }
            var suite: String
            var group: String
            var id: String
            var produced: String?
            var expected: StringOrList?
            var outcome: Outcome
        }
        var probes: [Probe]
    }

    /// `expected` is a text in LiveCodeBench's probes and a list in others.
    private enum StringOrList: Decodable {
        case string(String)
        case other

        init(from decoder: any Decoder) throws {
            let text = try? decoder.singleValueContainer().decode(String.self)
            self = text.map { .string($0) } ?? .other
        }
    }

    @Test(.enabled(if: SharedData.isPresent, "\(SharedData.missing)"))
    func agreesWithTheOfficialComparison() throws {
        let probes = try JSONDecoder().decode(
            Probes.self, from: Data(contentsOf: SharedData.vectors("evaluator_probes.json"))
        ).probes
        let output = probes.filter { $0.suite == "livecodebench" && $0.group == "output" }
        #expect(output.count == 63)
        for probe in output {
            guard let produced = probe.produced, case .string(let expected)? = probe.expected else {
                Issue.record("\(probe.id) has no texts")
                continue
            }
            let isEqual = OutputComparison.compare(produced: produced, expected: expected) == .equal
            #expect(isEqual == probe.outcome.passed, "\(probe.id)")
        }
    }

    @Test func aDifferenceNamesTheLine() {
        #expect(
            OutputComparison.compare(produced: "1\n9\n", expected: "1\n2\n") == .different("line 2: '9' instead of '2'")
        )
        #expect(OutputComparison.compare(produced: "1", expected: "1\n2") == .different("mismatched output length"))
    }
}

@Suite struct PythonValueTests {
    private func value(_ json: String) throws -> PythonValue { try PythonJSON.parse(json.utf8) }

    private func wire(_ json: String) throws -> PythonValue { try PythonValue(wire: PythonJSON.parse(json.utf8)) }

    @Test(arguments: [
        ("1", "1", true), ("1", "true", true), ("0", "false", true), (#"["f", "0x1.0000000000000p+1"]"#, "2", true),
        (#"["f", "0x1.8p+0"]"#, "1.5", true), (#"["f", "nan"]"#, "NaN", false), (#"["f", "inf"]"#, "Infinity", true),
        (#"["f", "-0x0.0p+0"]"#, "0", true), (#"["i", "de0b6b3a7640000"]"#, "1000000000000000000", true),
        (#"["i", "-56bc75e2d63100000"]"#, "-100000000000000000000", true),
        (#"["f", "0x1.5af1d78b58c40p+66"]"#, "100000000000000000000", true),
        (#"["f", "0x1.5af1d78b58c40p+66"]"#, "100000000000000000001", false),
        (#"["l", 1, ["t", 2]]"#, "[1, [2]]", false), (#"["l", 1, ["l", 2]]"#, "[1, [2]]", true),
        (#"["t", 1, 2]"#, "[1, 2]", false),
        (#"["d", ["a", 1], ["b", 2]]"#, #"{"b": 2, "a": 1.0}"#, true), (#"["d", [1, 2]]"#, #"{"1": 2}"#, false),
        (#"["s", 1, 2]"#, "[1, 2]", false), (#"["o", "Evil"]"#, "1", false), (#"["u", "MyInt", 5]"#, "5", true),
        (#"["g", "int64", 2]"#, "2", true), (#""é""#, #""\u00e9""#, true), ("null", "null", true),
        (#""1""#, "1", false),
        (#"["c", "0x1p+0", "0x0p+0"]"#, "1", true), (#"["b", "00ff"]"#, #""ff""#, false),
        (#"["q", "Decimal", "2", "1"]"#, "2", true), (#"["q", "Fraction", "-1", "2"]"#, "-0.5", true),
        (#"["q", "Fraction", "1", "3"]"#, "0.3333333333333333", false),
    ])
    func equalityIsPythons(_ produced: String, _ expected: String, _ isEqual: Bool) throws {
        #expect(try wire(produced).equals(value(expected)) == isEqual)
    }

    @Test func anArrayHasATruthValueOnlyWithOneElement() throws {
        let pair = try wire(#"["n", "int64", [2], [1, 2]]"#)
        #expect(throws: AmbiguousTruth.self) { try pair.equals(value("[1, 2]")) }
        #expect(try wire(#"["n", "int64", [1], [7]]"#).equals(value("[7]")))
    }

    @Test func aTupleCountsAsAListAtTheTopOnly() throws {
        #expect(try wire(#"["t", 1, 2]"#).tupleAsList.equals(value("[1, 2]")))
        #expect(try !wire(#"["l", ["t", 1, 2]]"#).tupleAsList.equals(value("[[1, 2]]")))
    }

    @Test(arguments: [
        "", "[1", "{\"a\" 1}", "01", "1.", "[1,]", "\"\u{1}\"", "nul", "1 2", #"["x", 1]"#, #"["i", "zz"]"#, "[]", "{}",
        #"["d", [1]]"#,
        String(repeating: "[", count: 100_000),
    ])
    func malformedAnswersAreErrors(_ text: String) {
        #expect(throws: PythonJSON.Failure.self) { try PythonValue(wire: PythonJSON.parse(text.utf8)) }
    }
}

// SPDX-License-Identifier: Apache-2.0
import Datasets
import Fixtures
import Foundation
import SelectorKit
import Testing

/// Tests that models wrote: our own rows, and CodeT's files.
@Suite struct GeneratedTestsTests {
    private static func index() -> ProblemIndex {
        var index = ProblemIndex(benchmark: .humanEval)
        for (id, name) in [("H/0", "add"), ("H/1", "add_all"), ("H/2", "twice"), ("H/3", "twice")] {
            let tests = HumanEvalTests(prompt: "def \(name)(x", test: "", entryPoint: name, canonicalSolution: "")
            index.add(
                BenchmarkItem(
                    problem: Problem(id: id, benchmark: "humaneval", statement: "", entryPoint: name),
                    suite: TestSuite(problemID: id, hash: id, tests: .humanEval(tests)), publicTests: []))
        }
        index.excluded = []
        return index
    }

    private func read(_ text: String, _ problems: ProblemIndex = index()) throws -> [String: [ProgramInput]] {
        try withFile(text) { try GeneratedTests(reading: [$0], problems: problems).byProblem }
    }

    @Test func ownRows() throws {
        let tests = try read(
            """
            {"problem": "H/0", "tests": ["assert add(1) == 2", "assert add(1) == 2"], "note": 1}

            {"problem": "H/1", "inputs": ["[1, 2]"], "tests": []}
            {"problem": "H/0", "inputs": ["3"]}
            """)
        #expect(
            tests == [
                "H/0": [.assertion("assert add(1) == 2"), .assertion("assert add(1) == 2"), .arguments("3")],
                "H/1": [.arguments("[1, 2]")],
            ])
    }

    @Test func standardInputs() throws {
        var index = ProblemIndex(benchmark: .liveCodeBench)
        index.add(
            BenchmarkItem(
                problem: Problem(id: "abc", benchmark: "livecodebench", statement: ""),
                suite: TestSuite(
                    problemID: "abc", hash: "",
                    tests: .liveCodeBench(LiveCodeBenchTests(tests: [], publicCount: 0, functionName: nil))),
                publicTests: []))
        #expect(
            try read("{\"problem\": \"abc\", \"inputs\": [\"1 2\\n\"]}", index) == ["abc": [.standardInput("1 2\n")]])
        #expect(throws: DataErrorList.self) { try read("{\"problem\": \"abc\", \"tests\": [\"assert 1\"]}", index) }
    }

    @Test func rowsAreJoinedByPrompt() throws {
        // By the longest prompt; by the function that the request names; by the id.
        let tests = try read(
            """
            {"prompt": "def add_all(x): pass\\nassert ", "samples": ["add_all(1) == 1"]}
            {"prompt": "something else\\n# check the correctness of add\\nassert ", "samples": ["add(1) == 1"]}
            {"task_id": "H/3", "prompt": "assert ", "samples": ["twice(1) == 2"]}
            """)
        #expect(
            tests == [
                "H/1": [.assertion("assert add_all(1) == 1")], "H/0": [.assertion("assert add(1) == 1")],
                "H/3": [.assertion("assert twice(1) == 2")],
            ])
    }

    @Test func extraction() {
        func assertions(_ text: String, prompt: String = "assert ") -> [String] {
            GeneratedTests.assertions(in: text, continuing: prompt, entryPoint: "f")
        }
        #expect(assertions("f(1) == 2, 'a'\nassert f(2)==3\n") == ["assert f(1) == 2, 'a'", "assert f(2)==3"])
        #expect(assertions("x == 1\nassert f(1)") == ["assert f(1)"])
        #expect(assertions("f(\n  1,\n  2) == 3\nassert f([1, 2") == ["assert f(\n  1,\n  2) == 3"])
        #expect(assertions("f(1) == 1\nprint(2)\nassert f(2) == 2") == ["assert f(1) == 1", "assert f(2) == 2"])
        #expect(assertions("f(1) == 1\ndef f(x):\n  pass") == ["assert f(1) == 1"])
        #expect(assertions("f(1) ==\nassert \n  f(2) == 2\nassert f(3) == '") == ["assert f(2) == 2"])
        #expect(assertions("f(1) == 1", prompt: "# tests") == [])
        #expect(assertions("Sure:\nassert f(1) == 1  # one", prompt: "# tests") == ["assert f(1) == 1  # one"])
        #expect(assertions("f(1) == 1\nx = 5\nassert f(2) == 2") == ["assert f(2) == 2"])
    }

    @Test func fiveOfASample() throws {
        let sample = (0..<9).map { "add(\($0)) == 1" }.joined(separator: "\\nassert ")
        let tests = try read(
            "{\"task_id\": \"H/0\", \"prompt\": \"assert \", \"samples\": [\"\(sample)\", \"add(0) == 1\"]}")
        #expect(tests["H/0"]?.count == 6)
        #expect(tests["H/0"]?.last == tests["H/0"]?.first)
    }

    @Test(arguments: [
        ("{\"problem\": \"H/9\", \"tests\": []}", "field 'problem': The benchmark has no problem 'H/9'"),
        ("{\"problem\": \"H/0\"}", "field 'tests': The row has neither"),
        ("{\"problem\": \"H/0\", \"tests\": [1]}", "field 'tests': Expected text, found 1"),
        ("{\"problem\": \"H/0\", \"tests\": \"assert 1\"}", "field 'tests': Expected a list of texts"),
        ("{\"tests\": []}", "field 'problem': The field is missing"),
        ("{\"prompt\": \"x\", \"samples\": []}", "field 'prompt': The prompt begins with that of no problem"),
        ("{\"prompt\": \"# check the correctness of twice\\n\", \"samples\": []}", "field 'prompt'"),
        ("{\"task_id\": \"H/0\", \"samples\": []}", "field 'prompt': The field is missing"),
        ("nonsense", "not a JSON object"),
    ])
    func mistakes(row: String, message: String) throws {
        let error = #expect(throws: DataErrorList.self) {
            try read("{\"problem\": \"H/0\", \"tests\": []}\n\(row)\n{\"problem\": \"H/1\"}\n")
        }
        #expect(error?.count == 2)
        let first = error?.errors.first
        #expect(first?.line == 2)
        #expect(first?.description.contains(message) == true, "\(first?.description ?? "")")
    }

    @Test func problemsThatDoNotTakePartArePassedOver() throws {
        var index = Self.index()
        index.excluded = ["H/9"]
        #expect(
            try read(
                "{\"problem\": \"H/9\", \"tests\": [\"assert 1\"]}\n{\"prompt\": \"of an excluded one\", \"samples\": []}\n",
                index
            ).isEmpty)
    }

    @Test func aMissingFileIsAnError() {
        #expect(throws: DataErrorList.self) {
            try GeneratedTests(reading: [URL(fileURLWithPath: "/nowhere/tests.jsonl")], problems: Self.index())
        }
    }

    /// CodeT's own file: what we extract is what Python's parser finds there.
    @Test(.enabled(if: SharedData.isPresent, missing))
    func publishedTests() throws {
        struct Row: Decodable {
            var task_id: String
            var entry_point: String
            var prompt: String
            var samples: [String]
            var asserts: [[String]]
        }
        let file = SharedData.data("humaneval/generated_tests_codegen-16B_even.jsonl.gz")
        let reader = try LineReader(file)
        var parsed = 0
        var shared = 0
        var ours = 0
        while let line = try reader.next() {
            let row = try JSONDecoder().decode(Row.self, from: Data(line.utf8))
            for (sample, expected) in zip(row.samples, row.asserts) {
                func plain(_ text: String) -> String { text.filter { !$0.isWhitespace } }
                let found = Set(
                    GeneratedTests.assertions(in: sample, continuing: row.prompt, entryPoint: row.entry_point).map(
                        plain))
                let wanted = Set(expected.map(plain))
                parsed += wanted.count
                ours += found.count
                shared += found.intersection(wanted).count
            }
        }
        #expect(parsed > 7000)
        #expect(Double(shared) > 0.98 * Double(parsed))
        // Without a grammar a few pass that are no statements; they fail for every program and so count for none.
        #expect(Double(shared) > 0.95 * Double(ours))
    }
}

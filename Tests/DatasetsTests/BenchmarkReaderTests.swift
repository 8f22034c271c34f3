// SPDX-License-Identifier: Apache-2.0
import Datasets
import Foundation
import SelectorKit
import Testing

@Suite struct BenchmarkReaderTests {
    private let humanEval =
        #"{"task_id": "HumanEval/0", "prompt": "def f():\n", "entry_point": "f", "canonical_solution": "  pass", "test": "T"}"#
    private let evalPlus =
        #"{"task_id": "Mbpp/2", "prompt": "P", "entry_point": "f", "canonical_solution": "S", "assertion": "", "base_input": [[1.0, 1]], "plus_input": [[NaN], [12345678901234567890]], "atol": 1e-06}"#

    @Test func humanEvalRowsBecomeItems() throws {
        let item = try #require(try withFile(humanEval) { try items(.humanEval, [$0]) }.first)
        #expect(
            item.problem == Problem(id: "HumanEval/0", benchmark: "humaneval", statement: "def f():\n", entryPoint: "f")
        )
        guard case .humanEval(let tests) = item.suite.tests else { return #expect(Bool(false)) }
        #expect(tests.test == "T" && tests.canonicalSolution == "  pass" && item.suite.problemID == "HumanEval/0")
    }

    @Test func inputsOfEvalPlusKeepTheirText() throws {
        let item = try #require(try withFile(evalPlus) { try items(.mbppPlus, [$0]) }.first)
        guard case .evalPlus(let tests) = item.suite.tests else { return #expect(Bool(false)) }
        #expect(tests.baseInputs == "[[1.0, 1]]")
        #expect(tests.plusInputs == "[[NaN], [12345678901234567890]]")
        #expect(tests.tolerance == 1e-6 && tests.dataset == .mbpp)
    }

    @Test func theSuiteHashChangesWithTheNumberFormatOfAnInput() throws {
        let original = try withFile(evalPlus) { try items(.mbppPlus, [$0]) }
        let changed = try withFile(evalPlus.replacingOccurrences(of: "1.0, 1", with: "1, 1")) {
            try items(.mbppPlus, [$0])
        }
        #expect(original[0].suite.hash != changed[0].suite.hash)
        #expect(original[0].suite.hash.count == 64)
    }

    @Test func missingPlusInputsWrittenAsAnObjectAreNone() throws {
        let row = evalPlus.replacingOccurrences(of: "[[NaN], [12345678901234567890]]", with: "{}")
        let item = try #require(try withFile(row) { try items(.mbppPlus, [$0]) }.first)
        guard case .evalPlus(let tests) = item.suite.tests else { return #expect(Bool(false)) }
        #expect(tests.plusInputs == "[]")
    }

    @Test func theStatementOfBigCodeBenchIsTheChosenPrompt() throws {
        let row =
            #"{"task_id": "BigCodeBench/0", "complete_prompt": "C", "instruct_prompt": "I", "canonical_solution": "", "code_prompt": "P", "test": "T", "entry_point": "task_func", "libs": "['random', 'os.path', 'os']"}"#
        try withFile(row) { file in
            let instruct = try items(.bigCodeBench, [file])[0]
            let complete = try items(.bigCodeBench, [file], BenchmarkOptions(prompt: .complete))[0]
            #expect(instruct.problem.statement == "I" && complete.problem.statement == "C")
            #expect(instruct.suite.hash == complete.suite.hash)
            guard case .bigCodeBench(let tests) = instruct.suite.tests else { return #expect(Bool(false)) }
            #expect(tests.libraries == ["os", "random"] && tests.completePrompt == "C")
        }
    }

    @Test func everyBadRowIsReportedAndTheRestIsRead() throws {
        let rows = [
            humanEval, "{",
            humanEval.replacingOccurrences(of: "\"f\"", with: "7").replacingOccurrences(of: "/0", with: "/1"),
            humanEval,
            humanEval.replacingOccurrences(of: "\"entry_point\": \"f\", ", with: "").replacingOccurrences(
                of: "/0", with: "/2"),
            "", humanEval.replacingOccurrences(of: "/0", with: "/3"),
        ]
        try withFile(rows.joined(separator: "\n")) { file in
            #expect(
                mistakes(.humanEval, [file])
                    == [
                        "rows.jsonl:2: The row is not valid JSON: a field's name in double quotes should be here (byte 2).",
                        "rows.jsonl:3: field 'entry_point': Expected text, found 7.",
                        "rows.jsonl:4: field 'task_id': Problem 'HumanEval/0' comes twice; it was read from rows.jsonl:1 before. Remove one of them.",
                        "rows.jsonl:5: field 'entry_point': The field is missing. The row has: task_id, prompt, canonical_solution, test.",
                    ].map { $0.replacingOccurrences(of: "from rows", with: "from rows") })
            var reader = BenchmarkFiles(benchmark: .humanEval, files: [file]).makeReader()
            var errors = DataErrorList()
            #expect(reader.next(collecting: &errors)?.problem.id == "HumanEval/0")
            #expect(reader.next(collecting: &errors)?.problem.id == "HumanEval/3")
            #expect(reader.next(collecting: &errors) == nil)
            #expect(errors.count == 4)
        }
    }

    @Test func anIdOfAnotherFileComesTwiceToo() throws {
        try withFile(humanEval) { file in
            #expect(mistakes(.humanEval, [file, file]).count == 1)
        }
    }

    @Test func aFileOfAnotherBenchmarkIsOneMistake() throws {
        try withFile(evalPlus + "\n" + evalPlus) { file in
            #expect(
                mistakes(.humanEval, [file]) == [
                    "rows.jsonl:1: This looks like a problem file of mbpp-plus; the benchmark is humaneval. Give its problem file, or change the benchmark."
                ])
        }
        try withFile(#"{"task_id": "HumanEval/0", "completion": ""}"#) { file in
            #expect(
                mistakes(.liveCodeBench, [file])[0].contains(
                    "This looks like a file of candidates; the benchmark is livecodebench."))
        }
    }

    @Test func aFilesBenchmarkIsRecognised() throws {
        #expect(try withFile(evalPlus) { try Benchmark.recognised(in: $0) } == .mbppPlus)
        #expect(try withFile(humanEval) { try Benchmark.recognised(in: $0) } == .humanEval)
        #expect(try withFile("x") { try Benchmark.recognised(in: $0) } == nil)
        #expect(try withFile("") { try Benchmark.recognised(in: $0) } == nil)
        #expect(try withFile(#"{"task_id": "", "completion": ""}"#) { try Benchmark.recognised(in: $0) } == nil)
    }

    @Test func manyMistakesAreCountedAndTheFirstListed() throws {
        try withFile(String(repeating: "{\n", count: 50)) { file in
            var reader = BenchmarkFiles(benchmark: .humanEval, files: [file]).makeReader()
            var errors = DataErrorList()
            #expect(reader.next(collecting: &errors) == nil)
            #expect(errors.count == 50 && errors.errors.count == 20)
            #expect(errors.description.hasSuffix("\n… and 30 more."))
        }
    }

    @Test func idsAndLimitChooseProblems() throws {
        let rows = (0..<5).map { humanEval.replacingOccurrences(of: "/0", with: "/\($0)") }.joined(separator: "\n")
        try withFile(rows) { file in
            let options = BenchmarkOptions(ids: ["HumanEval/1", "HumanEval/3", "HumanEval/4"], limit: 2)
            #expect(try items(.humanEval, [file], options).map(\.problem.id) == ["HumanEval/1", "HumanEval/3"])
            var reader = BenchmarkFiles(benchmark: .humanEval, files: [file], options: options).makeReader()
            while try reader.next() != nil {}
            #expect(reader.excluded == ["HumanEval/0", "HumanEval/2", "HumanEval/4"])
            #expect(
                mistakes(.humanEval, [file], BenchmarkOptions(ids: ["HumanEval/9"])) == [
                    "rows.jsonl: Problem 'HumanEval/9' was asked for, and no file has it. Correct the list of ids, or add the file that has them."
                ])
        }
    }

    @Test func theSubsetFieldChoosesProblems() throws {
        let hard = humanEval.replacingOccurrences(of: "{", with: "{\"subset\": \"hard\", ")
        let other = hard.replacingOccurrences(of: "hard", with: "full").replacingOccurrences(of: "/0", with: "/1")
        try withFile(hard + "\n" + other) { file in
            let problems = try items(.humanEval, [file], BenchmarkOptions(subset: "hard"))
            #expect(problems.map(\.problem.id) == ["HumanEval/0"])
        }
    }

    @Test func datesAreForLiveCodeBenchAndMustBeDays() throws {
        try withFile(humanEval) { file in
            #expect(
                mistakes(.humanEval, [file], BenchmarkOptions(from: "2024-01-01"))[0].contains(
                    "exist in livecodebench alone"))
            #expect(
                mistakes(.liveCodeBench, [file], BenchmarkOptions(from: "2024-1-1"))[0].contains(
                    "Write it as YYYY-MM-DD"))
            #expect(
                mistakes(.liveCodeBench, [file], BenchmarkOptions(from: "2024-02-01", to: "2024-02-01"))[0].contains(
                    "hold no day"))
        }
    }

    @Test func theProblemsHashDoesNotDependOnTheOrder() throws {
        let rows = (0..<3).map { humanEval.replacingOccurrences(of: "/0", with: "/\($0)") }
        func hash(_ rows: [String]) throws -> String {
            var hash = ProblemsHash()
            for item in try withFile(rows.joined(separator: "\n"), { try items(.humanEval, [$0]) }) { hash.add(item) }
            return hash.value
        }
        #expect(try hash(rows) == hash(rows.reversed()))
        #expect(try hash(rows) != hash(Array(rows.dropLast())))
    }

    @Test func idListsAreLinesOrRows() throws {
        #expect(
            try withFile("# hard\nA/1\n\n A/2 \r\n{\"task_id\": \"A/3\"}\n") { try IDList.read($0) } == [
                "A/1", "A/2", "A/3",
            ])
        #expect(throws: DataError.self) { try withFile("# none\n") { try IDList.read($0) } }
    }
}

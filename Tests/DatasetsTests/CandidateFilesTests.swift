// SPDX-License-Identifier: Apache-2.0
import Datasets
import Foundation
import SelectorKit
import Testing

@Suite struct CandidateFilesTests {
    private let stub = "def f(x):\n    \"\"\"Doc.\"\"\"\n\n    pass\n"

    private func load(
        _ text: String, named name: String = "pool.jsonl", _ problems: ProblemIndex,
        _ options: CandidateOptions = CandidateOptions(),
        sanitizer: (any CodeSanitizer)? = nil
    ) async throws -> CandidateSet {
        try await withFile(text, named: name) {
            try await CandidateFiles([$0], problems: problems, options: options).load(sanitizer: sanitizer)
        }
    }

    private func messages(_ set: CandidateSet) -> [String] {
        set.errors.errors.map { "\($0.line ?? 0) \($0.field ?? "-"): \($0.message)" }
    }

    // MARK: Shapes

    @Test func ourRowsCarryTokensAndVerdicts() async throws {
        let set = try await load(
            #"{"problem": "P", "model": "m", "sample": 3, "code": "x = 1", "tokens": {"count": 5, "sumLogProb": -1.5, "selfCertainty": 2, "k": 20, "exact": false}, "verdict": {"passed": true, "source": "ci"}, "choice": [1]}"#,
            liveCodeBenchIndex("P"))
        let candidate = try #require(set.candidates.first)
        #expect(candidate.candidate.id == CandidateID(model: "m", sample: 3))
        #expect(
            candidate.candidate.tokens
                == TokenStatistics(count: 5, sumLogProb: -1.5, selfCertainty: 2, k: 20, exact: false))
        #expect(candidate.importedVerdict == ImportedVerdict(passed: true, source: "ci"))
        #expect(candidate.gradedProgram == "x = 1" && candidate.candidate.program == "x = 1")
        #expect(set.files[0].rows == [.bestOfN: 1])
    }

    @Test func completionsContinueTheProblemsPromptOrTheirOwn() async throws {
        let set = try await load(
            #"{"task_id": "H/0", "completion": "    return 1"}"# + "\n"
                + #"{"task_id": "H/0", "prompt": "def f(y):\n", "completion": "    return 2"}"#,
            humanEvalIndex("H/0"))
        #expect(
            set.candidates.map(\.gradedProgram) == [
                "def f(x):\n    \"\"\"Doc.\"\"\"\n    return 1", "def f(y):\n    return 2",
            ])
        #expect(set.candidates.map(\.candidate.program) == set.candidates.map(\.gradedProgram))
        #expect(
            set.candidates.map(\.candidate.id) == [.init(model: "pool", sample: 0), .init(model: "pool", sample: 1)])
        #expect(set.files[0].rows == [.completions: 2])
    }

    @Test func humanEvalAnswersWithAHeaderFollowTheStub() async throws {
        let set = try await load(
            #"{"task_id": "H/0", "code": "def f(x):\n    return 1", "official_pass": false}"#, humanEvalIndex("H/0"))
        #expect(set.candidates[0].gradedProgram == stub + "def f(x):\n    return 1")
        #expect(set.candidates[0].candidate.program == "def f(x):\n    return 1")
        #expect(set.candidates[0].importedVerdict == ImportedVerdict(passed: false, source: "official_pass"))
    }

    @Test func evalPlusSolutionsStandAloneAndCompletionsDoNot() async throws {
        let set = try await load(
            #"{"task_id": "H/0", "solution": "S"}"# + "\n" + #"{"task_id": "H/0", "completion": "C"}"#,
            evalPlusIndex("H/0"))
        #expect(set.candidates.map(\.gradedProgram) == ["S", "PROMPT\nC"])
        #expect(set.files[0].rows == [.solutions: 1, .completions: 1])
    }

    @Test func bigCodeBenchSolutionsAreCalibrated() async throws {
        let set = try await load(
            #"{"task_id": "B/0", "solution": "S"}"# + "\n" + #"{"task_id": "B/0", "completion": "C"}"#,
            bigCodeBenchIndex("B/0"))
        #expect(set.candidates.map(\.gradedProgram) == ["CODE\n\n    pass\nS", "CODE\n\n    pass\nCOMPLETE\nC"])
        #expect(set.candidates.map(\.candidate.program) == ["S", "COMPLETE\nC"])
    }

    @Test func resultsOfLiveCodeBenchAreAListOfLists() async throws {
        let results = """
            [
                {
                    "question_id": "b", "contest_date": "x",
                    "output_list": ["```\\nb0\\n```", "-"],
                    "code_list": ["b0", null],
                    "graded_list": [true, false],
                    "metadata": ["{}", "{}"], "pass@1": 0.5
                },
                {"question_id": "a", "output_list": ["", ""], "code_list": ["a0", "a1"], "graded_list": [false, true]}
            ]
            """
        let set = try await load(
            results, named: "Scenario.codegeneration_2_0.2_eval_all.json", liveCodeBenchIndex("a", "b"))
        #expect(set.errors.isEmpty)
        #expect(
            set.candidates.map { "\($0.problemID)\($0.candidate.id.sample) \($0.gradedProgram)" } == [
                "a0 a0", "a1 a1", "b0 b0", "b1 ",
            ])
        #expect(set.candidates.map { $0.importedVerdict?.passed } == [false, true, true, false])
        #expect(set.candidates.allSatisfy { $0.importedVerdict?.source == "graded_list" })
        #expect(set.files[0].rows == [.liveCodeBenchResults: 2] && set.files[0].candidates == 4)
    }

    @Test func theModelOfAResultFileIsItsFolder() async throws {
        try await withFolder { folder in
            let directory = folder.appendingPathComponent("GPT-X")
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
            let file = directory.appendingPathComponent("Scenario.codegeneration_1_0.2_eval_all.json")
            try Data(#"[{"question_id": "a", "code_list": ["x"], "graded_list": [true]}]"#.utf8).write(to: file)
            let set = try await CandidateFiles([file], problems: liveCodeBenchIndex("a")).load()
            #expect(set.candidates.first?.candidate.id.model == "GPT-X")
        }
    }

    @Test func customListsOfLiveCodeBenchAreRead() async throws {
        let named = try await load(
            #"[{"question_id": "b", "code_list": ["x", "y"]}, {"question_id": 7, "code_list": ["z"]}]"#,
            liveCodeBenchIndex("7", "b"))
        #expect(named.candidates.map(\.gradedProgram) == ["z", "x", "y"])
        #expect(named.files[0].rows == [.liveCodeBenchCustom: 2])
    }

    @Test func listsWithoutIdsGoByTheOrderOfTheIds() async throws {
        let set = try await load(#"[["a0"], ["b0", "b1"]]"#, named: "m.json", liveCodeBenchIndex("b", "a"))
        #expect(set.candidates.map { "\($0.problemID) \($0.gradedProgram)" } == ["a a0", "b b0", "b b1"])
        #expect(set.files[0].rows == [.liveCodeBenchLists: 2])
    }

    @Test func listsWithoutIdsMayCoverTheWholeBenchmark() async throws {
        var problems = liveCodeBenchIndex("c", "a")
        problems.excluded = ["b"]
        let set = try await load(#"[["a0"], ["b0"], ["c0"]]"#, problems)
        #expect(set.candidates.map(\.gradedProgram) == ["a0", "c0"] && set.passedOver == 1)
    }

    @Test func listsWithoutIdsMustBeAsManyAsTheProblems() async throws {
        let set = try await load(#"[["a0"]]"#, liveCodeBenchIndex("b", "a"))
        #expect(set.candidates.isEmpty)
        #expect(
            messages(set)[0].contains(
                "The file lists programs of 1 problems without their ids, and the benchmark has 2."))
    }

    @Test func aDirectoryHoldsAFolderPerProblem() async throws {
        try await withFolder { folder in
            let directory = folder.appendingPathComponent("gpt")
            for (path, text) in [
                ("H_0/0.py", "a"), ("H_0/1.py", "b"), ("H_1/10.py", "c"), ("H_1/notes.txt", "-"), ("H_1/x.py", "-"),
            ] {
                let file = directory.appendingPathComponent(path)
                try FileManager.default.createDirectory(
                    at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
                try Data(text.utf8).write(to: file)
            }
            let set = try await CandidateFiles([directory], problems: evalPlusIndex("H/0", "H/1")).load()
            #expect(
                set.candidates.map { "\($0.problemID) \($0.candidate.id) \($0.gradedProgram)" } == [
                    "H/0 gpt/0 a", "H/0 gpt/1 b", "H/1 gpt/10 c",
                ])
            #expect(set.errors.errors.map(\.message) == ["The file's name is no sample number. Name it 0.py, 1.py, …."])
            #expect(set.files[0].rows == [.directory: 3])
        }
    }

    @Test func resultFilesOfEvalPlusBringProgramsAndVerdicts() async throws {
        let text =
            #"{"date": "x", "hash": "y", "eval": {"H/0": [{"task_id": "H/0", "solution": "a", "base_status": "pass", "plus_status": "fail"}, {"solution": "b", "base_status": "pass", "plus_status": "pass"}], "H/1": [{"solution": "c", "base_status": "pass", "plus_status": null}]}}"#
        let set = try await load(text, named: "gpt_eval_results.json", evalPlusIndex("H/0", "H/1"))
        #expect(set.candidates.map(\.gradedProgram) == ["a", "b", "c"])
        #expect(set.candidates.map { $0.importedVerdict?.passed } == [false, true, true])
        #expect(set.candidates[2].importedVerdict?.source == "base_status")
        #expect(set.files[0].rows == [.evaluationResults: 1])
    }

    @Test func resultFilesOfBigCodeBenchAreCalibratedOnce() async throws {
        let text = """
            {
              "date": "x",
              "eval": {
                "B/0": [
                  {"task_id": "B/0", "solution": "CODE\\n\\n    pass\\nS", "status": "pass", "details": {}},
                  {"task_id": "B/0", "solution": "T", "status": "timeout", "details": {}}
                ]
              }
            }
            """
        let set = try await load(text, bigCodeBenchIndex("B/0"))
        #expect(set.errors.isEmpty)
        #expect(set.candidates.map(\.candidate.program) == ["S", "T"])
        #expect(set.candidates.map(\.gradedProgram) == ["CODE\n\n    pass\nS", "CODE\n\n    pass\nT"])
        #expect(set.candidates.map { $0.importedVerdict?.passed } == [true, false])
    }

    @Test func oldResultFilesAreRefused() async throws {
        let set = try await load(#"{"eval": {"H/0": {"nfiles": 1}}}"#, evalPlusIndex("H/0"))
        #expect(messages(set)[0].hasPrefix("1 eval: The results of 'H/0' are not a list of programs."))
    }

    @Test func nullProgramsAreBlank() async throws {
        let set = try await load(#"{"question_id": "a", "code": null}"#, liveCodeBenchIndex("a"))
        #expect(set.errors.isEmpty && set.candidates.map(\.gradedProgram) == [""])
    }

    @Test func modelsAndSamplesHaveDefaults() async throws {
        let text =
            #"{"problem": "P", "code": "a"}"# + "\n" + #"{"problem": "Q", "code": "b"}"# + "\n"
            + #"{"problem": "P", "code": "c", "model": "x"}"# + "\n" + #"{"problem": "P", "code": "d"}"#
        let set = try await load(text, named: "gpt-3.5.jsonl", liveCodeBenchIndex("P", "Q"))
        #expect(
            set.candidates.map { "\($0.problemID) \($0.candidate.id) \($0.gradedProgram)" } == [
                "P gpt-3.5/0 a", "P gpt-3.5/1 d", "P x/0 c", "Q gpt-3.5/0 b",
            ])
        let other = try await load(text, liveCodeBenchIndex("P", "Q"), CandidateOptions(model: "m"))
        #expect(other.candidates[0].candidate.id.model == "m")
    }

    // MARK: Raw output

    @Test func outputsAreExtractedByTheBenchmarksRule() async throws {
        let row = #"{"question_id": "a", "output": "Say\n```python\nx = 1\n```\n"}"#
        #expect(try await load(row, liveCodeBenchIndex("a")).candidates[0].candidate.program == "x = 1")
        let human = row.replacingOccurrences(of: "question_id", with: "task_id")
        #expect(try await load(human, humanEvalIndex("a")).candidates[0].gradedProgram == stub + "x = 1")
        let unfenced = #"{"question_id": "a", "output": "x = 1"}"#
        #expect(try await load(unfenced, liveCodeBenchIndex("a")).candidates[0].candidate.program == "")
        #expect(
            try await load(unfenced, liveCodeBenchIndex("a"), CandidateOptions(extraction: .liveCodeBenchLenient))
                .candidates[0].candidate.program
                == "x = 1")
    }

    @Test func codeCountsBeforeOutputUnlessAskedOtherwise() async throws {
        let row = #"{"question_id": "a", "code": "c", "output": "```\no\n```"}"#
        #expect(try await load(row, liveCodeBenchIndex("a")).candidates[0].gradedProgram == "c")
        #expect(
            try await load(row, liveCodeBenchIndex("a"), CandidateOptions(prefersOutput: true)).candidates[0]
                .gradedProgram == "o")
    }

    private struct UpperCase: CodeSanitizer {
        func sanitize(_ items: [SanitizerItem], style: SanitizerStyle) async throws -> [String] {
            items.map { "\(style.rawValue) \($0.entryPoint ?? "-") \($0.text.uppercased())" }
        }
    }

    @Test func theSanitizerGetsWhatNeedsPython() async throws {
        let text =
            #"{"task_id": "H/0", "output": "a"}"# + "\n" + #"{"task_id": "H/0", "solution": "s"}"# + "\n"
            + #"{"task_id": "H/0", "output": "b"}"#
        let set = try await load(text, evalPlusIndex("H/0"), sanitizer: UpperCase())
        #expect(set.candidates.map(\.gradedProgram) == ["evalplus f A", "s", "evalplus f B"])
        let calibrated = try await load(
            #"{"task_id": "B/0", "output": "a"}"#, bigCodeBenchIndex("B/0"), sanitizer: UpperCase())
        #expect(calibrated.candidates[0].gradedProgram == "CODE\n\n    pass\nbigcodebench task_func A")
        let without = try await load(text, evalPlusIndex("H/0"))
        #expect(
            messages(without) == [
                "1 output: 2 rows have raw output alone, and the rule 'evalplus' needs Python to extract programs from it. "
                    + "Provide Python, give the programs in 'code', or choose another extraction rule."
            ])
    }

    // MARK: Mistakes

    @Test func everyBadRowIsReported() async throws {
        let rows = [
            #"{"problem": "P", "code": "a"}"#, "{", #"{"problem": "P", "text": "a"}"#, #"{"problem": "P", "code": 7}"#,
            #"{"problem": "P", "code": "a", "sample": -1}"#,
            #"{"problem": "P", "code": "a", "tokens": {"sumLogProb": 1}}"#,
            #"{"problem": "P", "code": "a", "tokens": {"count": 1, "selfCertainty": NaN}}"#,
            #"{"problem": "P", "code": "a", "verdict": true}"#,
            #"{"problem": "P", "code": "a", "sample": 0}"#, #"{"question_id": "P", "code_list": ["a", 7]}"#,
            #"{"question_id": "P", "code_list": ["a"], "graded_list": []}"#, #"{"task_id": "P", "completion": "x"}"#,
        ]
        let set = try await load(rows.joined(separator: "\n"), named: "pool.jsonl", liveCodeBenchIndex("P"))
        let expected = [
            "2 -: The row is not valid JSON: a field's name in double quotes should be here (byte 2).",
            "3 -: The row is no candidate. Expected 'problem', 'task_id' or 'question_id', and one of 'code', 'output', 'completion', 'solution', 'code_list'. The row has: problem, text.",
            "4 code: Expected text, found 7.", "5 sample: Samples are numbered from 0, found -1.",
            "6 tokens: 'count', the number of generated tokens, is missing or negative.",
            "7 tokens: 'selfCertainty' is not a finite number. Leave it out if it is unknown.",
            "8 verdict: Expected an object with passed and source, found true.",
        ]
        #expect(Array(messages(set).prefix(7)) == expected)
        #expect(messages(set)[7].hasPrefix("9 -: Candidate pool/0 of problem 'P' comes twice; it was read from "))
        #expect(messages(set)[7].hasSuffix("pool.jsonl:1 before. Remove one, or give them different 'sample' numbers."))
        #expect(
            Array(messages(set).dropFirst(8)) == [
                "10 code_list: Expected a list of programs (text), found 7.",
                "11 graded_list: There are 0 verdicts for 1 programs of 'code_list'. They must be as many.",
                "12 completion: LiveCodeBench has no prompt to complete. Give the whole program in 'code'.",
            ])
        #expect(set.candidates.count == 1)
    }

    @Test func theSameCandidateInTwoFilesIsAMistake() async throws {
        let row = #"{"problem": "P", "model": "m", "sample": 0, "code": "a"}"#
        let set = try await withFile(row) {
            try await CandidateFiles([$0, $0], problems: liveCodeBenchIndex("P")).load()
        }
        #expect(set.errors.count == 1 && set.candidates.count == 1)
    }

    @Test func aBenchmarkGivenAsCandidatesIsToldSo() async throws {
        let set = try await load(
            #"{"task_id": "H/0", "prompt": "", "test": "", "entry_point": "f"}"#, humanEvalIndex("H/0"))
        #expect(
            messages(set) == [
                "1 -: This looks like a row of a problem file of humaneval, not a candidate. Give the file of candidates."
            ])
    }

    @Test func aMissingFileDoesNotHideTheOthers() async throws {
        try await withFile(#"{"problem": "P", "code": "a"}"#) { file in
            let set = try await CandidateFiles(
                [file.appendingPathExtension("missing"), file], problems: liveCodeBenchIndex("P")
            ).load()
            #expect(set.errors.errors.map(\.message) == ["The file cannot be opened: No such file or directory."])
            #expect(set.candidates.count == 1)
        }
    }

    @Test func halfCharactersOfModelsAreReplaced() async throws {
        let set = try await load(#"{"problem": "P", "code": "x = '\ud83d'"}"#, liveCodeBenchIndex("P"))
        #expect(set.candidates[0].gradedProgram == "x = '\u{fffd}'")
    }
}

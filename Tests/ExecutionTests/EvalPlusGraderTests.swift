// SPDX-License-Identifier: Apache-2.0
import Datasets
import Execution
import Fixtures
import Foundation
import SelectorKit
import Testing

/// EvalPlus' rules over the sandbox: what travels, what is compared where, and what is kept on disk.
@Suite(.serialized) struct EvalPlusGraderTests {
    private static let engine = Task { try await TestEngine.start(.standard, workers: 1) }

    /// A problem whose tests call `f` with one number each.
    private func suite(
        _ reference: String, inputs: String = "[[1], [2]]", hash: String = "test", entryPoint: String = "f",
        dataset: EvalPlusTests.Dataset = .humanEval
    ) -> TestSuite {
        TestSuite(
            problemID: "problem", hash: hash,
            tests: .evalPlus(
                EvalPlusTests(
                    dataset: dataset, taskID: "problem/1", prompt: "", entryPoint: entryPoint,
                    canonicalSolution: reference, baseInputs: inputs, plusInputs: "[]", tolerance: 0)))
    }

    private func grader(_ store: ReferenceStore? = nil, seconds: Double? = nil) async throws -> Grader {
        Grader(
            runner: try await Self.engine.value.runner,
            settings: ExecutionSettings(clock: .cpu, secondsPerTest: seconds), store: store)
    }

    private func outcome(_ program: String, _ suite: TestSuite) async throws -> Outcome {
        let verdict = try await grader().grade(program, against: suite)
        #expect(verdict.channel == .harness)
        return verdict.outcome
    }

    @Test func judgesLongAnswersByTheirValues() async throws {
        let list = suite("def f(x): return [0] * 100_000")
        #expect(try await outcome("def f(x): return [0] * 100_000", list) == .passed)
        #expect(try await outcome("def f(x): return [0.0] * 100_000", list) == .passed)
        #expect(try await outcome("def f(x): return [False] * 100_000", list) == .passed)
        #expect(try await outcome("def f(x): return [0] * 99_999 + [1]", list) == .wrongAnswer)
        #expect(try await outcome("def f(x): return [0] * 99_999", list) == .wrongAnswer)
        #expect(try await outcome("def f(x): return (0,) * 100_000", list) == .wrongAnswer)
        #expect(try await outcome("def f(x): return 0", list) == .wrongAnswer)
        let text = suite("def f(x): return 'ab' * 100_000")
        #expect(try await outcome("def f(x): return 'ab' * 100_000", text) == .passed)
        #expect(try await outcome("def f(x): return 'ba' * 100_000", text) == .wrongAnswer)
        let keys = suite("def f(x): return {i: i for i in range(20_000)}")
        #expect(try await outcome("def f(x): return {i: i for i in reversed(range(20_000))}", keys) == .passed)
        let short = suite("def f(x): return [True] * 20_000")
        #expect(try await outcome("def f(x): return [1] * 20_000", short) == .passed)
    }

    @Test func tellsBuffersFromBytes() async throws {
        let bytes = suite("def f(x): return b'a'")
        #expect(try await outcome("def f(x): return b'a'", bytes) == .passed)
        #expect(try await outcome("def f(x): return bytearray(b'a')", bytes) == .passed)
        #expect(try await outcome("import array\ndef f(x): return array.array('b', b'a')", bytes) == .wrongAnswer)
        let list = suite("def f(x): return [b's']")
        #expect(try await outcome("def f(x): return [memoryview(b's')]", list) == .wrongAnswer)
    }

    @Test func takesAnswersAsTheyWere() async throws {
        // The same list, changed by every call: each answer is what it was when the call returned.
        let counting = suite("def f(x): return list(range(x))", inputs: "[[1], [2], [3]]")
        #expect(try await outcome("a = []\ndef f(x):\n    a.append(len(a))\n    return a", counting) == .passed)
        let undefined = suite("def f(x): return float('nan')")
        #expect(try await outcome("def f(x): return float('nan')", undefined) == .wrongAnswer)
        let itself = suite("def f(x): return [1]")
        #expect(try await outcome("def f(x):\n    a = [1]\n    a.append(a)\n    return a", itself) == .wrongAnswer)
    }

    @Test func exhaustsIteratorsForSetsOnly() async throws {
        let program = "def similar_elements(x):\n    yield 2\n    yield 1"
        let sets = suite("def similar_elements(x): return (1, 2)", entryPoint: "similar_elements", dataset: .mbpp)
        #expect(try await outcome(program, sets) == .passed)
        let endless = "import itertools\ndef similar_elements(x): return itertools.count()"
        #expect(try await outcome(endless, sets) == .wrongAnswer)
        let plain = suite("def similar_elements(x): return [2, 1]", entryPoint: "similar_elements")
        #expect(try await outcome(program, plain) == .wrongAnswer)
    }

    @Test func comparesInTheProcessWhatCannotTravel() async throws {
        let fraction = suite("from fractions import Fraction\ndef f(x): return Fraction(1, 3)")
        let right = try await grader().grade(
            "from fractions import Fraction\ndef f(x): return Fraction(2, 6)", against: fraction)
        #expect(right.passed, "\(right.message)")
        #expect(right.channel == .inProcess)
        let wrong = try await grader().grade("def f(x): return 1 / 3", against: fraction)
        #expect(wrong.outcome == .wrongAnswer)
        #expect(wrong.channel == .inProcess)
    }

    @Test func takesNoOtherMessagesThanAnswers() async throws {
        let one = suite("def f(x): return 1", inputs: "[[1], [2], [3]]")
        for bytes in [
            "b'\\x03\\0\\0\\0B[]'", "b'\\xff\\xff\\xff\\xffB'", "b'\\x0a\\0\\0\\0B[\\0\\0\\0\\x40siii'", "b'J' * 5000",
        ] {
            let program = "import os\ndef f(x):\n    os.write(3, \(bytes))\n    return 1"
            let outcome = try await outcome(program, one)
            #expect(outcome == .noVerdict, "\(bytes): \(outcome)")
        }
    }

    @Test func flagsTestsThatTakeNearlyAllOfTheirTime() async throws {
        let one = suite("def f(x): return 1", inputs: "[[1], [2], [3]]")
        func program(_ seconds: Double) -> String {
            """
            import time
            def f(x):
                end = time.process_time() + (\(seconds) if x == 2 else 0)
                while time.process_time() < end: pass
                return 1
            """
        }
        // On a busy machine the answer before may be read late, and what was spent meanwhile is not counted: far above the half that counts as near.
        let near = try await grader(seconds: 1).grade(program(0.85), against: one)
        #expect(near.passed)
        #expect(near.nearLimit)
        let far = try await grader(seconds: 1).grade(program(0.2), against: one)
        #expect(far.passed)
        #expect(!far.nearLimit)
        let over = try await grader(seconds: 1).grade(program(30), against: one)
        // On a machine that is busy enough, three times the limit pass before the CPU time does.
        #expect([.cpuTimeout, .wallTimeout].contains(over.outcome))
        #expect(over.cpuSeconds < 3)
        #expect(over.nearLimit || over.outcome == .wallTimeout)
    }

    @Test func keepsReferencesOnDisk() async throws {
        try await withTemporaryFolder { (folder: URL) async throws -> Void in
            let store = ReferenceStore(directory: folder, python: "3", processor: "p")
            func passes(_ reference: String, _ store: ReferenceStore) async throws -> Bool {
                try await grader(store).grade("def f(x): return 1", against: suite(reference)).passed
            }
            #expect(try await passes("def f(x): return 1", store))
            // The reference that would fail the program is not run: the one on disk counts, for this machine and interpreter.
            #expect(try await passes("def f(x): return 2", store))
            #expect(
                try await !passes(
                    "def f(x): return 2", ReferenceStore(directory: folder, python: "4", processor: "p")))
            #expect(
                try await !passes(
                    "def f(x): return 2", ReferenceStore(directory: folder, python: "3", processor: "q")))
        }
    }

    @Test func damagedReferencesAreMadeAnew() async throws {
        try await withTemporaryFolder { (folder: URL) async throws -> Void in
            let store = ReferenceStore(directory: folder, python: "3", processor: "p")
            let damages: [@Sendable (inout Data) -> Void] = [
                { $0 = Data() }, { $0.removeLast() }, { $0.append(0) }, { $0[$0.count - 3] ^= 1 }, { $0[0] ^= 1 },
                { $0 = $0.prefix(90) },
            ]
            for damage in damages {
                #expect(
                    try await grader(store).grade("def f(x): return 1", against: suite("def f(x): return 1")).passed)
                let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
                #expect(files.count == 2)
                for file in files {
                    var data = try Data(contentsOf: file)
                    damage(&data)
                    try data.write(to: file)
                }
                #expect(
                    try await !grader(store).grade("def f(x): return 1", against: suite("def f(x): return 2")).passed)
                for file in files { try FileManager.default.removeItem(at: file) }
            }
        }
    }

    @Test func theStoreDoesNotGrowBeyondItsSize() async throws {
        try await withTemporaryFolder { (folder: URL) async throws -> Void in
            let store = ReferenceStore(directory: folder, python: "3", processor: "p", largestTotal: 2000)
            for number in 0..<12 {
                let suite = suite("def f(x): return 1", hash: "\(number)")
                #expect(try await grader(store).grade("def f(x): return 1", against: suite).passed)
            }
            let files = try FileManager.default.contentsOfDirectory(
                at: folder, includingPropertiesForKeys: [.fileSizeKey])
            let total = try files.reduce(0) { try $0 + ($1.resourceValues(forKeys: [.fileSizeKey]).fileSize ?? 0) }
            #expect(!files.isEmpty)
            #expect(total <= 2000)
        }
    }

    @Test func findsItsFolder() {
        #expect(ReferenceStore.standard(python: "3", environment: ["BESTOFN_CACHE": "none", "HOME": "/h"]) == nil)
        #expect(ReferenceStore.standard(python: "3", environment: [:]) == nil)
        #expect(
            ReferenceStore.standard(python: "3", environment: ["HOME": "/h"])?.directory.path == "/h/.cache/bestofn")
        let folders = ["HOME": "/h", "XDG_CACHE_HOME": "/x"]
        #expect(ReferenceStore.standard(python: "3", environment: folders)?.directory.path == "/x/bestofn")
        let own = folders.merging(["BESTOFN_CACHE": "/b"]) { $1 }
        #expect(ReferenceStore.standard(python: "3", environment: own)?.directory.path == "/b")
    }
}

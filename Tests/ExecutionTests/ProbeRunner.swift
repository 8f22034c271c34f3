// SPDX-License-Identifier: Apache-2.0
import Datasets
import Execution
import Foundation
import SelectorKit

/// Runs probes through the graders and compares the verdicts with the official outcomes.
struct ProbeRunner: Sendable {
    let engine: ExecutionEngine
    /// The solution of human-eval's probes; with none, their tests run in the program's own process.
    var humanEvalSolution = "    return x + 1\n"

    /// What differs, by probe. A probe whose limits are wall seconds may lose against a busy machine, so one that differs is run again alone.
    func mistakes(_ probes: [Probe]) async throws -> [String: String] {
        var mistakes: [String: String] = [:]
        var waiting = probes[...]
        try await withThrowingTaskGroup(of: (Probe, String?).self) { group in
            for _ in 0..<engine.environment.workers {
                if let probe = waiting.popFirst() { group.addTask { (probe, try await mistake(probe)) } }
            }
            while let (probe, mistake) = try await group.next() {
                mistakes[probe.id] = mistake
                if let next = waiting.popFirst() { group.addTask { (next, try await self.mistake(next)) } }
            }
        }
        for probe in probes where mistakes[probe.id] != nil {
            for _ in 0..<2 where mistakes[probe.id] != nil { mistakes[probe.id] = try await mistake(probe) }
        }
        return mistakes
    }

    /// Nil when our verdict is the official one.
    private func mistake(_ probe: Probe) async throws -> String? {
        let verdict = try await verdict(probe)
        let agrees =
            switch probe.suite {
            case "human_eval": agreesWithHumanEval(verdict, probe.outcome)
            case "livecodebench": verdict.passed == probe.outcome.passed
            default: agreesWithStatus(verdict, probe.outcome.status)
            }
        return agrees ? nil : "\(verdict.outcome.rawValue) (\(verdict.message)), officially \(probe.outcome)"
    }

    private func agreesWithHumanEval(_ verdict: Verdict, _ official: Probe.Outcome) -> Bool {
        guard verdict.passed == official.passed, case .text(let result)? = official.result else { return false }
        if verdict.passed { return true }
        // Officially a child that vanishes, for whatever reason, has timed out.
        return (result == "timed out") == verdict.outcome.isOfficialTimeout
    }

    private func agreesWithStatus(_ verdict: Verdict, _ status: String?) -> Bool {
        switch status {
        case "pass": verdict.passed
        case "timeout": verdict.outcome.isOfficialTimeout
        case "fail": !verdict.passed
        default: false
        }
    }

    private func verdict(_ probe: Probe) async throws -> Verdict {
        switch probe.suite {
        case "human_eval":
            guard let problem = probe.problem, let completion = probe.completion else { throw Malformed(id: probe.id) }
            return try await grader(probe.timeout).grade(
                problem.prompt + completion,
                against: suite(
                    .humanEval(
                        HumanEvalTests(
                            prompt: problem.prompt, test: problem.test, entryPoint: problem.entry_point,
                            canonicalSolution: humanEvalSolution))))
        case "livecodebench":
            guard let program = probe.program, let inputs = probe.inputTexts, let outputs = probe.outputTexts else {
                throw Malformed(id: probe.id)
            }
            let kind: TestExample.Kind = probe.fn_name == nil ? .standardInput : .functional
            let tests = zip(inputs, outputs).map { TestExample(input: $0, output: $1, kind: kind) }
            return try await grader(probe.timeout).grade(
                program,
                against: suite(
                    .liveCodeBench(LiveCodeBenchTests(tests: tests, publicCount: 0, functionName: probe.fn_name))))
        case "bigcodebench":
            guard let program = probe.program, let test = probe.test else { throw Malformed(id: probe.id) }
            return try await grader(probe.timeout_limit).grade(
                program,
                against: suite(
                    .bigCodeBench(
                        BigCodeBenchTests(
                            codePrompt: "", test: test, entryPoint: "task_func", canonicalSolution: "", libraries: [])))
            )
        default:
            return try await evalPlusVerdict(probe)
        }
    }

    private func evalPlusVerdict(_ probe: Probe) async throws -> Verdict {
        var inputs = probe.inputTexts ?? []
        var expected = probe.expectedExpressions
        var program = probe.program ?? ""
        if let pairs = probe.pairs {
            // Test i expects the first member of pair i, and the program returns the second, evaluated in the candidate's process.
            inputs = pairs.indices.map { "[\($0)]" }
            expected = pairs.map { $0[0] }
            let values = pairs.enumerated().map { "    if i == \($0): return \($1[1])\n" }.joined()
            program =
                "import collections, decimal, fractions\ntry:\n    import numpy as np\nexcept ImportError:\n    pass\ndef f(i):\n\(values)"
        }
        let grader = grader(probe.minimum_seconds)
        let entryPoint = probe.entry_point ?? "f"
        let tests = EvalPlusTests(
            dataset: probe.dataset == "mbpp" ? .mbpp : .humanEval, taskID: "probe", prompt: "", entryPoint: entryPoint,
            canonicalSolution: "", baseInputs: "", plusInputs: "", tolerance: probe.atol ?? 0)
        var reference = try await reference(inputs: inputs, expected: expected, dataset: tests.dataset)
        if let seconds = probe.reference_seconds, seconds.count == reference.seconds.count {
            reference.seconds = seconds
        }
        return try await grader.grade(program, tests, reference: reference)
    }

    /// The probe's own inputs and expected values, given as Python expressions, in the form in which a grading job reads them.
    private func reference(inputs: [String], expected: [String], dataset: EvalPlusTests.Dataset) async throws
        -> Reference
    {
        try await EvalPlusReferenceRun(
            runner: engine.runner,
            description: .init(
                code: "", entryPoint: "f", dataset: dataset.rawValue, taskID: "probe", inputExpressions: inputs,
                expectedExpressions: expected, clock: .wall)
        ).reference()
    }

    private func grader(_ seconds: Double?) -> Grader {
        engine.grader(settings: ExecutionSettings(clock: .wall, secondsPerTest: seconds))
    }

    private func suite(_ tests: TestSuite.Tests) -> TestSuite {
        TestSuite(problemID: "probe", hash: "probe", tests: tests)
    }

    private struct Malformed: Error { var id: String }
}

extension Outcome {
    /// What an evaluator that only waits for its child calls a time-out.
    fileprivate var isOfficialTimeout: Bool {
        switch self {
        case .cpuTimeout, .wallTimeout, .crash, .noVerdict, .memoryLimit, .outputLimit: true
        default: false
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
import Datasets
import Execution
import Foundation
import SelectorKit
import Testing

/// A limit counts only when a program hits it while nothing else runs.
@Suite struct RepeatedAloneTests {
    private static let suite = TestSuite(
        problemID: "increment", hash: "alone",
        tests: .liveCodeBench(
            LiveCodeBenchTests(
                tests: [TestExample(input: "1", output: "2", kind: .standardInput)], publicCount: 1, functionName: nil))
    )

    private func grader(_ runner: some JobRunner) -> Grader {
        Grader(runner: runner, settings: ExecutionSettings(secondsPerTest: 0.4))
    }

    @Test func aProgramThatWasOnlySlowedDownPasses() async throws {
        guard let trial = try await SandboxTrial.shared(.isolated) else { return }
        let busy = BusyRunner(base: trial.pool)
        let verdict = try await grader(busy).grade(
            "import time\ntime.sleep(0.3)\nprint(int(input()) + 1)", against: Self.suite)
        #expect(verdict.outcome == .passed)
        let first = try #require(verdict.firstTry)
        #expect(first.outcome == .wallTimeout)
        #expect(first.wallSeconds > 0 && first.wallSeconds < verdict.wallSeconds)
    }

    @Test func aProgramThatIsSlowByItselfIsToldWithBothMeasurements() async throws {
        guard let trial = try await SandboxTrial.shared(.isolated) else { return }
        let verdict = try await grader(trial.pool).grade("while True: pass", against: Self.suite)
        let first = try #require(verdict.firstTry)
        // On a machine that is busy enough, three times the limit pass before the CPU time does.
        for (outcome, seconds) in [(verdict.outcome, verdict.cpuSeconds), (first.outcome, first.cpuSeconds)] {
            #expect(outcome == .cpuTimeout || outcome == .wallTimeout)
            #expect(seconds > (outcome == .cpuTimeout ? 0.3 : 0))
        }
        #expect(verdict.nearLimit || verdict.outcome == .wallTimeout)
    }

    @Test func onlyLimitsAreTriedAgain() async throws {
        guard let trial = try await SandboxTrial.shared(.isolated) else { return }
        for (program, outcome) in [
            ("print(3)", Outcome.wrongAnswer), ("1 / 0", .exception), ("import os; os._exit(0)", .noVerdict),
        ] {
            let verdict = try await grader(trial.pool).grade(program, against: Self.suite)
            #expect(verdict.outcome == outcome)
            #expect(verdict.firstTry == nil)
            #expect(!verdict.nearLimit)
        }
    }
}

/// A machine on which every program that does not run alone gets a fraction of its time.
private struct BusyRunner: JobRunner {
    let base: any JobRunner

    var workers: Int { base.workers }

    func run<Answer: Sendable>(
        _ job: Job, conversation: @escaping @Sendable (any ChildSession) -> Answer
    ) async throws -> (answer: Answer, report: JobReport) {
        var job = job
        if !job.runsAlone { job.limits.wallSeconds = 0.05 }
        return try await base.run(job, conversation: conversation)
    }
}

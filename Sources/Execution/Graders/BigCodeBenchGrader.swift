// SPDX-License-Identifier: Apache-2.0
import Datasets
import Foundation

extension Grader {
    /// BigCodeBench's rule: the calibrated program and its unittest module in one interpreter; no failure and no error means a pass.
    func grade(_ program: String, _ tests: BigCodeBenchTests) async throws -> Verdict {
        struct Description: Encodable {
            var code: String
            var seconds: Double
            var wall_seconds: Double
            var clock: String
            var nonce: String
        }
        // 240 s and one more for the timer; the join comes another second later.
        let seconds = settings.secondsPerTest ?? 240
        let mark = nonce()
        var limits = limits(seconds: seconds + 1, grace: 1, memoryBytes: 30 << 30)
        limits.stackBytes = 10 << 20
        limits.processes = 64
        limits.fileBytes = 256 << 20
        let job = Job(
            module: "grade_bigcodebench",
            payload: try payload(
                Description(
                    code: program, seconds: seconds + 1, wall_seconds: wallSeconds(seconds + 1),
                    clock: settings.clock.rawValue, nonce: mark)), limits: limits, mayFork: true)
        let patience = limits.wallSeconds + 5
        let (statement, report) = try await runner.run(job) { session in
            InProcessStatement(session: session, nonce: mark, test: tests.test, wallSeconds: patience)
        }
        let testsTotal = tests.testCount ?? 0
        let frame: InProcessStatement.Report
        switch statement {
        case .tampered(let reason):
            return report.verdict(
                .tampered, "The program reached for the test machinery: \(reason).", testsRun: 0, testsTotal: testsTotal
            )
        case .silence:
            let (outcome, message) = report.outcome(cpuLimit: limits.cpuSeconds)
            return report.verdict(outcome, message, testsRun: 0, testsTotal: testsTotal)
        case .report(let authentic):
            frame = authentic
        }
        var outcome: Outcome =
            switch (frame.status, frame.kind) {
            case ("pass", _): .passed
            case (_, "timeout"): report.timeout(seconds: seconds)
            case (_, "syntax"): .syntaxError
            case (_, "assertion"): .wrongAnswer
            default: .exception
            }
        var message = outcome == .passed ? "" : frame.message ?? frame.details.values.sorted().first ?? ""
        if outcome == .passed, let reason = tests.contradiction(to: frame) {
            outcome = .tampered
            message = "The suite says that it passed, but \(reason)."
        }
        return report.verdict(
            outcome, message, testsRun: frame.testsRun, testsTotal: max(testsTotal, frame.testsRun))
    }
}

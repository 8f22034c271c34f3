// SPDX-License-Identifier: Apache-2.0
import Datasets
import Foundation

extension Grader {
    /// BigCodeBench's rule: the calibrated program and its unittest module in one interpreter; no failure and no error means a pass.
    func grade(_ program: String, _ tests: BigCodeBenchTests) async throws -> Verdict {
        struct Description: Encodable {
            var code: String
            var test: String
            var seconds: Double
            var wall_seconds: Double
            var clock: String
            var nonce: String
        }
        struct Frame: Decodable, Sendable {
            var status: String
            var details: [String: String]
            var testsRun: Int
            var kind: String?
            var message: String?
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
                    code: program, test: tests.test, seconds: seconds + 1, wall_seconds: wallSeconds(seconds + 1),
                    clock: settings.clock.rawValue, nonce: mark)), limits: limits, mayFork: true)
        let patience = limits.wallSeconds + 5
        let (frame, report) = try await runner.run(job) { session in
            verdictFrame(Frame.self, nonce: mark, session: session, wallSeconds: patience)
        }
        let testsTotal = tests.testCount
        guard let frame else {
            let (outcome, message) = report.outcome(cpuLimit: limits.cpuSeconds)
            return report.verdict(outcome, message, testsRun: 0, testsTotal: testsTotal)
        }
        let outcome: Outcome =
            switch (frame.status, frame.kind) {
            case ("pass", _): .passed
            case ("timeout", _), (_, "timeout"): report.timeout(seconds: seconds)
            case (_, "syntax"): .syntaxError
            case (_, "assertion"), (_, "wrongAnswer"): .wrongAnswer
            default: .exception
            }
        return report.verdict(
            outcome, outcome == .passed ? "" : frame.message ?? frame.details.values.sorted().first ?? "",
            testsRun: frame.testsRun,
            testsTotal: max(testsTotal, frame.testsRun))
    }
}

extension BigCodeBenchTests {
    /// How many test methods the module's text defines.
    var testCount: Int {
        test.split(separator: "\n").count { line in
            line.drop { $0 == " " || $0 == "\t" }.hasPrefix("def test")
        }
    }
}

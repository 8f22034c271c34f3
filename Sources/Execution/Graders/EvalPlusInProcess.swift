// SPDX-License-Identifier: Apache-2.0
import Datasets
import Foundation

extension Grader {
    /// One test set in one process that compares by itself: for problems whose expected values cannot leave the interpreter as data.
    func gradeInProcess(
        _ program: String, _ tests: EvalPlusTests, blob: SealedMemory, seconds: [Double], limits: JobLimits
    ) async throws -> Verdict {
        struct Description: Encodable {
            var code: String
            var entry_point: String
            var dataset: String
            var task_id: String
            var atol: Double
            var reference_seconds: [Double]
            var minimum_seconds: Double
            var factor = 4.0
            var stop_at_first_failure = true
            var set_memory_limit = true
            var memory_bytes: Int
            var clock: String
            var nonce: String
        }
        struct Frame: Decodable, Sendable {
            var status: String
            var details: [Bool]
            var kind: String?
            var message: String?
            var exception: String?
        }
        let minimum = settings.secondsPerTest ?? 4
        let mark = nonce()
        let job = Job(
            module: "grade_evalplus_inprocess",
            payload: try payload(
                Description(
                    code: program, entry_point: tests.entryPoint, dataset: tests.dataset.rawValue,
                    task_id: tests.taskID,
                    atol: tests.tolerance, reference_seconds: seconds, minimum_seconds: minimum,
                    memory_bytes: limits.stackBytes,
                    clock: settings.clock.rawValue, nonce: mark)), blob: blob, limits: limits)
        let patience = limits.wallSeconds + 5
        let (frame, report) = try await runner.run(job) { session in
            verdictFrame(Frame.self, nonce: mark, session: session, wallSeconds: patience)
        }
        guard let frame else {
            let (outcome, message) = report.outcome(cpuLimit: limits.cpuSeconds)
            return report.verdict(outcome, message, testsRun: 0, testsTotal: seconds.count)
        }
        let outcome: Outcome =
            switch (frame.status, frame.kind) {
            case ("pass", _): .passed
            case ("timeout", _), (_, "timeout"): report.timeout(seconds: minimum)
            case (_, "syntax"): .syntaxError
            case (_, "exception"): frame.exception == "MemoryError" ? .memoryLimit : .exception
            default: .wrongAnswer
            }
        return report.verdict(
            outcome, outcome == .passed ? "" : frame.message ?? frame.status, testsRun: frame.details.count,
            testsTotal: seconds.count)
    }
}

// SPDX-License-Identifier: Apache-2.0
package import Datasets
import Foundation

extension Grader {
    /// EvalPlus' rule: base tests and plus tests in processes of their own; a candidate passes when both do. Expected values and time limits come
    /// from the canonical solution, run here once per problem.
    func grade(_ program: String, _ tests: EvalPlusTests, suiteHash: String) async throws -> Verdict {
        var total: Verdict?
        var references: [Reference] = []
        for part in EvalPlusPart.allCases {
            references.append(
                try await self.references.reference("\(suiteHash) \(part.rawValue)") {
                    try await reference(for: tests, part: part)
                })
        }
        let testsTotal = references.reduce(0) { $0 + $1.seconds.count }
        var testsBefore = 0
        for (part, reference) in zip(EvalPlusPart.allCases, references) {
            var verdict = try await grade(program, tests, reference: reference)
            if let total {
                verdict.cpuSeconds += total.cpuSeconds
                verdict.wallSeconds += total.wallSeconds
                verdict.peakBytes = max(verdict.peakBytes, total.peakBytes)
            }
            if !verdict.passed { verdict.message = "\(part.rawValue) tests: \(verdict.message)" }
            verdict.testsRun += testsBefore
            verdict.testsTotal = testsTotal
            testsBefore += reference.seconds.count
            total = verdict
            if !verdict.passed { break }
        }
        return total ?? Verdict(outcome: .noVerdict, message: "The problem has no tests.")
    }

    /// One test set in one process.
    package func grade(_ program: String, _ tests: EvalPlusTests, reference: Reference) async throws -> Verdict {
        struct Description: Encodable {
            var mode = "grade"
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
        let memory = settings.memoryBytes ?? 4 << 30
        let sum = reference.seconds.reduce(0) { $0 + max(minimum, 4 * $1) }
        // Officially the parent waits for at most a minute and a second.
        var limits = limits(seconds: min(60, sum), grace: 1, memoryBytes: nil)
        limits.addressSpaceBytes = nil
        limits.stackBytes = memory
        let job = Job(
            module: "grade_evalplus",
            payload: try payload(
                Description(
                    code: program, entry_point: tests.entryPoint, dataset: tests.dataset.rawValue,
                    task_id: tests.taskID,
                    atol: tests.tolerance, reference_seconds: reference.seconds, minimum_seconds: minimum,
                    memory_bytes: memory,
                    clock: settings.clock.rawValue, nonce: mark)), blob: reference.blob, limits: limits)
        let patience = limits.wallSeconds + 5
        let (frame, report) = try await runner.run(job) { session in
            verdictFrame(Frame.self, nonce: mark, session: session, wallSeconds: patience)
        }
        guard let frame else {
            let (outcome, message) = report.outcome(cpuLimit: limits.cpuSeconds)
            return report.verdict(outcome, message, testsRun: 0, testsTotal: reference.seconds.count)
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
            testsTotal: reference.seconds.count)
    }

    private func reference(for tests: EvalPlusTests, part: EvalPlusPart) async throws -> Reference {
        struct Description: Encodable {
            var mode = "reference"
            var code: String
            var entry_point: String
            var dataset: String
            var task_id: String
            var inputs: String
            var clock: String
        }
        struct Frame: Decodable {
            struct Failure: Decodable {
                var type: String
                var message: String
            }
            var reference_seconds: [Double]?
            var error: Failure?
        }
        let limits = JobLimits(cpuSeconds: 600, wallSeconds: 1800, addressSpaceBytes: nil, stackBytes: 4 << 30)
        var job = Job(
            module: "grade_evalplus",
            payload: try payload(
                Description(
                    code: tests.prompt + tests.canonicalSolution, entry_point: tests.entryPoint,
                    dataset: tests.dataset.rawValue,
                    task_id: tests.taskID, inputs: part == .base ? tests.baseInputs : tests.plusInputs,
                    clock: settings.clock.rawValue)), limits: limits)
        job.largestReply = 1 << 30
        enum Answer: Sendable {
            case tests(seconds: [Double], blob: Data)
            case raised(String)
            case nothing
        }
        let (answer, report) = try await runner.run(job) { session -> Answer in
            guard case .json(let data) = session.receive(cpuSeconds: nil, wallSeconds: limits.wallSeconds),
                let frame = try? JSONDecoder().decode(Frame.self, from: data)
            else { return .nothing }
            if let error = frame.error { return .raised("\(error.type): \(error.message)") }
            guard let seconds = frame.reference_seconds,
                case .bytes(let blob) = session.receive(cpuSeconds: nil, wallSeconds: limits.wallSeconds)
            else { return .nothing }
            return .tests(seconds: seconds, blob: blob)
        }
        let why: String
        switch answer {
        case .tests(let seconds, let blob): return Reference(blob: try SealedMemory(blob), seconds: seconds)
        case .raised(let text): why = text
        case .nothing: why = report.outcome(cpuLimit: limits.cpuSeconds).message
        }
        throw ReferenceFailure(description: "The canonical solution of \(tests.taskID) gave no expected values: \(why)")
    }
}

/// The two test sets of EvalPlus.
private enum EvalPlusPart: String, CaseIterable, Sendable { case base, plus }

/// The data set's own solution cannot be run here; nothing can be said of the candidates.
private struct ReferenceFailure: Error, CustomStringConvertible {
    var description: String
}

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
                try await self.references.reference(key(suiteHash, part)) {
                    try await run(tests, part).result()
                })
        }
        let testsTotal = references.reduce(0) { $0 + $1.seconds.count }
        var testsBefore = 0
        for (part, reference) in zip(EvalPlusPart.allCases, references) {
            var verdict = try await grade(program, tests, reference: reference) { wanted in
                try await self.references.longValues(key(suiteHash, part)) {
                    try await run(tests, part).longValues(of: wanted)
                }
            }
            if let total {
                verdict.cpuSeconds += total.cpuSeconds
                verdict.wallSeconds += total.wallSeconds
                verdict.peakBytes = max(verdict.peakBytes, total.peakBytes)
                verdict.nearLimit = verdict.nearLimit || total.nearLimit
                if total.channel == .inProcess { verdict.channel = .inProcess }
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

    private func key(_ suiteHash: String, _ part: EvalPlusPart) -> String {
        "\(suiteHash) \(part.rawValue) \(settings.clock.rawValue)"
    }

    private func run(_ tests: EvalPlusTests, _ part: EvalPlusPart) -> EvalPlusReferenceRun {
        EvalPlusReferenceRun(
            runner: runner,
            description: .init(
                code: tests.prompt + tests.canonicalSolution, entryPoint: tests.entryPoint,
                dataset: tests.dataset.rawValue, taskID: tests.taskID,
                inputs: part == .base ? tests.baseInputs : tests.plusInputs, clock: settings.clock))
    }

    /// One test set in one process.
    ///
    /// - Parameter longValues: makes the long expected values of some tests in full, where an answer cannot be judged without.
    package func grade(
        _ program: String, _ tests: EvalPlusTests, reference: Reference,
        longValues: ([Int]) async throws -> LongValues = { _ in throw ExpectedValues.Malformed() }
    ) async throws -> Verdict {
        let minimum = settings.secondsPerTest ?? 4
        let seconds = reference.seconds.map { max(minimum, 4 * $0) }
        // Officially the parent waits for at most a minute and a second.
        var limits = limits(seconds: min(60, seconds.reduce(0, +)), grace: 1, memoryBytes: nil)
        limits.addressSpaceBytes = nil
        limits.stackBytes = settings.memoryBytes ?? 4 << 30
        switch reference.tests {
        case .inProcess(let blob):
            return try await gradeInProcess(program, tests, blob: blob, seconds: reference.seconds, limits: limits)
        case .answers(let inputs, let expected):
            return try await grade(
                program, tests, inputs: inputs, expected: expected, seconds: seconds, limits: limits,
                longValues: longValues)
        }
    }

    private func grade(
        _ program: String, _ tests: EvalPlusTests, inputs: SealedMemory, expected: ExpectedValues, seconds: [Double],
        limits: JobLimits, longValues: ([Int]) async throws -> LongValues
    ) async throws -> Verdict {
        struct Description: Encodable {
            var mode = "answers"
            var code: String
            var entry_point: String
            var sets: Bool
            var minimum_seconds: Double
            var seconds: [String: Double]
            var clock: String
            var memory_bytes: Int
        }
        let minimum = settings.secondsPerTest ?? 4
        let comparison = EvalPlusComparison(
            dataset: tests.dataset, entryPoint: tests.entryPoint, tolerance: tests.tolerance)
        var job = Job(
            module: "grade_evalplus",
            payload: try payload(
                Description(
                    code: program, entry_point: tests.entryPoint, sets: comparison.exhaustsIterators,
                    minimum_seconds: minimum,
                    seconds: Dictionary(
                        uniqueKeysWithValues: seconds.enumerated().lazy.filter { $0.element > minimum }
                            .map { (String($0.offset), $0.element) }),
                    clock: settings.clock.rawValue, memory_bytes: limits.stackBytes)), blob: inputs, limits: limits)
        job.largestReply = EvalPlusReferenceRun.largestValue + 1024
        var conversation = EvalPlusConversation(
            expected: expected, inputs: inputs, comparison: comparison, seconds: seconds, clock: settings.clock,
            wallSeconds: limits.wallSeconds + 5, longValues: nil)
        var (talk, report) = try await runner.run(job) { [conversation] in conversation.hold(with: $0) }
        if case .needsLongValues = talk.end {
            conversation.longValues = try await longValues(
                expected.values.indices.filter { expected.values[$0].summary != nil })
            (talk, report) = try await runner.run(job) { [conversation] in conversation.hold(with: $0) }
        }
        let limit = seconds.indices.contains(talk.testsRun - 1) ? seconds[talk.testsRun - 1] : minimum
        var (outcome, message) = talk.end.outcome(report, seconds: limit, cpuLimit: limits.cpuSeconds)
        if message.isEmpty, outcome != .passed { message = outcome.rawValue }
        var verdict = report.verdict(outcome, message, testsRun: talk.testsRun, testsTotal: seconds.count)
        verdict.channel = .harness
        verdict.nearLimit = talk.nearLimit || report.killed == .cpu
        return verdict
    }
}

extension EvalPlusConversation.End {
    fileprivate func outcome(_ report: JobReport, seconds: Double, cpuLimit: Double) -> (Outcome, String) {
        switch self {
        case .passed: (.passed, "")
        case .failed(let outcome, let message): (outcome, message)
        case .timeout(let message): (report.timeout(seconds: seconds), message)
        // The session ends a child that does not keep to the format of messages.
        case .silent where report.killed == .finished: (.noVerdict, "The program sent something that is no answer.")
        case .silent: report.outcome(cpuLimit: cpuLimit)
        case .needsLongValues: (.wrongAnswer, "returned another value")
        }
    }
}

/// The two test sets of EvalPlus.
private enum EvalPlusPart: String, CaseIterable, Sendable { case base, plus }

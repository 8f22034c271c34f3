// SPDX-License-Identifier: Apache-2.0
import Datasets
import Foundation
import SelectorKit

extension Grader {
    /// LiveCodeBench's rule: tests in order until one fails, six seconds each, in one process. The child gets one input at a time and
    /// returns what it printed or a typed value; the comparison happens here.
    func grade(_ program: String, _ tests: LiveCodeBenchTests) async throws -> Verdict {
        let seconds = settings.secondsPerTest ?? 6
        let count = tests.tests.count
        // Officially (timeout + 1) per test and 5 for the whole.
        var limits = limits(seconds: (seconds + 1) * Double(count) + 5, grace: 1, memoryBytes: Self.generousMemory)
        limits.outputBytes = 64 << 20
        let job = Job(
            module: "grade_livecodebench",
            payload: try payload(
                LiveCodeBenchDescription(
                    code: program, function: tests.functionName, seconds: seconds, wallSeconds: wallSeconds(seconds),
                    clock: settings.clock, semantics: settings.semantics)), limits: limits)
        let wall = wallSeconds(seconds)
        let (talk, report) = try await runner.run(job) { session in
            LiveCodeBenchConversation(tests: tests, cpuSeconds: seconds + 1, wallSeconds: wall + 2).hold(with: session)
        }
        var verdict: Verdict
        switch talk.end {
        case .passed: verdict = report.verdict(.passed, testsRun: count, testsTotal: count)
        case .failed(let outcome, let message):
            verdict = report.verdict(outcome, message, testsRun: talk.testsRun, testsTotal: count)
        case .timeout(let message):
            verdict = report.verdict(
                report.timeout(seconds: seconds), message, testsRun: talk.testsRun, testsTotal: count)
        case .silent:
            let (outcome, message) = report.outcome(cpuLimit: limits.cpuSeconds)
            verdict = report.verdict(outcome, message, testsRun: talk.testsRun, testsTotal: count)
        }
        verdict.channel = .harness
        // The last test may have ended the process; its share is what the kernel counted in the end beyond the last look.
        let dearest = max(talk.dearestTest, report.cpuSeconds - talk.cpuAtLastLook)
        verdict.nearLimit = isNearLimit(dearest, limit: seconds)
        return verdict
    }
}

/// The job description that `grade_livecodebench` reads.
struct LiveCodeBenchDescription: Encodable {
    var code: String
    var function: String?
    var seconds: Double
    var wallSeconds: Double
    var clock: Clock
    var semantics: Semantics

    private enum Keys: String, CodingKey { case code, function, seconds, wall_seconds, clock, semantics }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        try container.encode(code, forKey: .code)
        // Null, not absent: it says that the program reads standard input.
        try container.encode(function, forKey: .function)
        try container.encode(seconds, forKey: .seconds)
        try container.encode(wallSeconds, forKey: .wall_seconds)
        try container.encode(clock, forKey: .clock)
        try container.encode(semantics, forKey: .semantics)
    }
}

/// What the child sends: that it is ready, what it printed, a typed value (decoded apart), or what went wrong.
struct LiveCodeBenchFrame: Decodable {
    struct Failure: Decodable {
        /// The official code: -3 for time limits, -4 for errors, -5 for a crash of the evaluator.
        var code: Int
        var kind: String?
        var type: String?
        var message: String?
    }
    var output: String?
    var error: Failure?
}

/// The trusted side of one LiveCodeBench program's tests.
private struct LiveCodeBenchConversation: Sendable {
    enum End: Sendable {
        case passed
        case failed(Outcome, String)
        /// The child noticed that a test's time was up.
        case timeout(String)
        /// The child ended, or was killed, without an answer.
        case silent
    }

    let tests: LiveCodeBenchTests
    let cpuSeconds: Double
    let wallSeconds: Double

    /// - Returns: how many tests were begun, how it ended, the CPU seconds of the test that took most, and those of the process at the last answer.
    func hold(with session: any ChildSession) -> (testsRun: Int, end: End, dearestTest: Double, cpuAtLastLook: Double) {
        var dearest = 0.0
        var lastLook = 0.0
        let (testsRun, end) = runTests(with: session) {
            let now = session.cpu
            dearest = max(dearest, now - lastLook)
            lastLook = max(now, lastLook)
        }
        return (testsRun, end, dearest, lastLook)
    }

    private func runTests(with session: any ChildSession, clock: () -> Void) -> (testsRun: Int, end: End) {
        // Compiling may take as long as a test.
        switch answer(from: session) {
        case .failure(let end): return (0, end)
        case .success: clock()
        }
        let encoder = JSONEncoder()
        for (index, test) in tests.tests.enumerated() {
            guard let request = try? encoder.encode(["input": test.input]) else {
                return (index, .failed(.infrastructureError, "The test's input cannot be encoded."))
            }
            session.send(request)
            switch answer(from: session) {
            case .failure(let end): return (index + 1, end)
            case .success(let data):
                clock()
                if let end = verdict(on: data, test: test) { return (index + 1, end) }
            }
        }
        return (tests.tests.count, .passed)
    }

    private enum Answer {
        case success(Data)
        case failure(End)
    }

    private func answer(from session: any ChildSession) -> Answer {
        switch session.receive(cpuSeconds: cpuSeconds, wallSeconds: wallSeconds) {
        case .json(let data):
            guard let frame = try? JSONDecoder().decode(LiveCodeBenchFrame.self, from: data) else {
                return .failure(.failed(.noVerdict, "The program sent something that is no answer."))
            }
            guard let error = frame.error else { return .success(data) }
            return .failure(end(error))
        case .bytes: return .failure(.failed(.noVerdict, "The program sent something that is no answer."))
        case .cpuLimit: return .failure(.failed(.cpuTimeout, "A test took more than \(cpuSeconds - 1) s of CPU time."))
        case .wallLimit:
            return .failure(.failed(.wallTimeout, "A test took more than \(wallSeconds - 2) s of wall time."))
        case .ended: return .failure(.silent)
        }
    }

    private func end(_ error: LiveCodeBenchFrame.Failure) -> End {
        let text = [error.type, error.message].compactMap(\.self).filter { !$0.isEmpty }.joined(separator: ": ")
        switch (error.code, error.kind) {
        case (-3, _), (_, "timeout"): return .timeout(text)
        case (_, "syntax"): return .failed(.syntaxError, text)
        case (_, "output"): return .failed(.outputLimit, text)
        case (-5, _): return .failed(.noVerdict, text)
        default: return .failed(error.type == "MemoryError" ? .memoryLimit : .exception, text)
        }
    }

    /// Nil when the test passes.
    private func verdict(on data: Data, test: TestExample) -> End? {
        switch test.kind {
        case .standardInput:
            guard let output = try? JSONDecoder().decode(LiveCodeBenchFrame.self, from: data).output else {
                return .failed(.noVerdict, "The program sent something that is no answer.")
            }
            switch OutputComparison.compare(produced: output, expected: test.output) {
            case .equal: return nil
            case .different(let difference): return .failed(.wrongAnswer, difference)
            case .undefined:
                return .failed(.exception, "The comparison is undefined: a signalling NaN among the numbers.")
            }
        case .functional:
            return functionalVerdict(on: data, test: test)
        }
    }

    private func functionalVerdict(on data: Data, test: TestExample) -> End? {
        let expected: PythonValue
        do {
            expected = try PythonJSON.parse(test.output.utf8)
        } catch {
            // Officially every candidate of such a problem fails with -4.
            return .failed(.exception, "The expected output is not JSON: \(error)")
        }
        let produced: PythonValue
        do {
            guard let value = try PythonJSON.parse(data).member("value") else {
                return .failed(.noVerdict, "The program sent something that is no answer.")
            }
            produced = try PythonValue(wire: value).tupleAsList
        } catch {
            return .failed(.noVerdict, "The program sent something that is no answer: \(error)")
        }
        do {
            return try produced.equals(expected)
                ? nil : .failed(.wrongAnswer, "returned \(produced) instead of \(expected)")
        } catch {
            return .failed(.exception, "ValueError: the truth value of an array is ambiguous")
        }
    }
}

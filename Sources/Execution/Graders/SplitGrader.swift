// SPDX-License-Identifier: Apache-2.0
package import Datasets
import Foundation

extension Grader {
    /// Tests in a judge process, the program in its own: the program returns answers, never verdicts.
    package func gradeSplit(_ program: String, _ tests: HumanEvalTests, suiteHash: String) async throws -> Verdict {
        var verdict = try await runSplit(program, tests, suiteHash: suiteHash, freshJudge: false)
        // A judge may be lost for reasons of its own; the program answers for it only when the next one is lost as well.
        if verdict == nil { verdict = try await runSplit(program, tests, suiteHash: suiteHash, freshJudge: true) }
        guard var verdict else {
            return Verdict(
                outcome: .wrongAnswer,
                message: "The judge could not compare the program's answer: it ran out of time or memory, twice.",
                channel: .split)
        }
        verdict.channel = .split
        return verdict
    }

    /// Whether the suite's tests can be split: its own solution passes then, and answers of None fail.
    func provenChannel(_ tests: HumanEvalTests, suiteHash: String) async throws -> VerdictChannel {
        guard !tests.canonicalSolution.isEmpty else { return .inProcess }
        // The proof must not hang on limits that somebody chose for the candidates.
        let prover = withSettings(ExecutionSettings(secondsPerTest: 10))
        let solution = tests.prompt + tests.canonicalSolution
        for freshJudge in [false, true] {
            let job = try prover.splitJob(solution, tests, freshJudge: freshJudge)
            let conversation = SplitConversation(suite: suiteHash, tests: tests, patience: job.limits.wallSeconds + 5)
            let (isProven, _) = try await runner.run(job) { session -> Bool? in
                switch conversation.hold(with: session) {
                case .judged(let frame): frame.isPass ? conversation.refusesNone(session) : false
                case .candidateFailed, .candidateGone: false
                case .judgeLost: nil
                }
            }
            if let isProven { return isProven ? .split : .inProcess }
        }
        return .inProcess
    }

    private func splitJob(_ program: String, _ tests: HumanEvalTests, freshJudge: Bool) throws -> Job {
        struct Description: Encodable {
            var program: String
            var tail: String
            var entry_point: String
            var seconds: Double
            var wall_seconds: Double
            var clock: String
        }
        let seconds = settings.secondsPerTest ?? 3
        // The official parent joins a second after the timer.
        var job = Job(
            module: "serve",
            payload: try payload(
                Description(
                    program: program, tail: TestText(tests.test).tail, entry_point: tests.entryPoint, seconds: seconds,
                    wall_seconds: wallSeconds(seconds), clock: settings.clock.rawValue)),
            limits: limits(seconds: seconds, grace: 1, memoryBytes: Self.generousMemory))
        job.judge = JudgeRequest(module: "judge", isFresh: freshJudge)
        return job
    }

    /// - Returns: nil when the judge was lost over the program's answers.
    /// - Throws: `SandboxError` also when the judge was lost before it had any.
    private func runSplit(_ program: String, _ tests: HumanEvalTests, suiteHash: String, freshJudge: Bool) async throws
        -> Verdict?
    {
        let seconds = settings.secondsPerTest ?? 3
        let job = try splitJob(program, tests, freshJudge: freshJudge)
        let conversation = SplitConversation(suite: suiteHash, tests: tests, patience: job.limits.wallSeconds + 5)
        let (end, report) = try await runner.run(job) { conversation.hold(with: $0) }
        switch end {
        case .candidateGone:
            let (outcome, message) = report.outcome(cpuLimit: job.limits.cpuSeconds)
            return report.verdict(outcome, message, testsRun: 1, testsTotal: 1)
        case .candidateFailed(let frame):
            let verdict = frame.verdict(report, seconds: seconds)
            // The program's own process can say that it failed, never that it passed.
            return verdict.passed
                ? report.verdict(
                    .noVerdict, "The program sent something that is no answer.", testsRun: 1, testsTotal: 1) : verdict
        case .judged(let frame):
            return frame.verdict(report, seconds: seconds)
        case .judgeLost(let answers):
            if answers > 0 { return nil }
            throw SandboxError(.workerLost, "The process that runs the tests was lost before it had an answer.")
        }
    }
}

/// What the judge says at the end.
struct JudgeFrame: Decodable, Sendable {
    var kind: String
    var exception: String?
    var text: String
    var calls: Int

    var isPass: Bool { kind == "passed" && calls > 0 }

    func verdict(_ report: JobReport, seconds: Double) -> Verdict {
        let said = exception.map { text.isEmpty ? $0 : "\($0): \(text)" } ?? text
        let (outcome, message): (Outcome, String) =
            switch kind {
            case "passed" where isPass: (.passed, "")
            case "passed": (.wrongAnswer, "The tests ended without a call of the program.")
            case "assertion": (.wrongAnswer, "failed: \(text)")
            case "timeout": (report.timeout(seconds: seconds), "timed out")
            case "raised": (exception == "MemoryError" ? .memoryLimit : .exception, said)
            case "exception": (.exception, said)
            case "answer": (.wrongAnswer, "The program's process answered with something that is no value.")
            default: (.wrongAnswer, "The tests cannot be run outside the program's process: \(said)")
            }
        return report.verdict(outcome, message, testsRun: 1, testsTotal: 1)
    }
}

/// Carries calls from the judge to the candidate and answers back, unread but for their first byte.
struct SplitConversation: Sendable {
    enum End: Sendable {
        case judged(JudgeFrame)
        /// The program did not load, or time was up between two calls.
        case candidateFailed(HumanEvalFrame)
        case candidateGone
        case judgeLost(answers: Int)
    }

    private struct Introduction: Encodable {
        var begin: String
        var prompt: String?
        var test: String?
        var entry_point: String?
        var checks: Bool?
    }

    let suite: String
    let tests: HumanEvalTests
    /// Wall seconds that the candidate has for one answer; its own limits end it before.
    let patience: Double
    /// What the judge may use up between two messages: official tests need far less.
    private let judgeSeconds = 20.0
    private let judgeWallSeconds = 120.0

    /// What the judge sends.
    private enum Message {
        case call(Data)
        case verdict(JudgeFrame)
    }

    func hold(with candidate: any ChildSession) -> End {
        guard let judge = candidate.judge, begin(judge) else { return .judgeLost(answers: 0) }
        var answers = 0
        while let message = receive(from: judge) {
            switch message {
            case .verdict(let frame):
                return frame.kind == "passed" && !isStillThere(candidate) ? .candidateGone : .judged(frame)
            case .call(let call): candidate.send(call)
            }
            guard case .json(let answer) = candidate.receive(cpuSeconds: nil, wallSeconds: patience) else {
                abandon(judge)
                return .candidateGone
            }
            guard answer.first == UInt8(ascii: "[") else {
                abandon(judge)
                return (try? JSONDecoder().decode(HumanEvalFrame.self, from: answer)).map { .candidateFailed($0) }
                    ?? .candidateGone
            }
            judge.send(answer)
            answers += 1
        }
        return .judgeLost(answers: answers)
    }

    /// A pass counts for a program that has lived to see it: right answers that were written before the process ended are officially none.
    private func isStillThere(_ candidate: any ChildSession) -> Bool {
        let word = Data(#"{"still":"\#(nonce())"}"#.utf8)
        candidate.send(word)
        guard case .json(word) = candidate.receive(cpuSeconds: nil, wallSeconds: patience) else { return false }
        return true
    }

    /// Whether the tests fail a function that always returns None; nil when the judge was lost.
    func refusesNone(_ session: any ChildSession) -> Bool? {
        guard let judge = session.judge, begin(judge) else { return nil }
        for _ in 0..<10_000 {
            switch receive(from: judge) {
            case .call: judge.send(Data(#"["v",null]"#.utf8))
            case .verdict(let frame): return frame.kind != "passed"
            case nil: return nil
            }
        }
        abandon(judge)
        return false
    }

    private func receive(from judge: JudgeSession) -> Message? {
        guard let data = judge.receive(cpuSeconds: judgeSeconds, wallSeconds: judgeWallSeconds) else { return nil }
        if data.first == UInt8(ascii: "[") { return .call(data) }
        return (try? JSONDecoder().decode(JudgeFrame.self, from: data)).map { .verdict($0) }
    }

    private func begin(_ judge: JudgeSession) -> Bool {
        var introduction = Introduction(begin: suite)
        if judge.known.insert(suite).inserted {
            introduction.prompt = tests.prompt
            introduction.test = tests.test
            introduction.entry_point = tests.entryPoint
            introduction.checks = TestText(tests.test).definesCheck
        }
        guard let json = try? JSONEncoder().encode(introduction) else { return false }
        judge.send(json)
        return true
    }

    private func abandon(_ judge: JudgeSession) { judge.send(Data(#"{"abandon":true}"#.utf8)) }
}

/// What the harness reads off a test text.
struct TestText {
    let definesCheck: Bool
    /// Stands for the test text after a program, as far as the program can notice: what follows its last line, the modules that the tests import
    /// into the namespace they officially share, and `check`, which replaces a function of that name and, called by the program, never returns.
    let tail: String

    init(_ text: String) {
        // As bytes: this is read for every program, and texts are long.
        let lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        definesCheck = lines.contains { $0.starts(with: "def check(".utf8) }
        let blank = lines.prefix { Substring($0).allSatisfy(\.isWhitespace) }
        let startsWithFunction = lines.dropFirst(blank.count).first?.starts(with: "def ".utf8) ?? false
        var tail = blank.map { Substring($0) + "\n" }.joined()
        if !startsWithFunction { tail += "pass\n" }
        for line in lines where line.starts(with: "import ".utf8) || line.starts(with: "from ".utf8) {
            let line = Substring(line)
            if !line.contains("("), !line.hasSuffix("\\") { tail += line + "\n" }
        }
        if definesCheck || startsWithFunction {
            tail += "def check(candidate):\n    raise RecursionError(\"maximum recursion depth exceeded\")\n"
        }
        self.tail = tail
    }
}

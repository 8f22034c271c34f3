// SPDX-License-Identifier: Apache-2.0
public import Datasets
import Foundation

/// Grades programs by their benchmark's rules.
///
/// One child process per program (two for EvalPlus: base and plus tests). What the child says is an answer; the verdict is made here, except for
/// assert- and unittest-style suites, whose tests run in the child's interpreter.
public struct Grader: Sendable {
    /// Raised whenever the same program can get another verdict: cached verdicts of older versions are then not used.
    public static let version = 4

    /// Address space where the official evaluator sets no limit: enough for every honest program, and an end for the others.
    static let generousMemory = 8 << 30

    let runner: any JobRunner
    let settings: ExecutionSettings
    let references: ReferenceCache
    let channels: ChannelCache
    /// Whether no other job runs beside this grader's: then a limit that is hit counts at once.
    private let runsAlone: Bool

    /// - Parameter store: where references are kept between runs; nil to make them anew.
    package init(runner: any JobRunner, settings: ExecutionSettings, store: ReferenceStore? = nil) {
        self.init(
            runner: runner, settings: settings, references: ReferenceCache(store: store), channels: ChannelCache(),
            runsAlone: false)
    }

    private init(
        runner: any JobRunner, settings: ExecutionSettings, references: ReferenceCache, channels: ChannelCache,
        runsAlone: Bool
    ) {
        self.runner = runner
        self.settings = settings
        self.references = references
        self.channels = channels
        self.runsAlone = runsAlone || runner.workers == 1
    }

    /// Grades one program.
    ///
    /// A program that hits a time or memory limit is graded once more while nothing else runs, and only that counts: what it met the first time may have
    /// been the machine's load. A failure of our own machinery is retried once on a fresh worker; a second one is the verdict `infrastructureError`.
    ///
    /// - Throws: `CancellationError` only.
    public func grade(_ program: String, against suite: TestSuite) async throws -> Verdict {
        let first = try await gradeOnce(program, against: suite)
        guard first.outcome.mayComeFromLoad, !runsAlone else { return first }
        let alone = Grader(
            runner: AloneRunner(runner), settings: settings, references: references, channels: channels, runsAlone: true
        )
        var verdict = try await alone.gradeOnce(program, against: suite)
        verdict.firstTry = Verdict.FirstTry(
            outcome: first.outcome, cpuSeconds: first.cpuSeconds, wallSeconds: first.wallSeconds,
            peakBytes: first.peakBytes)
        return verdict
    }

    private func gradeOnce(_ program: String, against suite: TestSuite) async throws -> Verdict {
        var failure = ""
        for _ in 0..<2 {
            do {
                switch suite.tests {
                case .humanEval(let tests): return try await grade(program, tests, suiteHash: suite.hash)
                case .evalPlus(let tests): return try await grade(program, tests, suiteHash: suite.hash)
                case .liveCodeBench(let tests): return try await grade(program, tests)
                case .bigCodeBench(let tests): return try await grade(program, tests)
                }
            } catch let error as CancellationError {
                throw error
            } catch {
                try Task.checkCancellation()
                failure = "\(error)"
            }
        }
        return Verdict(outcome: .infrastructureError, message: failure)
    }

    /// The same grader with other settings.
    func withSettings(_ settings: ExecutionSettings) -> Grader {
        Grader(
            runner: runner, settings: settings, references: references, channels: channels, runsAlone: runsAlone)
    }

    /// Limits of a job whose tests may use `seconds` of the chosen clock in all.
    ///
    /// The child raises the official time-out exception at the official number; the kill comes `grace` later, for programs that swallow it.
    func limits(seconds: Double, grace: Double, memoryBytes: Int?) -> JobLimits {
        JobLimits(
            cpuSeconds: seconds + grace, wallSeconds: wallSeconds(seconds) + grace,
            addressSpaceBytes: settings.memoryBytes ?? memoryBytes)
    }

    /// The wall limit that belongs to a limit of the chosen clock.
    func wallSeconds(_ seconds: Double) -> Double {
        switch settings.clock {
        case .cpu: 3 * seconds + 2
        case .wall: seconds
        }
    }
}

/// A job description, encoded as the child reads it.
func payload(_ value: some Encodable) throws -> Data {
    try JSONEncoder().encode(value)
}

/// A random word that marks a child's verdict, so that blind forgeries are told from it.
func nonce() -> String {
    String(UInt64.random(in: .min ... .max), radix: 16) + String(UInt64.random(in: .min ... .max), radix: 16)
}

private struct MarkedFrame: Decodable { var nonce: String? }

/// What a conversation with an in-process suite brought: the frame that carries the nonce, if any came.
func verdictFrame<Frame: Decodable & Sendable>(
    _ type: Frame.Type, nonce: String, session: any ChildSession, wallSeconds: Double
) -> Frame? {
    let decoder = JSONDecoder()
    while true {
        switch session.receive(cpuSeconds: nil, wallSeconds: wallSeconds) {
        case .json(let data):
            if let marked = try? decoder.decode(MarkedFrame.self, from: data), marked.nonce == nonce {
                return try? decoder.decode(type, from: data)
            }
        case .bytes: continue
        case .ended, .cpuLimit, .wallLimit: return nil
        }
    }
}

extension Outcome {
    /// Whether a busy machine can bring this about: less time for the program, a slower processor, memory that others hold.
    var mayComeFromLoad: Bool {
        switch self {
        case .cpuTimeout, .wallTimeout, .memoryLimit: true
        default: false
        }
    }
}

// SPDX-License-Identifier: Apache-2.0

/// Runs programs of a corpus through the graders, and after each of them one that looks for what it left behind.
package struct CorpusRun: Sendable {
    /// What one program came to in one channel.
    package struct Check: Sendable, Codable, Hashable {
        package var tier: SandboxTier
        package var channel: GradingChannel
        package var program: String
        package var outcome: Outcome
        /// CPU and wall time of the program.
        package var cpuSeconds: Double
        package var wallSeconds: Double
        /// What is wrong; nil when the sandbox and the grader did as they should.
        package var finding: String?
    }

    private let engine: ExecutionEngine
    private let tier: SandboxTier
    private let baselines: [GradingChannel: String]

    /// The finding on a hostile program that passed.
    static let forgedPass = "forged a pass"
    /// Longer than any program of a corpus takes on a busy machine.
    private static let mostSeconds = 60.0
    private static let limits = (seconds: 0.4, memoryBytes: 512 << 20)

    /// - Parameter engine: an engine of one worker, so that the next job meets what the last one left.
    package init(on engine: ExecutionEngine) async throws {
        self.engine = engine
        tier = engine.environment.tier
        var baselines: [GradingChannel: String] = [:]
        for channel in GradingChannel.available(in: tier) {
            let verdict = try await Self.grade(Witness.describing, in: channel, by: engine, seconds: 20)
            baselines[channel] = verdict.message
        }
        self.baselines = baselines
    }

    /// - Parameter costlyEverywhere: whether programs that use up their limits run in every channel; otherwise each runs in one, in
    ///   another one for each tier.
    package func checks(
        _ programs: [CorpusProgram], costlyEverywhere: Bool, report: (Check) -> Void = { _ in }
    ) async throws -> [Check] {
        var checks: [Check] = []
        for (index, program) in programs.enumerated() where program.tier <= tier {
            var channels = GradingChannel.available(in: tier).filter { program.channels?.contains($0) ?? true }
            if program.isCostly, !costlyEverywhere, !channels.isEmpty {
                let turn = index + 2 * (SandboxTier.allCases.firstIndex(of: tier) ?? 0)
                channels = [channels[turn % channels.count]]
            }
            for channel in channels {
                let check = try await check(program, in: channel)
                report(check)
                checks.append(check)
            }
        }
        return checks
    }

    package func check(_ program: CorpusProgram, in channel: GradingChannel) async throws -> Check {
        let code = program.isHonest ? program.code : CorpusProgram.prelude + program.code
        let verdict =
            program.isHonest
            ? try await Self.grade(code, isWhole: program.isWhole, in: channel, by: engine, seconds: 20)
            : try await Self.grade(
                code, in: channel, by: engine, seconds: Self.limits.seconds, memoryBytes: Self.limits.memoryBytes,
                clock: program.waits ? .wall : .cpu)
        var finding = Self.finding(program, channel, verdict)
        if finding == nil, let baseline = baselines[channel] {
            let next = try await Self.grade(Witness.comparing(with: baseline), in: channel, by: engine, seconds: 20)
            if !next.passed { finding = "the next program met \(next.outcome.rawValue): \(next.message)" }
        }
        return Check(
            tier: tier, channel: channel, program: program.name, outcome: verdict.outcome,
            cpuSeconds: verdict.cpuSeconds, wallSeconds: verdict.wallSeconds, finding: finding)
    }

    private static func finding(_ program: CorpusProgram, _ channel: GradingChannel, _ verdict: Verdict) -> String? {
        let what = "\(verdict.outcome.rawValue): \(verdict.message)"
        if verdict.outcome == .infrastructureError { return what }
        if verdict.wallSeconds > mostSeconds { return "took \(verdict.wallSeconds) s" }
        switch program.expectation {
        case .fails where verdict.passed: return program.mayPassIn.contains(channel) ? nil : forgedPass
        case .passes where !verdict.passed: return what
        default: break
        }
        if let outcomes = program.outcomes, !outcomes.contains(verdict.outcome) { return what }
        return nil
    }

    private static func grade(
        _ code: String, isWhole: Bool = false, in channel: GradingChannel, by engine: ExecutionEngine, seconds: Double,
        memoryBytes: Int? = nil, clock: Clock = .cpu
    ) async throws -> Verdict {
        let settings = ExecutionSettings(
            semantics: channel.semantics, clock: clock, secondsPerTest: seconds, memoryBytes: memoryBytes)
        return try await engine.grader(settings: settings).grade(
            channel.program(code, isWhole: isWhole), against: channel.suite)
    }
}

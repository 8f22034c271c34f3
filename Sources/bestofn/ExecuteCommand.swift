// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Datasets
import Evaluation
import Execution
import Foundation
import RunStore
import SelectorKit

struct ExecuteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "execute",
        abstract: "Executes candidates against a benchmark's hidden tests and writes one verdict per candidate.",
        discussion: """
            One JSON row per candidate: problem, candidate (model/sample), passed, outcome, cpuSeconds, wallSeconds, peakBytes, testsRun, \
            testsTotal, message. Equal programs are executed once. Interrupted, the same command continues; what was executed is kept in \
            OUTPUT.state until the output is written, or for good in --store.

            Examples:
              bestofn execute --benchmark humaneval --problems HumanEval.jsonl.gz \\
                  --candidates samples.jsonl --output verdicts.jsonl
              bestofn execute --benchmark humaneval --problems HumanEval.jsonl.gz \\
                  --candidates samples.jsonl --output verdicts.jsonl --repeat 3
              bestofn execute --benchmark livecodebench \\
                  --problems test5.jsonl test6.jsonl --candidates a_eval_all.json \\
                  --output verdicts.jsonl --workers 8 --store runs/lcb
              bestofn execute --benchmark humaneval --problems HumanEval.jsonl.gz \\
                  --candidates samples.jsonl --output verdicts.jsonl --shard 2/8   # writes verdicts.2-of-8.jsonl
            """)

    @Option(help: "humaneval, humaneval-plus, mbpp-plus, bigcodebench or livecodebench.")
    var benchmark: Benchmark

    @Option(parsing: .upToNextOption, help: "The benchmark's problem file or files (.jsonl, .jsonl.gz).")
    var problems: [String]

    @Option(parsing: .upToNextOption, help: "Candidate files; docs/formats.md lists the shapes that are read.")
    var candidates: [String]

    @Option(help: "Where to write the verdicts (.jsonl).")
    var output: String

    @Option(help: "How many candidates to execute at the same time (default: one per processor).")
    var workers: Int?

    @Option(help: "official or strict; docs/execution.md says what differs.")
    var semantics: Semantics = .official

    @Option(help: "What time limits count: cpu or wall.")
    var clock: Clock = .cpu

    @Option(help: "Seconds per test; the benchmark's own number by default.")
    var seconds: Double?

    @Option(help: "auto, T3, T2, T1 or none.")
    var sandbox: SandboxArgument = .init(tier: nil)

    @Flag(name: .customLong("i-know-candidates-run-unconfined"), help: "Required with --sandbox none.")
    var acceptsNoSandbox = false

    @Option(help: "The Python that runs the candidates.")
    var python = "python3"

    @Option(help: "Keep verdicts in this directory, for later calls.")
    var store: String?

    @Option(help: "BigCodeBench, LiveCodeBench: only problems whose ids this file lists.")
    var ids: String?

    @OptionGroup
    var sharding: ShardOptions

    @Option(
        name: .customLong("repeat"),
        help:
            "Execute everything this many times, report programs whose verdict changes, and exit with 1 if there are any."
    )
    var times = 1

    @Flag(name: .shortAndLong, help: "No progress.")
    var quiet = false

    func validate() throws {
        if let workers, workers < 1 { throw ValidationError("--workers must be at least 1.") }
        if times < 1 { throw ValidationError("--repeat must be at least 1.") }
        if let seconds, !(seconds > 0) { throw ValidationError("--seconds must be above 0.") }
        if sandbox.tier == SandboxTier.none && !acceptsNoSandbox {
            throw ValidationError(
                "--sandbox none runs candidates with your rights. Add --i-know-candidates-run-unconfined if that is meant."
            )
        }
    }

    func run() async throws {
        try await reportingFailures { [self] in
            let outputFile = URL(fileURLWithPath: sharding.name(of: output))
            let state = URL(fileURLWithPath: store.map(sharding.name) ?? outputFile.path + ".state")
            let experiment = Experiment(
                name: outputFile.lastPathComponent, benchmark: benchmark,
                problems: problems.map { URL(fileURLWithPath: $0) },
                subset: .init(ids: ids.map { URL(fileURLWithPath: $0) }),
                pools: [.init(name: "candidates", candidates: candidates.map { URL(fileURLWithPath: $0) })],
                execution: .init(
                    settings: ExecutionSettings(semantics: semantics, clock: clock, secondsPerTest: seconds),
                    sandbox: sandbox.tier,
                    python: python, workers: workers), selectors: [], outputs: .init(run: state))
            let progress = ConsoleProgress(quiet: quiet)
            let pipeline = try await Pipeline(
                experiment, selectors: selectors, toolVersion: toolVersion, progress: progress, testsSandbox: true,
                shard: sharding.choice)
            let result = try await pipeline.run(command: "execute")
            let rows = try VerdictRows.write(result.record, to: outputFile)
            if let made = result.made {
                try RunParts(parts: [made], rows: rows).write(file: RunParts.file(besideRows: outputFile))
            }
            let repeated = try await pipeline.repeatExecution(times: times)
            if store == nil { try? FileManager.default.removeItem(at: state) }
            progress.report(.note(VerdictRows.summary(result.record)))
            if let next = sharding.mergeAdvice(output) { progress.report(.note(next)) }
            if times > 1 { FlipReport.print(repeated.flips, times: times) }
            let failures = result.infrastructureErrors + repeated.infrastructureErrors
            if failures > 0 {
                standardError(
                    "bestofn: \(failures) programs have no verdict because our own machinery failed; "
                        + "run the command again.")
                throw Exit.findings
            }
            if repeated.flips.contains(where: \.changesPass) { throw Exit.findings }
        }
    }
}

/// What `--repeat` found, on standard error.
private enum FlipReport {
    static func print(_ flips: [VerdictFlip], times: Int) {
        let changes = flips.filter(\.changesPass)
        for flip in changes { standardError("flip: \(line(flip))") }
        for flip in flips where !flip.changesPass { standardError("other outcome: \(line(flip))") }
        standardError(
            "\(times) executions of every program: \(changes.count) flips, \(flips.count - changes.count) failures with another outcome"
        )
    }

    private static func line(_ flip: VerdictFlip) -> String {
        let candidates = flip.candidates.map(\.id.description).joined(separator: ", ")
        let verdicts = flip.verdicts.map { "\($0.outcome) (\(($0.cpuSeconds * 1000).rounded() / 1000) s CPU)" }
        return "\(flip.problemID) \(candidates): \(verdicts.joined(separator: ", then "))"
    }
}

/// `auto`, or a tier by its name.
struct SandboxArgument: ExpressibleByArgument, Sendable {
    /// Nil for the best available tier.
    var tier: SandboxTier?

    init(tier: SandboxTier?) { self.tier = tier }

    init?(argument: String) {
        if argument == "auto" {
            tier = nil
        } else if let tier = SandboxTier(argument: argument) {
            self.tier = tier
        } else {
            return nil
        }
    }

    var defaultValueDescription: String { tier?.rawValue ?? "auto" }
    static var allValueStrings: [String] { ["auto", "T3", "T2", "T1", "none"] }
}

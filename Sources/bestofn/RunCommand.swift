// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Evaluation
import Foundation
import Metrics
import Reporting

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Runs an experiment: executes the pools, lets every selector choose, writes the reports.",
        discussion: """
            What was computed before is not computed again: an interrupted run continues where it was, a repeated one only renders its reports.

            Examples:
              bestofn run experiment.yaml
              bestofn run experiment.yaml --dry-run
              bestofn run experiment.yaml --limit 20 --only longest --set execution.workers=2
              bestofn run experiment.yaml --shard 2/8   # a part, in RUN.2-of-8; then bestofn merge RUN.*-of-8 --output RUN
            """)

    @Argument(help: "The experiment file (YAML); docs/experiments.md lists its keys.")
    var experiment: String

    @Option(
        name: .customLong("set"),
        help: "Set a key of the experiment, such as execution.workers=2 or pools.0.name=x. May be repeated.")
    var overrides: [String] = []

    @Option(help: "Take only the first N problems.")
    var limit: Int?

    @Option(help: "Run only the selector of this label. May be repeated.")
    var only: [String] = []

    @Option(help: "How many candidates to execute at the same time (default: one per processor).")
    var workers: Int?

    @OptionGroup
    var sharding: ShardOptions

    @Flag(help: "Let models score problems that they were trained on. The report says so.")
    var allowOverlap = false

    @Flag(help: "Say what would be done, and do nothing.")
    var dryRun = false

    @Flag(name: .shortAndLong, help: "Print the result tables only.")
    var quiet = false

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit must be at least 1.") }
        if let workers, workers < 1 { throw ValidationError("--workers must be at least 1.") }
    }

    func run() async throws {
        try await reportingFailures { [self] in
            let progress = ConsoleProgress(quiet: quiet)
            let whole = try read()
            var own = whole
            own.outputs.run = sharding.name(of: whole.outputs.run)
            let experiment = try await own.withTrainedModels(
                toolVersion: toolVersion, progress: progress, dryRun: dryRun)
            let pipeline = try await Pipeline(
                experiment, selectors: selectors, toolVersion: toolVersion, progress: progress, testsSandbox: true,
                shard: sharding.choice)
            if dryRun {
                print(try pipeline.plan())
                return
            }
            let result = try await pipeline.run()
            if result.executed == 0 && experiment.executes {
                progress.report(.note("Nothing was executed: every verdict was known."))
            }
            if let part = pipeline.part {
                print(partSummary(part, result, of: whole))
                reportFailures(result)
                if !result.isComplete { throw Exit.findings }
                return
            }
            let tables = RunTables(record: result.record)
            print(TextTable.render(tables))
            reportFailures(result)
            if let html = experiment.outputs.html {
                try HTMLReport.write(record: result.record, tables: tables, to: html)
                progress.report(.note("report: \(html.appendingPathComponent("index.html").displayPath)"))
            }
            if let junit = experiment.outputs.junit {
                try JUnitReport.write(record: result.record, tables: tables, to: junit)
                progress.report(.note("JUnit: \(junit.displayPath)"))
            }
            progress.report(.note("run: \(experiment.outputs.run.displayPath)"))
            if !result.isComplete { throw Exit.findings }
        }
    }

    private func reportFailures(_ result: RunResult) {
        for failure in result.scoringFailures {
            standardError(
                "bestofn: selector '\(failure.selector)' could not score \(failure.problems) problems of pool '\(failure.pool)': "
                    + failure.message)
        }
        if result.infrastructureErrors > 0 {
            standardError(
                "bestofn: \(result.infrastructureErrors) programs have no verdict because our own machinery failed; "
                    + "the same command tries them again.")
        }
    }

    /// What a shard did, and what comes next; no tables, which would look like those of the whole.
    private func partSummary(_ part: ShardPart, _ result: RunResult, of whole: Experiment) -> String {
        let run = whole.outputs.run.displayPath
        return """
            \(part.summary); \(result.executed) programs executed
            part: \(sharding.name(of: run))
            When all \(part.shard.count) shards are done:
              bestofn merge \(sharding.pattern(of: run)) --output \(run)
              bestofn run \(experiment)   # with the same options but --shard: writes tables and reports, computes only what is missing
            """
    }

    private func read() throws -> Experiment {
        var overrides = overrides
        if let limit { overrides.append("subset.limit=\(limit)") }
        if let workers { overrides.append("execution.workers=\(workers)") }
        var experiment = try Experiment(file: URL(fileURLWithPath: self.experiment), overrides: overrides)
        for label in only where !experiment.selectors.contains(where: { $0.label == label }) {
            throw ValidationError(unknownName(label, kind: "selector", available: experiment.selectors.map(\.label)))
        }
        if !only.isEmpty {
            experiment.selectors.removeAll { !only.contains($0.label) }
            experiment.ablation.removeAll { !only.contains($0.selector) }
        }
        experiment.allowsOverlap = allowOverlap
        return experiment
    }
}

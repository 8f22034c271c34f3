// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import Metrics
import Reporting
import RunStore

struct ReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Renders the reports of a stored run again; executes nothing.",
        discussion: """
            Several runs (of other base models, other benchmarks) share one table for a paper; '-' writes to standard output.

            Examples:
              bestofn report runs/demo --html site --junit junit.xml
              bestofn report runs/demo --json tables.json
              bestofn report runs/lcb runs/bcb --latex table2.tex --csv table2.csv
              bestofn report runs/demo --markdown - --intervals --published reports/published/dreamprm-code.json
              bestofn report runs/demo --svg figures
            """)

    @Argument(help: "The runs' directories, as 'bestofn run' printed them.")
    var runs: [String]

    @Option(help: "Write the HTML report into this directory.")
    var html: String?

    @Option(help: "Write the JUnit XML to this file.")
    var junit: String?

    @Option(
        help: "Write the tables as JSON to this file; '-' for standard output, as for --latex, --markdown and --csv.")
    var json: OutputFile?

    @OptionGroup var paper: PaperOptions

    func validate() throws {
        guard !runs.isEmpty else { throw ValidationError("Give at least one run's directory.") }
        if runs.count > 1, html != nil || junit != nil || json != nil {
            throw ValidationError("--html, --junit and --json render one run; call 'report' for each.")
        }
        try OutputFile.validate(outputs)
    }

    private var outputs: [OutputFile?] { [json] + paper.texts }

    func run() async throws {
        try await reportingFailures { [self] in
            var papers: [PaperRun] = []
            for run in runs {
                let record = try RunStore.existing(directory: URL(fileURLWithPath: run)).record()
                let tables = RunTables(record: record)
                papers.append(PaperRun(tables: tables, seed: record.manifest.seed))
                if !outputs.contains(where: { $0?.isStandardOutput == true }) { print(TextTable.render(tables)) }
                if let html { try HTMLReport.write(record: record, tables: tables, to: URL(fileURLWithPath: html)) }
                if let junit { try JUnitReport.write(record: record, tables: tables, to: URL(fileURLWithPath: junit)) }
                try json?.write(String(decoding: JSONReport.encode(tables), as: UTF8.self))
            }
            try paper.write(papers)
        }
    }
}

/// Tables and figures for papers.
struct PaperOptions: ParsableArguments {
    @Option(help: "Write the tables as LaTeX (booktabs) to this file.")
    var latex: OutputFile?

    @Option(help: "Write the tables as Markdown to this file.")
    var markdown: OutputFile?

    @Option(help: "Write all values as CSV to this file, one line per run, pool, selector and difficulty.")
    var csv: OutputFile?

    @Option(
        help:
            "Write figures as SVG files into this directory: ranking (with --published), base model and selectors, functions per program, best-of-n."
    )
    var svg: String?

    @Flag(help: "Put 95 % intervals behind the values of the LaTeX and Markdown tables.")
    var intervals = false

    @Flag(inversion: .prefixedNo, help: "Set the highest value of each column in bold.")
    var bold = true

    @Option(help: "Lay the published rows of this file (reports/published/*.json) below the run's. May be repeated.")
    var published: [String] = []

    var texts: [OutputFile?] { [latex, markdown, csv] }

    func write(_ runs: [PaperRun]) throws {
        let published = try published.map { try PublishedResults(file: URL(fileURLWithPath: $0)) }
        if let svg {
            let names = try PaperFigures.write(runs, published: published, to: URL(fileURLWithPath: svg))
            if !names.contains(where: { $0.hasPrefix("figure-2") }) {
                standardError(
                    "bestofn: no ranking (figure 2): it needs --published with numbers on the run's benchmark, or 'bestofn leaderboard'."
                )
            }
        }
        guard latex != nil || markdown != nil || csv != nil else { return }
        var main = PaperTable(runs: runs)
        main.lay(published)
        let tables =
            [main] + runs.compactMap { run in run.tables.ablation.map { PaperTable(ablation: $0, of: run.tables) } }
        try latex?.write(LaTeXTable.render(tables, intervals: intervals, bold: bold))
        try markdown?.write(MarkdownTable.render(tables, intervals: intervals, bold: bold))
        try csv?.write(ResultsCSV.render(runs, published: published))
    }
}

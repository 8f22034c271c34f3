// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Datasets
import Foundation
import Metrics
import Reporting
import RunStore
import SelectorKit

struct LeaderboardCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "leaderboard",
        abstract: "Ranks the models of leaderboard files, with a run's selectors among them.",
        discussion: """
            Reads rows {"question_id", "model", "date", "difficulty", "pass@1" (0 to 100), "platform"}, as LiveCodeBench's \
            leaderboard has them. All rows of the table stand on the same problems: those that every model (and the run) has. \
            Rows that cannot be used are named and left out; the exit code is then 65.

            Examples:
              bestofn leaderboard performances.jsonl.gz --from 2023-09-01 --until 2024-02-01
              bestofn leaderboard performances.jsonl.gz --run runs/mine --top 10 --svg ranking.svg --markdown -
            """)

    @Argument(help: "Leaderboard files: JSON Lines, plain or gzip-compressed.")
    var files: [String]

    @Option(help: "Only problems from this day on (YYYY-MM-DD).")
    var from: String?

    @Option(help: "Only problems before this day.")
    var until: String?

    @Option(help: "Place the selectors of this run among the models, on the problems that both have.")
    var run: String?

    @Option(help: "Only selectors of this label. May be repeated; needs --run.")
    var only: [String] = []

    @Option(help: "Leave out models behind this place; rows of the run stay.")
    var top: Int?

    @Option(help: "Leave out models with fewer problems than this.")
    var minProblems: Int?

    @Flag(help: "Measure each model on all problems that it has, instead of those that all have.")
    var ownProblems = false

    @Option(help: "What the table is called (default: the first file's name).")
    var title: String?

    @Option(help: "Of the bootstrap.")
    var seed: UInt64 = 0

    @Option(help: "Write the table as LaTeX (booktabs) to this file; '-' for standard output, like the following.")
    var latex: OutputFile?

    @Option(help: "Write the table as Markdown to this file.")
    var markdown: OutputFile?

    @Option(help: "Write all values as CSV to this file.")
    var csv: OutputFile?

    @Option(help: "Write all values as JSON to this file.")
    var json: OutputFile?

    @Option(help: "Write the ranking (the paper's Figure 2) as SVG to this file.")
    var svg: OutputFile?

    @Flag(help: "Put 95 % intervals behind the values of the LaTeX and Markdown tables.")
    var intervals = false

    func validate() throws {
        guard !files.isEmpty else { throw ValidationError("Give at least one leaderboard file.") }
        for (name, day) in [("--from", from), ("--until", until)] {
            if let day, !LeaderboardRow.isDay(day) || day.count != 10 {
                throw ValidationError("\(name) expects a day such as 2024-08-01, not '\(day)'.")
            }
        }
        if let top, top < 1 { throw ValidationError("--top must be at least 1.") }
        if let minProblems, minProblems < 1 { throw ValidationError("--min-problems must be at least 1.") }
        if run != nil, ownProblems {
            throw ValidationError(
                "--own-problems cannot be used with --run: a run is compared on the same problems only.")
        }
        if run == nil, !only.isEmpty { throw ValidationError("--only needs --run.") }
        try OutputFile.validate([latex, markdown, csv, json, svg])
    }

    func run() async throws {
        try await reportingFailures { [self] in
            let file = LeaderboardFile(reading: files.map { URL(fileURLWithPath: $0) })
            if !file.mistakes.isEmpty { standardError("\(file.mistakes)") }
            guard !file.rows.isEmpty else {
                if file.mistakes.isEmpty {
                    throw DataError(file: files.joined(separator: ", "), message: "The file has no rows.")
                }
                throw Exit.badData
            }
            var view = try view(of: file)
            if let top { view.table = view.table.top(top) }
            try write(view)
            if !file.mistakes.isEmpty {
                standardError(
                    "bestofn: \(NumberFormat.count(file.mistakes.count, "mistake")) in the input (above); the table is made of the other \(NumberFormat.count(file.rows.count, "row"))."
                )
                throw Exit.badData
            }
        }
    }

    private func view(of file: LeaderboardFile) throws -> LeaderboardView {
        let title = title ?? (files[0] as NSString).lastPathComponent
        let rows = file.rows.filter { row in
            (from.map { row.date >= $0 } ?? true) && (until.map { row.date < $0 } ?? true)
        }
        let difficulties = Dictionary(
            rows.map { ($0.question, $0.difficulty) }, uniquingKeysWith: { first, _ in first })
        guard !rows.isEmpty else {
            let days = file.rows.map(\.date)
            throw DataError(
                file: files.joined(separator: ", "),
                message:
                    "No row lies between the days given. The problems are of \(days.min() ?? "") to \(days.max() ?? "")."
            )
        }
        var entries = Dictionary(grouping: rows, by: \.model).sorted { $0.key < $1.key }.map { model, rows in
            LeaderboardTable.Entry(
                name: model, kind: .model,
                values: Dictionary(rows.map { ($0.question, $0.passAt1) }, uniquingKeysWith: { first, _ in first }))
        }
        if let minProblems { entries.removeAll { $0.values.count < minProblems } }
        guard !entries.isEmpty else {
            throw DataError(
                file: files.joined(separator: ", "),
                message: "No model has \(minProblems ?? 1) problems. Give a lower --min-problems.")
        }
        guard let run else {
            guard let table = LeaderboardTable(entries, difficulties: difficulties, isPerModel: ownProblems, seed: seed)
            else {
                throw DataError(
                    file: files.joined(separator: ", "),
                    message:
                        "No problem has a row of every model. Leave out models with few problems (--min-problems), or measure each on its own (--own-problems)."
                )
            }
            return LeaderboardView(table, title: title)
        }
        let record = try RunStore.existing(directory: URL(fileURLWithPath: run)).record()
        let tables = RunTables(record: record)
        for label in only where !tables.selectors.contains(where: { $0.label == label }) {
            throw ValidationError(
                "The run has no selector '\(label)'. It has: \(tables.selectors.map(\.label).joined(separator: ", ")).")
        }
        let own = tables.leaderboardEntries(only: only.isEmpty ? nil : Set(only))
        guard
            let table = LeaderboardTable(
                entries + own, difficulties: difficulties, seed: seed)
        else {
            let known = entries.flatMap(\.values.keys).min() ?? ""
            throw DataError(
                file: run,
                message:
                    "No counted problem of the run (ids like '\(record.problems.first?.problem.id ?? "")') has a row of every model of the leaderboard (ids like '\(known)')."
            )
        }
        let warnings = tables.pools.flatMap { pool in
            pool.notes.filter { $0.kind == .warning }.map { "\(pool.name): \($0.text)" }
        }
        return LeaderboardView(table, title: title, run: tables.run, remarks: warnings + tables.warnings)
    }

    private func write(_ view: LeaderboardView) throws {
        if ![latex, markdown, csv, json, svg].contains(where: { $0?.isStandardOutput == true }) {
            print(LeaderboardText.render(view))
        }
        let paper = PaperTable(leaderboard: view)
        try latex?.write(LaTeXTable.render([paper], intervals: intervals))
        try markdown?.write(MarkdownTable.render([paper], intervals: intervals))
        try csv?.write(LeaderboardText.csv(view.table))
        try json?.write(String(decoding: try JSONReport.encode(view.table), as: UTF8.self))
        try svg?.write(String(decoding: PaperFigures.leaderboard(view).file(), as: UTF8.self))
    }
}

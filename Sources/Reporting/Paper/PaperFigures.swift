// SPDX-License-Identifier: Apache-2.0
public import Foundation
import Metrics

/// The paper's Figures 2, 5 and 6 and the best-of-n curves, of a user's own runs.
public enum PaperFigures {
    /// The figures that the runs have the numbers for, each with the name of its file.
    ///
    /// - Parameter published: rows for the ranking of Figure 2, which is left out without them.
    public static func all(_ runs: [PaperRun], published: [PublishedResults] = []) -> [(name: String, data: Data)] {
        let places = PaperTable.places(of: runs)
        var files: [(name: String, data: Data)] = []
        if let figure = ranking(places, published: published) { files.append((figure.name, figure.file())) }
        let base = baseAndSelectors(places)
        files.append((base.name, base.file()))
        var names = FileNames()
        for place in places {
            let suffix = names.next("\(place.benchmark)-\(place.group)")
            let title = "\(place.group), \(place.benchmark)"
            if let steps = StepFigure(place.pool, title: "Functions per program: \(title)") {
                let figure = steps.figure(name: "figure-6-steps-\(suffix).svg")
                files.append((figure.name, figure.file()))
            }
            if let curves = place.pool.bestOfN {
                let figure = LineChart(
                    curves, showing: curves.curves, title: "Expected pass@1 with fewer candidates: \(title)",
                    horizontal: "candidates (n)", vertical: "pass@1 (%)", random: "random"
                ).figure(name: "best-of-n-\(suffix).svg")
                files.append((figure.name, figure.file()))
            }
        }
        return files
    }

    /// Writes all figures into a folder, which is made where it is missing.
    ///
    /// - Returns: the names of the files.
    public static func write(_ runs: [PaperRun], published: [PublishedResults] = [], to folder: URL) throws -> [String]
    {
        let files = all(runs, published: published)
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            for file in files { try file.data.write(to: folder.appendingPathComponent(file.name), options: .atomic) }
        } catch {
            throw ReportError(
                .unwritable, "\(folder.relativePath): The figures cannot be written: \(error.localizedDescription)")
        }
        return files.map(\.name)
    }

    /// A leaderboard with a run's rows among the models.
    public static func leaderboard(_ view: LeaderboardView) -> Figure {
        BarFigure(
            title: "Pass@1: \(view.title)",
            groups: [
                .init(
                    bars: view.table.rows.map { row in
                        .init(
                            label: "\(row.rank). \(row.name)" + (view.table.isPerModel ? " (n = \(row.problems))" : "")
                                + (row.kind == .model ? "" : " \(LeaderboardView.ownMark)"),
                            style: row.kind == .model ? .other : .own, value: row.overall.value,
                            low: row.overall.low, high: row.overall.high)
                    })
            ],
            legend: [(.own, view.run.map { "run '\($0)'" } ?? "run"), (.other, "leaderboard")],
            notes: view.notes + [intervals]
        ).figure(name: "figure-2-ranking.svg")
    }

    private static let intervals = "Whiskers: 95 % bootstrap intervals over problems."

    /// The run's rows among published ones of the same benchmark, highest first.
    private static func ranking(_ places: [PaperTable.Place], published: [PublishedResults]) -> Figure? {
        let benchmarks = Set(places.map(\.benchmark))
        let shown = published.filter { benchmarks.contains($0.benchmark) && $0.problems[PaperTable.overall] != nil }
        guard !shown.isEmpty else { return nil }
        let own = places.filter { place in shown.contains { $0.benchmark == place.benchmark } }
        // The upper bound is no contestant.
        var ranked = own.flatMap { bars(of: $0, named: true, without: .oracle) }
        for results in shown {
            for row in results.rows {
                guard let value = results.share(of: row, PaperTable.overall) else { continue }
                let interval = row.solved?[PaperTable.overall].flatMap { solved in
                    results.problems[PaperTable.overall].map { PublishedResults.interval(solved: solved, of: $0) }
                }
                ranked.append(
                    .init(
                        label: row.method.contains(results.name) ? row.method : "\(row.method) (\(results.name))",
                        style: .published, value: value, low: interval?.lowerBound, high: interval?.upperBound))
            }
        }
        ranked.sort { ($1.value, $0.label) < ($0.value, $1.label) }
        let sizes = own.map { "\($0.group) on \($0.pool.overall.coverage.counted)" }
        return BarFigure(
            title: "Pass@1 among published numbers: \(Set(shown.map(\.benchmark)).sorted().joined(separator: ", "))",
            groups: [.init(bars: ranked)], legend: legend,
            notes: [
                "Problems: \(sizes.joined(separator: ", ")); "
                    + shown.map { "\($0.name) on \($0.problems[PaperTable.overall] ?? 0) (\($0.subset))" }
                    .joined(separator: ", ")
                    + ". Bars on other problems or other candidates cannot be compared by a test."
            ] + testsNote(own)
                + shown.map { ($0.source.title.hasPrefix($0.name) ? "" : "\($0.name): ") + $0.source.citation + "." }
                + [
                    intervals + " Of published counts: Wilson intervals."
                ]
        ).figure(name: "figure-2-ranking.svg")
    }

    private static func baseAndSelectors(_ places: [PaperTable.Place]) -> Figure {
        BarFigure(
            title: "Pass@1 of the base model and of the selected candidates",
            groups: places.map { place in
                .init(
                    title:
                        "\(place.group), \(place.benchmark) (\(NumberFormat.count(place.pool.overall.coverage.counted, "problem")))",
                    bars: bars(of: place, named: false))
            }, legend: [(.own, "selected candidate"), (.other, "base model (random choice) and upper bound (oracle)")],
            notes: testsNote(places) + [intervals]
        ).figure(name: "figure-5-base-and-selectors.svg")
    }

    private static let legend: [(style: BarFigure.Bar.Style, text: String)] = [
        (.own, "selectors of this run"), (.other, "this run's pools without selection"), (.published, "published"),
    ]

    /// Random, the selectors, the oracle.
    private static func bars(
        of place: PaperTable.Place, named: Bool, without omitted: PaperTable.Row.Kind? = nil
    ) -> [BarFigure.Bar] {
        let group = PaperTable.group(
            place.group, [place], blocks: [.init(title: place.benchmark, columns: [PaperTable.overall])])
        return group.rows.filter { $0.kind != omitted }.compactMap { row in
            row.cells[0].map { cell in
                .init(
                    label: row.label + row.mark + (named ? " (\(place.group))" : ""),
                    style: row.kind == .selector ? .own : .other, value: cell.value, low: cell.low, high: cell.high)
            }
        }
    }

    private static func testsNote(_ places: [PaperTable.Place]) -> [String] {
        places.contains { $0.selectors.contains(where: \.usesTests) }
            ? ["\(PaperTable.testsMark): sees public tests or runs programs: not in the same class of comparison."] : []
    }
}

extension LineChart {
    /// The chart as a drawing for print, under its title.
    fileprivate func figure(name: String) -> Figure {
        let margin = 12.0
        let lines = FigureText.lines(title, width: Self.width - 2 * margin, size: 14)
        let head = margin + Double(lines.count) * 19
        let chart = tag("g", ["transform": "translate(0 \(svgShort(head)))"]) { content(ink: FigureInk.black) }
        return Figure(
            name: name, title: title, description: description, width: Self.width, height: head + fullHeight,
            content: RenderedMarkup(
                .group([FigureText.block(lines, x: margin, y: margin + 12, size: 14, ink: FigureInk.black), chart])))
    }
}

/// Names of files from names of pools: letters, digits and dashes, each once.
private struct FileNames {
    private var used: Set<String> = []

    mutating func next(_ text: String) -> String {
        var name = String(
            text.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == ".") ? $0 : "-" }
        ).split(separator: "-").filter { $0.contains { $0 != "." } }.joined(separator: "-")
        if name.isEmpty { name = "pool" }
        let stem = String(name.prefix(80))
        name = stem
        var number = 2
        while !used.insert(name).inserted {
            name = "\(stem)-\(number)"
            number += 1
        }
        return name
    }
}

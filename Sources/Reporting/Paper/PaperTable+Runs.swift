// SPDX-License-Identifier: Apache-2.0
import Metrics
import SelectorKit
import Statistics

extension PaperTable {
    /// The layout of the paper's Tables 1 and 2: a group of rows per pool (the base model that its candidates come from), a block of columns per benchmark.
    ///
    /// Pools of one name in runs of different benchmarks share a group; two pools of one name and benchmark are told apart by their runs' names.
    public init(runs: [PaperRun]) {
        let places = Self.places(of: runs)
        var blocks: [Block] = []
        for place in places where !blocks.contains(where: { $0.title == place.benchmark }) {
            let members = places.filter { $0.benchmark == place.benchmark }
            var levels: [String] = []
            for level in members.flatMap({ $0.pool.difficulties.map(\.title) }) where !levels.contains(level) {
                levels.append(level)
            }
            blocks.append(Block(title: place.benchmark, columns: levels + [Self.overall]))
        }
        var titles: [String] = []
        for place in places where !titles.contains(place.group) { titles.append(place.group) }

        self.init(
            caption: Self.caption(runs, blocks: blocks, groups: titles), stub: "Method", blocks: blocks,
            groups: titles.map { title in
                Self.group(title, places.filter { $0.group == title }, blocks: blocks)
            }, notes: [Self.bestNote])
        if places.contains(where: { $0.pool.overall.rows.contains { !$0.isComplete } }) {
            notes.append(
                "*: the selector did not score all of the pool's problems, or not all candidates have a verdict.")
        }
        notes += Self.notes(on: places)
        notes += runs.flatMap(\.tables.warnings)
    }

    private static func notes(on places: [Place]) -> [String] {
        var notes: [String] = []
        var users: [String] = []
        for selector in places.flatMap(\.selectors) where selector.usesTests {
            let text = "\(selector.label) (\(selector.uses.joined(separator: ", ")))"
            if !users.contains(text) { users.append(text) }
        }
        if !users.isEmpty {
            notes.append(
                "\(testsMark): knows more than the programs' text, so it is not in the same class of comparison and has no part in the marks of the best: "
                    + users.joined(separator: "; ") + ".")
        }
        for benchmark in Set(places.map(\.benchmark)).sorted() {
            let sets = Set(
                places.filter { $0.benchmark == benchmark }.map { Set($0.pool.counted(in: overall).map(\.id)) })
            if sets.count > 1 {
                notes.append(
                    "The groups stand on different problems of \(benchmark): compare rows within a group only.")
            }
        }
        // What is said of several pools is said once.
        var texts: [String] = []
        var about: [String: [Int]] = [:]
        for (index, place) in places.enumerated() {
            for note in place.pool.notes where !place.repeats(note) {
                if about[note.text] == nil { texts.append(note.text) }
                about[note.text, default: []].append(index)
            }
        }
        for text in texts {
            let indices = about[text] ?? []
            let names = indices.map { "\(places[$0].group), \(places[$0].benchmark)" }
            notes.append((indices.count == places.count ? "" : names.joined(separator: "; ") + ": ") + text)
        }
        return notes
    }

    /// One pool of one run, and where it stands in the table.
    struct Place {
        var group: String
        var benchmark: String
        var pool: PoolTable
        var selectors: [SelectorSummary]
        var seed: UInt64

        /// Whether the note says what the mark of selectors that use tests says.
        func repeats(_ note: Note) -> Bool {
            note.kind == .information && selectors.contains { $0.usesTests && note.text.hasPrefix("\($0.label) uses ") }
        }
    }

    static let overall = "overall"

    static func places(of runs: [PaperRun]) -> [Place] {
        var known: [String: Int] = [:]
        for run in runs {
            for pool in run.tables.pools { known["\(run.tables.benchmark)\n\(pool.name)", default: 0] += 1 }
        }
        return runs.flatMap { run in
            run.tables.pools.map { pool in
                let isAmbiguous = known["\(run.tables.benchmark)\n\(pool.name)", default: 0] > 1
                return Place(
                    group: isAmbiguous ? "\(pool.name) (\(run.tables.run))" : pool.name,
                    benchmark: run.tables.benchmark, pool: pool, selectors: run.tables.selectors, seed: run.seed)
            }
        }
    }

    private static func caption(_ runs: [PaperRun], blocks: [Block], groups: [String]) -> String {
        var caption = "Pass@1 in percent of the candidate that each method selects"
        if groups.count == 1, let group = groups.first { caption += " from pool \(group)" }
        if blocks.count == 1, let block = blocks.first { caption += ", \(block.title)" }
        var names: [String] = []
        for run in runs where !names.contains(run.tables.run) { names.append(run.tables.run) }
        return caption + " (\(names.joined(separator: "; ")))."
    }

    /// The rows of the pools that share a title.
    static func group(_ title: String, _ places: [Place], blocks: [Block]) -> Group {
        var labels: [String] = []
        for label in places.flatMap({ $0.selectors.map(\.label) }) where !labels.contains(label) {
            labels.append(label)
        }
        var random = Row(label: "random (no selection)", kind: .random, cells: [])
        var rows = labels.map { Row(label: $0, kind: .selector, cells: []) }
        var oracle = Row(label: "oracle", kind: .oracle, cells: [])
        var problems: [Int?] = []
        for block in blocks {
            let place = places.first { $0.benchmark == block.title }
            for column in block.columns {
                let measured = place.flatMap { MeasuredColumn($0, column: column) }
                problems.append(measured?.problems)
                random.cells.append(measured?.random)
                oracle.cells.append(measured?.oracle)
                for row in rows.indices { rows[row].cells.append(measured?.selectors[rows[row].label]) }
            }
        }
        let testers = Set(places.flatMap(\.selectors).filter(\.usesTests).map(\.label))
        for row in rows.indices {
            let label = rows[row].label
            if testers.contains(label) { rows[row].mark += " \(testsMark)" }
            if places.contains(where: { $0.pool.overall.rows.contains { $0.label == label && !$0.isComplete } }) {
                rows[row].mark += "*"
            }
        }
        // Selectors of the other class come last.
        rows = rows.filter { !testers.contains($0.label) } + rows.filter { testers.contains($0.label) }
        return Group(title: title, problems: problems, rows: [random] + rows + [oracle])
    }
}

/// The values of one pool in one column.
private struct MeasuredColumn {
    var problems: Int
    var random: PaperTable.Cell?
    var oracle: PaperTable.Cell?
    /// By label.
    var selectors: [String: PaperTable.Cell] = [:]

    init?(_ place: PaperTable.Place, column: String) {
        guard let group = place.pool.group(of: column) else { return nil }
        let counted = place.pool.counted(in: column)
        let marks = BestMarks(
            group, problems: counted, taking: place.selectors.map { !$0.usesTests }, seed: place.seed)
        let shares = counted.map { Double($0.correct) / Double(max($0.candidates.count, 1)) }
        let bootstrap = Bootstrap(seed: place.seed)
        problems = group.coverage.counted
        random = group.poolMean.map { value in
            let interval = bootstrap.interval(ofMean: shares)
            var cell = PaperTable.Cell(value, low: interval?.lowerBound, high: interval?.upperBound)
            cell.isBest = marks.isBest.random
            cell.isCloseToBest = marks.isClose.random
            return cell
        }
        oracle = group.oracle.map { value in
            let interval = bootstrap.interval(ofMean: shares.map { $0 > 0 ? 1 : 0 })
            return PaperTable.Cell(value, low: interval?.lowerBound, high: interval?.upperBound)
        }
        for (index, row) in group.rows.enumerated() {
            guard let value = row.passAt1 else { continue }
            var cell = PaperTable.Cell(value, low: row.estimate?.low, high: row.estimate?.high)
            cell.isBest = marks.isBest.rows[index]
            cell.isCloseToBest = marks.isClose.rows[index]
            selectors[row.label] = cell
        }
    }
}

extension PoolTable {
    /// The group of a column: a difficulty's, or `overall`.
    func group(of column: String) -> GroupTable? {
        column == PaperTable.overall ? overall : difficulties.first { $0.title == column }
    }

    /// The problems that a column's values stand on.
    func counted(in column: String) -> [ProblemTable] {
        problems.filter { problem in
            problem.exclusion == nil
                && (column == PaperTable.overall || (problem.difficulty?.rawValue ?? "unrated") == column)
        }
    }
}

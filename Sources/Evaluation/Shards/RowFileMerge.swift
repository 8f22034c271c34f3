// SPDX-License-Identifier: Apache-2.0
import Datasets
public import Foundation
import Generation
public import RunStore
import Training

/// Joins files of rows that shards wrote into one, as `RunMerge` joins runs: in any order, as often as wanted.
///
/// Files are read row by row side by side, so that their size does not matter.
public enum RowFileMerge {
    public struct Result: Sendable {
        public var kind: RowFileKind
        public var rows: Int
        /// What files say differently of the same thing. Rows that were not kept are in here alone.
        public var conflicts: [MergeConflict]
        /// Why inputs were left out, a sentence each.
        public var unusable: [String]
        public var parts: RunParts?
        public var notes: [String]
    }

    /// Writes the join of `inputs` to `output`, in one step. A file that is at `output` already is an input too.
    ///
    /// - Parameter skipsUnusable: leaves out inputs that cannot be read, instead of writing nothing.
    /// - Throws: `DataError` and `RunStoreError` for inputs that cannot be read, `MergeRefusal` for files that do not belong together.
    public static func merge(_ inputs: [URL], into output: URL, skipsUnusable: Bool = false) throws -> Result {
        var notes: [String] = []
        let files = try withOutput(inputs, output, &notes)
        var sources: [RowFileSource] = []
        var unusable: [String] = []
        for file in files {
            do {
                sources.append(try RowFileSource(file))
            } catch {
                guard skipsUnusable, !same(file, output) else { throw error }
                unusable.append("\(error)")
            }
        }
        guard let first = sources.first else {
            throw MergeRefusal("None of the inputs can be read:\n" + unusable.joined(separator: "\n"))
        }
        try check(sources, against: first)
        if sources.contains(where: { $0.parts == nil }), sources.count > 1 {
            let silent = sources.filter { $0.parts == nil }.map(\.name).joined(separator: ", ")
            notes.append(
                "\(silent): nothing says which problems these rows are of (no .parts.json beside); taken on trust")
        }
        var cards = sources.compactMap(\.card)
        if cards.count < sources.count { cards = [] }
        var totals = PoolCard.Totals()
        let writer = try RowWriter(output)
        if let header = first.header { try writer.write(header) }
        var conflicts: [MergeConflict] = []
        var readers = sources.map { RowReader($0.url, $0.kind) }
        var waiting: [RowFileKind.Row?] = []
        for index in readers.indices { waiting.append(try readers[index].next()) }
        var count = 0
        while let key = waiting.compactMap({ $0?.key }).min() {
            var rows: [(row: RowFileKind.Row, file: String)] = []
            for index in readers.indices {
                guard let row = waiting[index], row.key == key else { continue }
                rows.append((row, sources[index].name))
                waiting[index] = try readers[index].next()
            }
            let kept = rows.dropFirst().reduce(rows[0].row) { $1.row.precedes($0) ? $1.row : $0 }
            if let conflict = conflict(rows, kept, first.kind) { conflicts.append(conflict) }
            if !cards.isEmpty { totals.add(try JSONDecoder().decode(PoolRow.self, from: kept.line)) }
            try writer.write(line: kept.line)
            count += 1
        }
        try writer.finish()
        var parts: RunParts?
        if sources.contains(where: { $0.parts != nil }) {
            var joined = RunParts(rows: count)
            for source in sources { joined.add(source.parts?.parts ?? []) }
            joined.isWhole = joined.isComplete
            try joined.write(file: RunParts.file(besideRows: output))
            parts = joined
        }
        if let card = cards.first {
            try cards.dropFirst().reduce(card) { $0.joined(with: $1) }.with(totals).write(beside: output)
        }
        return Result(
            kind: first.kind, rows: count, conflicts: conflicts, unusable: unusable, parts: parts, notes: notes)
    }

    private static func same(_ first: URL, _ second: URL) -> Bool {
        first.resolvingSymlinksInPath().standardizedFileURL.path
            == second.resolvingSymlinksInPath().standardizedFileURL.path
    }

    /// The inputs, each once, with what is at the output.
    private static func withOutput(_ inputs: [URL], _ output: URL, _ notes: inout [String]) throws -> [URL] {
        var files: [URL] = []
        for input in inputs where !files.contains(where: { same($0, input) }) { files.append(input) }
        guard FileManager.default.fileExists(atPath: output.path), !files.contains(where: { same($0, output) }) else {
            return files
        }
        guard FileManager.default.fileExists(atPath: RunParts.file(besideRows: output).path) else {
            throw MergeRefusal(
                "\(output.relativePath): There is a file already, and nothing beside it says what it belongs to. Move it away, or give it as an input too."
            )
        }
        notes.append("\(output.relativePath): there is a file already; its rows are merged too")
        return files + [output]
    }

    private static func check(_ sources: [RowFileSource], against first: RowFileSource) throws {
        var known: [String: (text: String, file: String)] = [:]
        for source in sources {
            guard source.kind == first.kind else {
                throw MergeRefusal(
                    "\(source.name) holds \(source.kind.rawValue), \(first.name) holds \(first.kind.rawValue). Merge one kind at a time."
                )
            }
            var facts: [String: String] = [:]
            for part in source.parts?.parts ?? [] { facts.merge(part.facts) { first, _ in first } }
            if let header = source.header {
                facts["policy"] = header.policy
                facts["stepper"] = header.stepper
                facts["samples"] = "\(header.samples)"
                facts["seed"] = "\(header.seed)"
            }
            if let card = source.card { facts.merge(card.identity) { $1 } }
            let differences = facts.sorted { $0.key < $1.key }.compactMap { name, text -> String? in
                guard let earlier = known[name], earlier.text != text else { return nil }
                return "  \(name): \(earlier.text) in \(earlier.file), \(text) in \(source.name)"
            }
            guard differences.isEmpty else {
                throw MergeRefusal(
                    "\(source.name) does not belong to the files before it; nothing was merged. They differ in:\n"
                        + differences.joined(separator: "\n"))
            }
            for (name, text) in facts where known[name] == nil { known[name] = (text, source.name) }
        }
    }

    /// What the files say differently of one key; nil where they agree.
    private static func conflict(
        _ rows: [(row: RowFileKind.Row, file: String)], _ kept: RowFileKind.Row, _ kind: RowFileKind
    ) -> MergeConflict? {
        let speaking = rows.filter { $0.row.rank != RowFileKind.silentRank }
        let statements = Set(speaking.map(\.row.statement)).sorted()
        guard statements.count > 1 else { return nil }
        let values = ([kept.statement] + statements.filter { $0 != kept.statement }).map { statement in
            let saying = speaking.filter { $0.row.statement == statement }
            let first = saying.map(\.row).min { $0.precedes($1) }
            return MergeConflict.Value(
                value: statement, runs: saying.map(\.file).sorted(),
                row: first.map { String(decoding: $0.line, as: UTF8.self) })
        }
        let texts = kind.texts(kept.key)
        let key = (try? JSONEncoder().encode(texts)).map { String(decoding: $0, as: UTF8.self) } ?? ""
        return MergeConflict(
            table: kind.rawValue, key: key, problem: kept.key.problem,
            candidates: kind == .rollouts ? [] : [texts[1]], kept: kept.statement, values: values)
    }
}

extension PoolCard {
    /// What candidates depend on, by name.
    fileprivate var identity: [String: String] {
        [
            "benchmark": benchmark, "problems of the card": "\(problems) problems \(problemsHash.prefix(12))",
            "generation": generation, "model": model, "prompt": "\(prompt.name) \(prompt.hash.prefix(12))",
            "extraction": extraction, "samples per problem": "\(settings.samples)",
        ]
    }

    /// The card of two parts of a pool, still with the totals of one.
    fileprivate func joined(with other: PoolCard) -> PoolCard {
        var card = self
        card.reportedModels = Set(reportedModels + other.reportedModels).sorted()
        card.prompt.texts.merge(other.prompt.texts) { first, _ in first }
        card.tool = Set(tool.components(separatedBy: " + ") + other.tool.components(separatedBy: " + ")).sorted()
            .joined(separator: " + ")
        return card
    }

    fileprivate func with(_ totals: Totals) -> PoolCard {
        var card = self
        card.totals = totals
        return card
    }
}

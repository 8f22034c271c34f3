// SPDX-License-Identifier: Apache-2.0
import Foundation
import JSONReading

/// Reads a benchmark's problems one by one, in file order, holding one at a time.
///
///     var reader = BenchmarkFiles(benchmark: .liveCodeBench, files: files).makeReader()
///     while let item = try reader.next() { … }
///
/// A copy of a reader goes on at the same place in the same file as the original: use one of them.
public struct BenchmarkReader {
    private let benchmark: Benchmark
    private let options: BenchmarkOptions
    private let name: String
    private var files: ArraySlice<URL>
    private var lines: LineReader?
    private var decoder: any BenchmarkRowDecoder
    private var places: [String: String] = [:]
    private var returned = 0
    private var stage = Stage.before

    private enum Stage { case before, reading, after }

    /// The ids of problems that were passed over because the options leave them out. Complete at the end.
    public private(set) var excluded: Set<String> = []

    /// Where a problem was read, as `file:line`; nil for an id that was not read.
    public func place(of id: String) -> String? { places[id] }

    init(_ files: BenchmarkFiles) {
        benchmark = files.benchmark
        options = files.options
        name = files.files.first?.relativePath ?? files.benchmark.rawValue
        self.files = files.files[...]
        decoder = files.benchmark.makeDecoder(files.options)
    }

    /// The next problem that takes part; nil at the end.
    ///
    /// After an error of one row the next call goes on with the row after it, so that a caller can collect what is wrong with a file.
    public mutating func next() throws(DataError) -> BenchmarkItem? {
        if stage == .before {
            stage = .reading
            if let mistake = options.mistake(for: benchmark) {
                stage = .after
                throw DataError(file: name, message: mistake.message)
            }
        }
        while stage == .reading {
            guard let lines = try currentFile() else {
                finish()
                try reportMissingIDs()
                return nil
            }
            guard let row = try read(lines) else {
                self.lines = nil
                continue
            }
            if let item = row.item {
                returned += 1
                return item
            }
        }
        return nil
    }

    /// The next problem that takes part, with the errors of rows before it added to `errors`; nil at the end.
    public mutating func next(collecting errors: inout DataErrorList) -> BenchmarkItem? {
        while true {
            do { return try next() } catch { errors.append(error) }
        }
    }

    private mutating func finish() {
        stage = .after
        lines = nil
    }

    private mutating func currentFile() throws(DataError) -> LineReader? {
        if let lines { return lines }
        guard let file = files.popFirst() else { return nil }
        lines = try LineReader(file)
        return lines
    }

    /// One row: nil at the end of the file, without item for a row that takes no part.
    private mutating func read(_ lines: LineReader) throws(DataError) -> (item: BenchmarkItem?, Void)? {
        do {
            return try lines.withNextLine { text in
                if text.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) { return (nil, ()) }
                let row = try JSONRow(text)
                do {
                    return (try item(from: row, at: "\(lines.file):\(lines.lineNumber)"), ())
                } catch {
                    // A whole file of another kind is one mistake, not one per row.
                    guard let recognised = FileRecognition(row), recognised != .benchmark(benchmark) else {
                        throw error
                    }
                    self.lines = nil
                    throw RowError(
                        "This looks like \(recognised.description); the benchmark is \(benchmark.rawValue). Give its problem file, or change the benchmark."
                    )
                }
            }
        } catch let error as RowError {
            throw DataError(file: lines.file, line: lines.lineNumber, field: error.field, message: error.message)
        } catch let error as DataError {
            throw error
        } catch {
            throw DataError(file: lines.file, line: lines.lineNumber, message: "\(error)")
        }
    }

    private mutating func item(from row: JSONRow, at place: String) throws(RowError) -> BenchmarkItem? {
        if let recognised = FileRecognition(row), recognised != .benchmark(benchmark) {
            throw RowError("The row is of another kind.")
        }
        let id = try row.string(decoder.idField)
        if id.isEmpty { throw RowError(field: decoder.idField, "The problem's id is empty.") }
        if let first = places[id] {
            throw RowError(
                field: decoder.idField,
                "Problem '\(id)' comes twice; it was read from \(first) before. Remove one of them.")
        }
        places[id] = place
        guard try takesPart(id, row) else {
            excluded.insert(id)
            return nil
        }
        // The rows behind the limit are still looked at, so that their candidates are known as left out.
        if let limit = options.limit, returned >= limit {
            excluded.insert(id)
            return nil
        }
        return try decoder.item(id: id, from: row)
    }

    private func takesPart(_ id: String, _ row: JSONRow) throws(RowError) -> Bool {
        if let ids = options.ids, !ids.contains(id) { return false }
        if let subset = options.subset, try row.string("subset") != subset { return false }
        guard options.from != nil || options.to != nil else { return true }
        let day = try LiveCodeBenchDecoder.contestDay(row)
        if let from = options.from, day < from { return false }
        if let to = options.to, day >= to { return false }
        return true
    }

    private func reportMissingIDs() throws(DataError) {
        guard let ids = options.ids else { return }
        let missing = ids.filter { places[$0] == nil }.sorted()
        guard let first = missing.first else { return }
        let examples = missing.prefix(5).map { "'\($0)'" }.joined(separator: ", ")
        let text =
            missing.count == 1
            ? "Problem '\(first)' was asked for, and no file has it."
            : "\(missing.count) problems were asked for that no file has, such as \(examples)."
        throw DataError(file: name, message: "\(text) Correct the list of ids, or add the file that has them.")
    }
}

/// Makes items from the rows of one benchmark.
protocol BenchmarkRowDecoder {
    /// The field that holds a problem's id.
    var idField: String { get }
    mutating func item(id: String, from row: JSONRow) throws(RowError) -> BenchmarkItem
}

extension Benchmark {
    func makeDecoder(_ options: BenchmarkOptions) -> any BenchmarkRowDecoder {
        switch self {
        case .humanEval: HumanEvalDecoder()
        case .humanEvalPlus: EvalPlusDecoder(dataset: .humanEval)
        case .mbppPlus: EvalPlusDecoder(dataset: .mbpp)
        case .bigCodeBench: BigCodeBenchDecoder(prompt: options.prompt)
        case .liveCodeBench: LiveCodeBenchDecoder()
        }
    }
}

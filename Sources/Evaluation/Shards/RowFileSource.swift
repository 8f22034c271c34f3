// SPDX-License-Identifier: Apache-2.0
import Datasets
import Foundation
import Generation
import RunStore
import Training

/// A file of rows that is read for merging, checked from its first to its last row.
struct RowFileSource {
    let url: URL
    /// As the user named it.
    let name: String
    let kind: RowFileKind
    /// The line before the rows, where the kind has one.
    let header: RolloutFile.Header?
    let rows: Int
    let parts: RunParts?
    /// Of a generated pool.
    let card: PoolCard?

    /// - Throws: `DataError` naming file and line, `RunStoreError` for a damaged file of parts.
    init(_ url: URL) throws {
        self.url = url
        name = url.relativePath
        let reader = try LineReader(url)
        let first = try reader.next().map { Data($0.utf8) }
        parts = try RunParts(file: RunParts.file(besideRows: url))
        // A shard may have no problem and so no row.
        let told = first == nil && parts?.rows == 0 ? parts?.parts.first : nil
        guard
            let kind = first.flatMap(RowFileKind.init(firstLine:)) ?? told.flatMap({ RowFileKind(command: $0.command) })
        else {
            throw DataError(
                file: name, line: reader.lineNumber,
                message:
                    "This is neither a run's directory nor a file of verdicts, rollouts or generated candidates that bestofn wrote."
            )
        }
        self.kind = kind
        header = try first.flatMap {
            kind == .rollouts ? try JSONDecoder().decode(RolloutFile.Header.self, from: $0) : nil
        }
        card = kind == .pool ? PoolCard(beside: url) : nil
        var rows = RowReader(url, kind)
        var count = 0
        while try rows.next() != nil { count += 1 }
        self.rows = count
        if let told = parts?.rows, told != count {
            throw DataError(
                file: name,
                message:
                    "The file has \(count) rows, and \(told) were written. Copy it again, or make that part anew.")
        }
    }
}

/// Reads the rows of a file in their order.
struct RowReader {
    private let url: URL
    private let kind: RowFileKind
    private var reader: LineReader?
    private var isBegun = false
    private var last: RowFileKind.Key?

    init(_ url: URL, _ kind: RowFileKind) {
        self.url = url
        self.kind = kind
    }

    mutating func next() throws -> RowFileKind.Row? {
        if !isBegun {
            isBegun = true
            reader = try LineReader(url)
            if kind == .rollouts { _ = try reader?.next() }
        }
        while let reader, let text = try reader.next() {
            guard !text.isEmpty else { continue }
            func error(_ message: String) -> DataError {
                DataError(file: reader.file, line: reader.lineNumber, message: message)
            }
            let row: RowFileKind.Row
            do { row = try kind.row(Data(text.utf8)) } catch {
                throw DataError(
                    file: reader.file, line: reader.lineNumber,
                    message:
                        "This is no row of \(kind.rawValue). If the file was cut off, copy it again or make that part anew."
                )
            }
            if let last, !(last < row.key) {
                throw error(
                    last == row.key
                        ? "The row is there twice." : "The rows are not in the order in which bestofn writes them.")
            }
            last = row.key
            return row
        }
        return nil
    }
}

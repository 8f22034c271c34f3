// SPDX-License-Identifier: Apache-2.0
public import Foundation
import JSONReading

/// Reads lists of problem ids, such as the hard subset of BigCodeBench.
public enum IDList {
    /// The ids of a file: one per line, or JSON Lines with the id in `task_id`, `question_id` or `problem`. Empty lines and lines that begin with `#`
    /// are passed over.
    ///
    /// - Throws: `DataError` when the file cannot be read or has no id.
    public static func read(_ file: URL) throws(DataError) -> Set<String> {
        let lines = try LineReader(file)
        var ids: Set<String> = []
        do {
            while let line = try lines.next() {
                let text = line.trimmingCharacters(in: .whitespaces)
                if text.isEmpty || text.hasPrefix("#") { continue }
                ids.insert(try text.hasPrefix("{") ? id(ofRow: line) : text)
            }
        } catch let error as RowError {
            throw DataError(file: lines.file, line: lines.lineNumber, field: error.field, message: error.message)
        } catch let error as DataError {
            throw error
        } catch {
            throw DataError(file: lines.file, line: lines.lineNumber, message: "\(error)")
        }
        guard !ids.isEmpty else {
            throw DataError(file: lines.file, message: "The file lists no problem. Write one id per line.")
        }
        return ids
    }

    private static func id(ofRow text: String) throws(RowError) -> String {
        try withBytes(of: text) { (bytes) throws(RowError) in
            let row = try JSONRow(bytes)
            for name in ["task_id", "question_id", "problem"] where row.has(name) { return try row.string(name) }
            throw RowError("The row has no id: none of task_id, question_id, problem.")
        }
    }
}

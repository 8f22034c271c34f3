// SPDX-License-Identifier: Apache-2.0
import Foundation
import JSONReading

/// The rows of a candidate file, whatever its form: JSON Lines, a JSON list, or a directory of programs.
enum CandidateRows {
    struct Place: CustomStringConvertible {
        var file: String
        var line: Int?
        var description: String { line.map { "\(file):\($0)" } ?? file }
    }

    typealias Row = (shape: CandidateShape, candidates: [RawCandidate])

    /// Calls `body` with each row or what is wrong with it.
    static func read(
        _ file: URL, problems: ProblemIndex, preferringOutput: Bool, _ body: (Place, Result<Row, DataError>) -> Void
    ) {
        var isDirectory: ObjCBool = false
        if FileManager.default.fileExists(atPath: file.path, isDirectory: &isDirectory), isDirectory.boolValue {
            return ProgramDirectory(file).read(body)
        }
        do {
            switch try form(of: file) {
            case .lines: try readLines(file, preferringOutput, body)
            case .list: try readList(file, problems, preferringOutput, body)
            case .document: try readDocument(file, preferringOutput, body)
            }
        } catch {
            body(Place(file: error.file, line: error.line), .failure(error))
        }
    }

    /// The forms of JSON files, told from their first bytes.
    private enum Form {
        /// An object per line.
        case lines
        /// One list.
        case list
        /// One object over several lines.
        case document
    }

    private static func form(of file: URL) throws(DataError) -> Form {
        do {
            let source = try ByteSource(path: file.path)
            let buffer = RawBuffer()
            while try source.fill(buffer) {
                let text = buffer.bytes.drop { [0x20, 0x09, 0x0a, 0x0d, 0xef, 0xbb, 0xbf].contains($0) }
                guard let first = text.first else { continue }
                if first == UInt8(ascii: "[") { return .list }
                let next = text.dropFirst().first { $0 != 0x20 && $0 != 0x0d }
                return first == UInt8(ascii: "{") && next == 0x0a ? .document : .lines
            }
            return .lines
        } catch {
            throw DataError(file: file.relativePath, message: error.message)
        }
    }

    private static func readDocument(
        _ file: URL, _ preferringOutput: Bool, _ body: (Place, Result<Row, DataError>) -> Void
    ) throws(DataError) {
        let place = Place(file: file.relativePath)
        let buffer = RawBuffer()
        do throws(ByteSource.Failure) {
            let source = try ByteSource(path: file.path)
            while try source.fill(buffer) {
                guard buffer.count <= LineReader.maximumLineBytes else {
                    throw ByteSource.Failure(
                        message: "The file is one JSON object of more than \(LineReader.maximumLineBytes) bytes.")
                }
            }
        } catch {
            throw DataError(file: place.file, message: error.message)
        }
        do throws(RowError) {
            if let offset = UTF8Check.firstInvalidByte(of: buffer.bytes) {
                throw RowError("Byte \(offset + 1) of the file is not valid UTF-8. Convert the file to UTF-8.")
            }
            body(place, .success(try row(try JSONRow(buffer.bytes), preferringOutput)))
        } catch {
            throw DataError(file: place.file, field: error.field, message: error.message)
        }
    }

    private static func readLines(
        _ file: URL, _ preferringOutput: Bool, _ body: (Place, Result<Row, DataError>) -> Void
    ) throws(DataError) {
        let lines = try LineReader(file)
        while true {
            let result: Result<Row?, DataError>? = outcome(lines.file, { lines.lineNumber }) {
                try lines.withNextLine { text in
                    text.allSatisfy { $0 == 0x20 || $0 == 0x09 } ? nil : try row(try JSONRow(text), preferringOutput)
                }
            }
            guard let result else { return }
            let place = Place(file: lines.file, line: lines.lineNumber)
            switch result {
            case .success(let row?): body(place, .success(row))
            case .success(nil): continue
            case .failure(let error): body(place, .failure(error))
            }
        }
    }

    private static func readList(
        _ file: URL, _ problems: ProblemIndex, _ preferringOutput: Bool, _ body: (Place, Result<Row, DataError>) -> Void
    ) throws(DataError) {
        let ids = try idsOfLists(file, problems)
        let list = try JSONArrayReader(file)
        var listsRead = 0
        while true {
            let result: Result<Row?, DataError>? = outcome(list.file, { list.lineNumber }) {
                try list.withNextElement { text in
                    guard text.first == UInt8(ascii: "[") else { return try row(try JSONRow(text), preferringOutput) }
                    listsRead += 1
                    guard listsRead <= ids.count else {
                        throw RowError("Lists of programs and rows are mixed. Write one or the other.")
                    }
                    return try programs(text, of: ids[listsRead - 1])
                }
            }
            guard let result else { return }
            let place = Place(file: list.file, line: list.lineNumber)
            switch result {
            case .success(let row?): body(place, .success(row))
            case .success(nil): continue
            case .failure(let error): body(place, .failure(error))
            }
        }
    }

    /// The problems that lists without ids belong to: those that take part, or all of the benchmark, whichever are as many. The order is that of
    /// LiveCodeBench's evaluator. Empty for files of rows.
    private static func idsOfLists(_ file: URL, _ problems: ProblemIndex) throws(DataError) -> [String] {
        let list = try JSONArrayReader(file)
        var count = 0
        do {
            while let first = try list.withNextElement({ $0.first }) {
                guard first == UInt8(ascii: "[") else { return [] }
                count += 1
            }
        } catch {
            // Told again, with the rows before it, when the elements are read.
            return []
        }
        let all = problems.ids + problems.excluded
        for ids in [problems.ids, all] where ids.count == count { return ids.sorted() }
        throw DataError(
            file: list.file,
            message:
                "The file lists programs of \(count) problems without their ids, and the benchmark has \(all.count). "
                + "Choose the problems that the file was made for, or write [{\"question_id\": …, \"code_list\": […]}]."
        )
    }

    private static func row(_ row: JSONRow, _ preferringOutput: Bool) throws(RowError) -> Row {
        guard let shape = CandidateShape(row) else {
            if let recognised = FileRecognition(row), case .benchmark = recognised {
                throw RowError(
                    "This looks like a row of \(recognised.description), not a candidate. Give the file of candidates.")
            }
            throw RowError(
                "The row is no candidate. Expected 'problem', 'task_id' or 'question_id', and one of 'code', 'output', 'completion', 'solution', "
                    + "'code_list'. The row has: \(row.names.joined(separator: ", ")).")
        }
        return (shape, try RawCandidate.list(row, shape, preferringOutput: preferringOutput))
    }

    private static func programs(_ text: UnsafeRawBufferPointer, of id: String) throws(RowError) -> Row {
        var scanner = JSONScanner(text)
        let value: JSONValue
        do {
            value = JSONValue(text, try scanner.value())
        } catch {
            throw RowError("The list is not valid JSON: \(error.message).")
        }
        let candidates = try RawCandidate.strings(value, "code_list").map {
            RawCandidate(problemID: id, text: .answer($0))
        }
        return (.liveCodeBenchLists, candidates)
    }

    /// Nil at the end of the file.
    private static func outcome(
        _ file: String, _ line: () -> Int, _ next: () throws -> Row??
    ) -> Result<Row?, DataError>? {
        do {
            return try next().map { .success($0) }
        } catch let error as RowError {
            return .failure(DataError(file: file, line: line(), field: error.field, message: error.message))
        } catch let error as DataError {
            return .failure(error)
        } catch {
            return .failure(DataError(file: file, line: line(), message: "\(error)"))
        }
    }
}

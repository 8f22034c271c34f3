// SPDX-License-Identifier: Apache-2.0
public import Foundation
import JSONReading

/// One model's rate on one problem, as LiveCodeBench's leaderboard files have it.
public struct LeaderboardRow: Sendable, Hashable {
    public var question: String
    public var model: String
    /// The day of the contest, `YYYY-MM-DD`.
    public var date: String
    public var difficulty: String
    /// The share of the model's samples that are correct, in 0...1.
    public var passAt1: Double
    public var platform: String?
}

/// What leaderboard files hold (`leaderboard_performances_*.jsonl.gz`): JSON Lines, plain or gzip-compressed, of
/// `{"question_id": "…", "model": "…", "date": "2023-08-21", "difficulty": "easy", "pass@1": 40, "platform": "…"}` with percentages.
public struct LeaderboardFile: Sendable {
    /// The usable rows, in the order of the files.
    public private(set) var rows: [LeaderboardRow] = []
    /// The rows that cannot be used. They do not hide the others.
    public private(set) var mistakes = DataErrorList()

    private struct Place: Hashable {
        var question: String
        var model: String
    }

    /// The file and line of each pair of problem and model, and of the row that first told a problem's difficulty.
    private var seen: [Place: String] = [:]
    private var difficulties: [String: (difficulty: String, place: String)] = [:]

    /// Reads the files one after another.
    public init(reading files: [URL]) {
        for file in files {
            do {
                let reader = try LineReader(file)
                while try read(reader) {}
            } catch let error as DataError {
                mistakes.append(error)
            } catch {
                mistakes.append(DataError(file: file.relativePath, message: "\(error)"))
            }
        }
    }

    /// Reads one row; false at the end of the file.
    private mutating func read(_ reader: LineReader) throws -> Bool {
        do {
            let found = try reader.withNextLine { line -> LeaderboardRow? in
                if line.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) { return nil }
                return try LeaderboardRow(try JSONRow(line))
            }
            guard let row = found else { return false }
            if let row { try add(row, at: "\(reader.file):\(reader.lineNumber)") }
        } catch let error as RowError {
            mistakes.append(
                DataError(file: reader.file, line: reader.lineNumber, field: error.field, message: error.message))
        } catch let error as DataError where error.line != nil {
            // A damaged line; damage to the file ends it, which the next call tells.
            mistakes.append(error)
        }
        return true
    }

    private mutating func add(_ row: LeaderboardRow, at place: String) throws(RowError) {
        let key = Place(question: row.question, model: row.model)
        if let first = seen[key] {
            throw RowError(
                field: "question_id",
                "Model '\(row.model)' has a row for '\(row.question)' already (\(first)). This one is left out.")
        }
        if let known = difficulties[row.question], known.difficulty != row.difficulty {
            throw RowError(
                field: "difficulty",
                "'\(row.question)' is \(known.difficulty) at \(known.place), and \(row.difficulty) here. This row is left out."
            )
        }
        seen[key] = place
        if difficulties[row.question] == nil { difficulties[row.question] = (row.difficulty, place) }
        rows.append(row)
    }
}

extension LeaderboardRow {
    init(_ row: JSONRow) throws(RowError) {
        question = try Self.text("question_id", row)
        model = try Self.text("model", row)
        date = try Self.text("date", row)
        guard Self.isDay(date) else {
            throw RowError(field: "date", "Expected a day such as 2024-08-01, found '\(date.prefix(40))'.")
        }
        date = String(date.prefix(10))
        difficulty = try Self.text("difficulty", row).lowercased()
        guard let percent = try row.number("pass@1") else {
            _ = try row.required("pass@1")
            throw RowError(field: "pass@1", "The field is missing.")
        }
        guard percent.isFinite, (0...100).contains(percent) else {
            throw RowError(field: "pass@1", "Expected a percentage from 0 to 100, found \(percent).")
        }
        passAt1 = percent / 100
        platform = try row.optionalString("platform")
    }

    private static func text(_ name: String, _ row: JSONRow) throws(RowError) -> String {
        let text = try row.string(name)
        guard !text.allSatisfy(\.isWhitespace) else { throw RowError(field: name, "The text is empty.") }
        return text
    }

    /// Whether a text begins with a day (`YYYY-MM-DD`); a time of day may follow.
    public static func isDay(_ text: String) -> Bool {
        let head = Array(text.utf8.prefix(10))
        guard head.count == 10, text.utf8.count == 10 || Array(text.utf8)[10] == UInt8(ascii: "T") else { return false }
        for (index, byte) in head.enumerated() {
            let isDash = index == 4 || index == 7
            guard isDash ? byte == UInt8(ascii: "-") : (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else {
                return false
            }
        }
        let month = Int(String(decoding: head[5..<7], as: UTF8.self)) ?? 0
        let day = Int(String(decoding: head[8..<10], as: UTF8.self)) ?? 0
        return (1...12).contains(month) && (1...31).contains(day)
    }
}

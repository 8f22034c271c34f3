// SPDX-License-Identifier: Apache-2.0
@testable import Datasets
import Fixtures
import Foundation
import Testing

@Suite struct LeaderboardFileTests {
    private func row(
        _ question: String = "q1", model: String = "m", date: String = "2023-08-21", difficulty: String = "easy",
        pass: String = "40"
    ) -> String {
        #"{"question_id": "\#(question)", "model": "\#(model)", "date": "\#(date)", "difficulty": "\#(difficulty)", "pass@1": \#(pass), "platform": "atcoder"}"#
    }

    private func read(_ bytes: [UInt8]) throws -> LeaderboardFile {
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("l.jsonl")
            try Data(bytes).write(to: file)
            return LeaderboardFile(reading: [
                URL(
                    fileURLWithPath: "l.jsonl", relativeTo: URL(fileURLWithPath: folder.path, isDirectory: true))
            ])
        }
    }

    private func read(_ lines: [String]) throws -> LeaderboardFile {
        try read(Array(lines.map { $0 + "\n" }.joined().utf8))
    }

    @Test func rowsAreRead() throws {
        let file = try read([row(), "", row("q2", date: "2023-09-01T00:00:00", difficulty: "Hard", pass: "12.5")])
        #expect(file.mistakes.isEmpty)
        #expect(
            file.rows == [
                LeaderboardRow(
                    question: "q1", model: "m", date: "2023-08-21", difficulty: "easy", passAt1: 0.4,
                    platform: "atcoder"),
                LeaderboardRow(
                    question: "q2", model: "m", date: "2023-09-01", difficulty: "hard", passAt1: 0.125,
                    platform: "atcoder"),
            ])
    }

    @Test(arguments: [
        (#"{"model": "m"}"#, "field 'question_id': The field is missing."),
        (#"not json"#, "The row is not a JSON object."),
        (#"{"question_id": 7, "model": "m"}"#, "field 'question_id': Expected text, found 7."),
        (#"{"question_id": " ", "model": "m"}"#, "field 'question_id': The text is empty."),
        (
            #"{"question_id": "a", "model": "m", "date": "2023-13-01", "difficulty": "easy", "pass@1": 1}"#,
            "field 'date': Expected a day such as 2024-08-01, found '2023-13-01'."
        ),
        (
            #"{"question_id": "a", "model": "m", "date": "2023-1-1", "difficulty": "easy", "pass@1": 1}"#,
            "field 'date': Expected a day"
        ),
        (
            #"{"question_id": "a", "model": "m", "date": "2023-01-01", "difficulty": "easy", "pass@1": "40"}"#,
            "field 'pass@1': Expected a number, found \"40\"."
        ),
        (
            #"{"question_id": "a", "model": "m", "date": "2023-01-01", "difficulty": "easy", "pass@1": NaN}"#,
            "field 'pass@1': Expected a percentage from 0 to 100, found nan."
        ),
        (
            #"{"question_id": "a", "model": "m", "date": "2023-01-01", "difficulty": "easy", "pass@1": 101}"#,
            "field 'pass@1': Expected a percentage from 0 to 100, found 101.0."
        ),
        (
            #"{"question_id": "a", "model": "m", "date": "2023-01-01", "difficulty": "easy", "pass@1": -1}"#,
            "field 'pass@1': Expected a percentage from 0 to 100, found -1.0."
        ),
        (
            #"{"question_id": "a", "model": "m", "date": "2023-01-01", "difficulty": "easy"}"#,
            "field 'pass@1': The field is missing."
        ),
    ])
    func badRowsAreNamedAndTheRestGoesOn(_ bad: String, _ message: String) throws {
        let file = try read([row("q1"), bad, row("q2")])
        #expect(file.rows.map(\.question) == ["q1", "q2"])
        #expect(file.mistakes.count == 1)
        let text = "\(try #require(file.mistakes.errors.first))"
        #expect(text.contains("l.jsonl:2: \(message)"), "\(text)")
    }

    @Test func duplicatesAndContradictionsAreNamedWithTheFirstPlace() throws {
        let file = try read([
            row("q1"), row("q1", pass: "80"), row("q1", model: "n", difficulty: "hard"), row("q1", model: "o"),
        ])
        #expect(file.rows.map(\.model) == ["m", "o"])
        #expect(file.rows.map(\.passAt1) == [0.4, 0.4])
        #expect(
            file.mistakes.errors.map(\.description) == [
                "l.jsonl:2: field 'question_id': Model 'm' has a row for 'q1' already (l.jsonl:1). This one is left out.",
                "l.jsonl:3: field 'difficulty': 'q1' is easy at l.jsonl:1, and hard here. This row is left out.",
            ])
    }

    @Test func aTruncatedFileKeepsItsWholeRows() throws {
        let text = row("q1") + "\n" + row("q2") + "\n"
        let whole = gzip(Array(text.utf8))
        #expect(try read(whole).rows.count == 2)
        let file = try read(Array(whole.dropLast(30)))
        #expect(file.rows.map(\.question) == ["q1"])
        #expect(file.mistakes.count == 1)
        #expect(file.mistakes.description.hasSuffix("the file is truncated. Copy or download it again."))
    }

    @Test func aMissingFileDoesNotHideTheOthers() throws {
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("there.jsonl")
            try row().write(to: file, atomically: true, encoding: .utf8)
            let read = LeaderboardFile(reading: [folder.appendingPathComponent("missing.jsonl"), file])
            #expect(read.rows.count == 1)
            #expect(read.mistakes.description.contains("missing.jsonl: The file cannot be opened"))
        }
    }

    @Test(.enabled(if: SharedData.isPresent, "\(SharedData.missing)"))
    func thePublishedSnapshotIsReadWithoutAMistake() {
        let file = LeaderboardFile(reading: [
            SharedData.data("livecodebench/leaderboard_performances_2024-02-26.jsonl.gz")
        ])
        #expect(file.mistakes.isEmpty)
        #expect(file.rows.count == 5583)
        #expect(Set(file.rows.map(\.model)).count == 16)
        #expect(Set(file.rows.map(\.question)).count == 349)
        #expect(file.rows.map(\.date).min() == "2023-05-07" && file.rows.map(\.date).max() == "2024-02-03")
    }
}

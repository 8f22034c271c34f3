// SPDX-License-Identifier: Apache-2.0
public import Foundation
public import SelectorKit
import JSONReading

/// Inputs and assertions that a model wrote, by problem. Nothing says whether they are right.
public struct GeneratedTests: Sendable, Hashable {
    /// In the order of the files, as often as they were written. Problems without any are missing.
    public var byProblem: [String: [ProgramInput]] = [:]

    /// Reads JSON Lines files, plain or gzip-compressed, of two shapes:
    /// - `{"problem": "HumanEval/0", "tests": ["assert …"], "inputs": ["1 2\n"]}`, either list or both. An input is a standard input or, for problems
    ///   with an entry point, one JSON value per line and argument.
    /// - `{"prompt": "…", "samples": ["…"]}`, CodeT's: what a model said when asked for tests. Belongs to the problem whose prompt it begins with, or
    ///   whose function it names; a `task_id` goes before. Assertions are extracted by `assertions(in:continuing:entryPoint:)`, at most five of a sample.
    ///
    /// - Throws: `DataErrorList` with every mistake.
    public init(reading files: [URL], problems: ProblemIndex) throws(DataErrorList) {
        var mistakes = DataErrorList()
        for file in files {
            do {
                let reader = try LineReader(file)
                while try read(reader, problems, &mistakes) {}
            } catch let error as DataError {
                mistakes.append(error)
            } catch {
                mistakes.append(DataError(file: file.relativePath, message: "\(error)"))
            }
        }
        guard mistakes.isEmpty else { throw mistakes }
    }

    /// How many assertions of one sample count (Chen et al. 2022).
    public static let assertionsPerSample = 5

    /// Reads one row; false at the end of the file. A row that cannot be used does not hide those behind it.
    private mutating func read(
        _ reader: LineReader, _ problems: ProblemIndex, _ mistakes: inout DataErrorList
    ) throws -> Bool {
        do {
            let found = try reader.withNextLine { line -> (id: String, tests: [ProgramInput])? in
                if line.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) { return nil }
                return try Self.tests(try JSONRow(line), problems)
            }
            guard let row = found else { return false }
            if let row, !row.tests.isEmpty { byProblem[row.id, default: []] += row.tests }
        } catch let error as RowError {
            mistakes.append(
                DataError(file: reader.file, line: reader.lineNumber, field: error.field, message: error.message))
        } catch let error as DataError where error.line != nil {
            mistakes.append(error)
        }
        return true
    }

    /// The tests of a row and the problem that they belong to; nil where the problem does not take part.
    private static func tests(
        _ row: JSONRow, _ problems: ProblemIndex
    ) throws(RowError) -> (id: String, tests: [ProgramInput])? {
        let named = try row.optionalString(row.has("problem") ? "problem" : "task_id")
        if let named, !problems.contains(named) {
            if problems.excluded.contains(named) { return nil }
            throw RowError(
                field: row.has("problem") ? "problem" : "task_id",
                "The benchmark has no problem '\(named)'. Its problems are called like '\(problems.ids.first ?? "")'.")
        }
        if let samples = row["samples"] {
            let prompt = try row.string("prompt")
            guard let id = named ?? problems.problem(ofTestPrompt: prompt) else {
                if !problems.excluded.isEmpty { return nil }
                throw RowError(
                    field: "prompt",
                    "The prompt begins with that of no problem, and names no problem's function. Give the problem's id as 'task_id'."
                )
            }
            guard let entryPoint = problems[id]?.entryPoint else { throw noFunction(id, "samples") }
            let texts = try RawCandidate.strings(samples, "samples")
            return (
                id,
                texts.flatMap { text in
                    assertions(in: text, continuing: prompt, entryPoint: entryPoint).prefix(assertionsPerSample).map {
                        .assertion($0)
                    }
                }
            )
        }
        guard let id = named else {
            throw RowError(field: "problem", "The field is missing. The row has: \(row.names.joined(separator: ", ")).")
        }
        guard row.has("tests") || row.has("inputs") else {
            throw RowError(
                field: "tests",
                "The row has neither 'tests' (assertions) nor 'inputs', but: \(row.names.joined(separator: ", ")).")
        }
        let hasFunction = problems[id]?.entryPoint != nil
        var tests: [ProgramInput] = []
        if let value = row["tests"] {
            guard hasFunction else { throw noFunction(id, "tests") }
            tests += try texts(value, "tests").map { .assertion($0) }
        }
        if let value = row["inputs"] {
            tests += try texts(value, "inputs").map { hasFunction ? .arguments($0) : .standardInput($0) }
        }
        return (id, tests)
    }

    private static func texts(_ value: JSONValue, _ field: String) throws(RowError) -> [String] {
        guard let elements = value.elements else { throw JSONRow.mismatch(field, "a list of texts", value) }
        var texts: [String] = []
        for element in elements { texts.append(try JSONRow.exact(element, field)) }
        return texts
    }

    private static func noFunction(_ id: String, _ field: String) -> RowError {
        RowError(
            field: field,
            "Assertions call a function, and problem '\(id)' reads standard input. Give standard inputs in 'inputs'.")
    }
}

extension ProblemIndex {
    /// The problem that a request for tests is about: whose prompt it begins with, or else whose function it names as CodeT's requests do.
    fileprivate func problem(ofTestPrompt prompt: String) -> String? {
        let begun = ids.filter { id in
            guard let own = self[id]?.prompt, !own.isEmpty else { return false }
            return prompt.utf8.starts(with: own.utf8)
        }
        // One problem's prompt may begin with another's.
        if let id = begun.max(by: { (self[$0]?.prompt.utf8.count ?? 0) < (self[$1]?.prompt.utf8.count ?? 0) }) {
            return id
        }
        guard let mark = prompt.range(of: "# check the correctness of ", options: .backwards) else { return nil }
        let name = prompt[mark.upperBound...].prefix { !$0.isWhitespace }
        let called = ids.filter { self[$0]?.entryPoint.map { $0 == name } ?? false }
        return called.count == 1 ? called[0] : nil
    }
}

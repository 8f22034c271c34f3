// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Datasets
import Foundation
import PythonSource

struct StepsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "steps",
        abstract: "Prints the steps of a program, or of every program in a file, as JSON.",
        discussion: """
            A step is an object with name, kind, firstLine and lastLine (of the function or paragraph that gives the step its kind, from 1). \
            A file gives one array; a file of candidates gives one array per row, and null for a row that cannot be used, which is named on \
            standard error (exit code 65).

            Examples:
              bestofn steps solution.py
              bestofn steps solution.py --stepper line
              bestofn steps --jsonl samples.jsonl --field code > steps.jsonl
            """)

    @Argument(help: "A Python file.", completion: .file())
    var file: String?

    @Option(help: "function, docstring, line, paragraph or whole.")
    var stepper: StepperName = .function

    @Option(help: "A file with a JSON object per line (.jsonl, .jsonl.gz) instead of a Python file.")
    var jsonl: String?

    @Option(help: "The field of --jsonl that holds the program.")
    var field = "code"

    @Flag(help: "Functions inside functions end steps too (function).")
    var nested = false

    @Flag(help: "What follows the last function is a step of its own (function).")
    var separateTail = false

    @Option(help: "Steps with fewer lines join the next one.")
    var minimumLines = 1

    @Option(help: "With more steps than this, the last ones become one.")
    var maximumSteps: Int?

    func validate() throws {
        guard (file == nil) != (jsonl == nil) else { throw ValidationError("Give a Python file, or --jsonl FILE.") }
        guard minimumLines >= 1 else { throw ValidationError("--minimum-lines must be at least 1.") }
        guard maximumSteps.map({ $0 >= 1 }) ?? true else {
            throw ValidationError("--maximum-steps must be at least 1.")
        }
    }

    func run() async throws {
        try await reportingFailures { [self] in
            if let file {
                guard let data = FileManager.default.contents(atPath: file) else {
                    throw DataError(file: file, message: "The file cannot be read.")
                }
                try write(String(decoding: data, as: UTF8.self))
            }
            if let jsonl { try writeRows(of: jsonl) }
        }
    }

    private func writeRows(of path: String) throws {
        let reader = try LineReader(URL(fileURLWithPath: path))
        var mistakes = 0
        while let line = try reader.next() {
            try Task.checkCancellation()
            if line.allSatisfy(\.isWhitespace) { continue }
            let row = (try? JSONSerialization.jsonObject(with: Data(line.utf8))) as? [String: Any]
            if let program = row?[field] as? String {
                try write(program)
                continue
            }
            mistakes += 1
            let message =
                row == nil
                ? "The row is not a JSON object."
                : row?[field] == nil ? "The field is missing." : "The field is not text."
            standardError(
                "bestofn: error: \(DataError(file: path, line: reader.lineNumber, field: row == nil ? nil : field, message: message))"
            )
            print("null")
        }
        if mistakes > 0 { throw Exit.badData }
    }

    private func write(_ program: String) throws {
        let rows = chosen.steps(of: program).steps.map {
            Row(
                name: $0.name, kind: $0.kind.rawValue, firstLine: $0.lines.lowerBound, lastLine: $0.lines.upperBound)
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        print(String(decoding: try encoder.encode(rows), as: UTF8.self))
    }

    private struct Row: Encodable {
        var name: String?
        var kind: String
        var firstLine: Int
        var lastLine: Int

        enum Keys: String, CodingKey { case name, kind, firstLine, lastLine }

        /// A step without a name says so.
        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Keys.self)
            try container.encode(name, forKey: .name)
            try container.encode(kind, forKey: .kind)
            try container.encode(firstLine, forKey: .firstLine)
            try container.encode(lastLine, forKey: .lastLine)
        }
    }

    private var chosen: any Stepper {
        stepper.stepper(
            includesNested: nested, separatesTail: separateTail,
            limits: StepLimits(minimumLines: minimumLines, maximumSteps: maximumSteps))
    }
}

// SPDX-License-Identifier: Apache-2.0
import Fixtures
import Foundation
import PythonSource
import Testing

/// The functions that the steppers see are those of Python's own parser, on every text that it accepts.
@Suite struct StepAgreementTests {
    /// What Python says of one text; nil where it does not parse.
    private struct Answer: Decodable, Equatable {
        struct Function: Decodable, Equatable {
            var name: String
            var kind: String
            var first: Int
            var last: Int
        }
        var path: String?
        var functions: [Function]?
    }

    /// Reads texts (JSON strings, one per line) or paths of the standard library, and writes one answer per line.
    private static let script = #"""
        import ast, json, os, sys, warnings
        warnings.simplefilter("ignore")
        def functions(body, kind):
            for node in body:
                if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    first = min([node.lineno] + [d.lineno for d in node.decorator_list])
                    yield {"name": node.name, "kind": kind, "first": first, "last": node.end_lineno}
                elif isinstance(node, ast.ClassDef):
                    yield from functions(node.body, "method")
        def answer(text):
            try:
                return list(functions(ast.parse(text).body, "function"))
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                return None
        if len(sys.argv) > 1:
            with open(sys.argv[1], encoding="utf-8") as lines:
                for line in lines:
                    print(json.dumps({"functions": answer(json.loads(line))}))
        else:
            root = os.path.dirname(os.__file__)
            for folder, folders, files in os.walk(root):
                folders[:] = [f for f in folders if f not in ("site-packages", "dist-packages", "test", "tests", "__pycache__")]
                for name in sorted(files):
                    path = os.path.join(folder, name)
                    if not name.endswith(".py"):
                        continue
                    with open(path, "rb") as file:
                        data = file.read()
                    try:
                        text = data.decode("utf-8")
                    except UnicodeDecodeError:
                        continue
                    print(json.dumps({"path": path, "functions": answer(text)}))
        """#

    private func ask(_ arguments: [String]) throws -> [Answer] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", Self.script] + arguments
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        let decoder = JSONDecoder()
        return try data.split(separator: UInt8(ascii: "\n")).map { try decoder.decode(Answer.self, from: $0) }
    }

    private func compare(_ text: String, _ answer: Answer, _ place: String) -> Bool {
        guard let expected = answer.functions else { return true }
        let steps = FunctionStepper().steps(of: text)
        let found = steps.steps.filter { $0.name != nil }.map {
            Answer.Function(
                name: $0.name ?? "", kind: $0.kind.rawValue, first: $0.lines.lowerBound, last: $0.lines.upperBound)
        }
        let agrees = steps.isWellFormed && found == expected
        if !agrees { Issue.record("\(place): \(found.count) functions instead of \(expected.count)") }
        return agrees
    }

    @Test func onPythonsStandardLibrary() throws {
        let answers = try ask([])
        #expect(answers.count { $0.functions != nil } > 300)
        for answer in answers {
            guard let path = answer.path, let data = FileManager.default.contents(atPath: path) else { continue }
            _ = compare(String(decoding: data, as: UTF8.self), answer, path)
        }
    }

    @Test(.enabled(if: SharedData.isPresent, "needs the shared data pack beside the checkout (or BESTOFN_SHARED)"))
    func onAllRealPrograms() throws {
        let texts = try RealPrograms.all()
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("texts.jsonl")
            let encoder = JSONEncoder()
            var lines = Data()
            for text in texts {
                lines += try encoder.encode(text)
                lines.append(UInt8(ascii: "\n"))
            }
            try lines.write(to: file)
            let answers = try ask([file.path])
            #expect(answers.count == texts.count)
            #expect(answers.count { $0.functions != nil } > 4000)
            for (text, answer) in zip(texts, answers) {
                if !compare(text, answer, String(text.prefix(200))) { break }
            }
        }
    }
}

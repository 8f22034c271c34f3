// SPDX-License-Identifier: Apache-2.0
import Fixtures
import Foundation
import Testing

@Suite struct StepsCommandTests {
    private static let program =
        "import sys\n\ndef main():\n    \"\"\"Say it.\"\"\"\n    say()\n\ndef say():\n    print(1)\n\nmain()\n"

    private func run(_ arguments: [String], files: [String: String]) throws -> Tool.Result {
        try withTemporaryFolder { folder in
            for (name, text) in files {
                try text.write(to: folder.appendingPathComponent(name), atomically: true, encoding: .utf8)
            }
            return try Tool.run(["steps"] + arguments, in: folder)
        }
    }

    @Test(arguments: [
        (
            [],
            #"[{"firstLine":3,"kind":"function","lastLine":5,"name":"main"},{"firstLine":7,"kind":"function","lastLine":8,"name":"say"}]"#
        ),
        (["--stepper", "whole"], #"[{"firstLine":1,"kind":"program","lastLine":10,"name":null}]"#),
        (
            ["--separate-tail"],
            #"[{"firstLine":3,"kind":"function","lastLine":5,"name":"main"},{"firstLine":7,"kind":"function","lastLine":8,"name":"say"},{"firstLine":9,"kind":"tail","lastLine":10,"name":null}]"#
        ),
        (["--maximum-steps", "1"], #"[{"firstLine":3,"kind":"function","lastLine":8,"name":"say"}]"#),
    ])
    func aFileGivesOneArray(_ options: [String], _ expected: String) throws {
        let result = try run(["p.py"] + options, files: ["p.py": Self.program])
        #expect(result.output == expected + "\n")
        #expect(result.errors == "")
        #expect(result.status == 0)
    }

    @Test func everyStepperNumbersItsStepsByLines() throws {
        for (stepper, count) in [("line", 11), ("paragraph", 4), ("docstring", 3)] {
            let result = try run(["p.py", "--stepper", stepper], files: ["p.py": Self.program])
            let rows = try #require(
                try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [[String: Any]])
            #expect(rows.count == count, "\(stepper): \(result.output)")
        }
    }

    @Test func aBadRowIsNamedAndTheOthersGoOn() throws {
        let rows = [
            #"{"code": "x = 1\n"}"#, "{", #"{"text": 1}"#, #"{"code": 7}"#, "", #"{"code": "def f(): pass\n"}"#,
        ]
        let result = try run(["--jsonl", "rows.jsonl"], files: ["rows.jsonl": rows.joined(separator: "\n") + "\n"])
        #expect(
            result.output == """
                [{"firstLine":1,"kind":"program","lastLine":1,"name":null}]
                null
                null
                null
                [{"firstLine":1,"kind":"function","lastLine":1,"name":"f"}]

                """)
        #expect(
            result.errors == """
                bestofn: error: rows.jsonl:2: The row is not a JSON object.
                bestofn: error: rows.jsonl:3: field 'code': The field is missing.
                bestofn: error: rows.jsonl:4: field 'code': The field is not text.

                """)
        #expect(result.status == 65)
    }

    @Test func compressedRowsAreRead() throws {
        let result = try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("rows.jsonl")
            try #"{"text": "def f(): pass\n"}"#.write(to: file, atomically: true, encoding: .utf8)
            let gzip = Process()
            gzip.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            gzip.arguments = ["gzip", file.path]
            try gzip.run()
            gzip.waitUntilExit()
            return try Tool.run(["steps", "--jsonl", "rows.jsonl.gz", "--field", "text"], in: folder)
        }
        #expect(result.output == "[{\"firstLine\":1,\"kind\":\"function\",\"lastLine\":1,\"name\":\"f\"}]\n")
        #expect(result.status == 0)
    }

    @Test func wrongUseIsExplained() throws {
        let missing = try run(["nothing.py"], files: [:])
        #expect(missing.status == 65 && missing.errors.contains("nothing.py: The file cannot be read."))
        let unknown = try run(["p.py", "--stepper", "lines"], files: ["p.py": ""])
        #expect(unknown.status == 64 && unknown.errors.contains("line"), "\(unknown.errors)")
        #expect(try run([], files: [:]).status == 64)
        #expect(try run(["p.py"], files: ["p.py": ""]).output == "[]\n")
    }
}

// SPDX-License-Identifier: Apache-2.0
import Fixtures
import Foundation
import Testing

@Suite struct CommandLineTests {
    private func exists(_ name: String, in folder: URL) -> Bool {
        FileManager.default.fileExists(atPath: folder.appendingPathComponent(name).path)
    }

    @Test func executeWritesTheContractedRows() throws {
        try withTemporaryFolder { folder in
            try SmallSet.write(to: folder)
            let result = try Tool.run(SmallSet.execute, in: folder)
            #expect(result.status == 0, "\(result.errors)")
            let rows = try String(contentsOf: folder.appendingPathComponent("out.jsonl"), encoding: .utf8).split(
                separator: "\n")
            let objects = try rows.map {
                try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] ?? [:]
            }
            #expect(
                objects.map { Set($0.keys) }
                    == Array(
                        repeating: [
                            "problem", "candidate", "passed", "outcome", "cpuSeconds", "wallSeconds", "peakBytes",
                            "testsRun", "testsTotal", "message", "channel", "nearLimit",
                        ], count: 2))
            #expect(objects.allSatisfy { $0["channel"] as? String == "harness" })
            #expect(objects.map { $0["candidate"] as? String } == ["m/0", "m/1"])
            #expect(objects.map { $0["passed"] as? Bool } == [true, false])
            #expect(objects.map { $0["outcome"] as? String } == ["passed", "wrongAnswer"])
            #expect(objects.map { $0["testsRun"] as? Int } == [2, 2])
            #expect(!exists("out.jsonl.state", in: folder))
        }
    }

    @Test func runDoesEverythingAndARepeatedRunNothing() throws {
        try withTemporaryFolder { folder in
            try SmallSet.write(to: folder)
            let plan = try Tool.run(["run", "e.yaml", "--dry-run"], in: folder)
            #expect(plan.status == 0, "\(plan.errors)")
            #expect(plan.output.contains("execute: 2 of 2 distinct programs"))
            #expect(!exists("site/index.html", in: folder))

            let first = try Tool.run(["run", "e.yaml"], in: folder)
            #expect(first.status == 0, "\(first.errors)")
            #expect(first.output.contains("oracle"))
            #expect(first.errors.contains("sandbox: T"))
            for file in ["site/index.html", "junit.xml", "run/manifest.json", "run/run.sqlite"] {
                #expect(exists(file, in: folder), "\(file)")
            }

            let second = try Tool.run(["run", "e.yaml"], in: folder)
            #expect(second.errors.contains("Nothing was executed: every verdict was known."))
            #expect(second.output == first.output)

            let report = try Tool.run(["report", "run", "--html", "again", "--json", "tables.json"], in: folder)
            #expect(report.status == 0, "\(report.errors)")
            #expect(report.output == first.output)
            #expect(exists("again/index.html", in: folder) && exists("tables.json", in: folder))

            let only = try Tool.run(["run", "e.yaml", "--only", "shortest", "--quiet"], in: folder)
            #expect(only.status == 0 && !only.output.contains("first     "), "\(only.output)")
        }
    }

    /// Bad input: one line that names file and line, the documented exit code, and nothing half-written.
    @Test(arguments: BadInput.all) func badInputIsRefused(_ input: BadInput) throws {
        try withTemporaryFolder { folder in
            try SmallSet.write(to: folder)
            try input.spoil(folder)
            let result = try Tool.run(SmallSet.execute + input.arguments, in: folder)
            #expect(result.status == input.status, "\(result.errors)")
            let line = result.errors.split(separator: "\n").first { $0.contains(input.message) }
            #expect(line != nil, "\(result.errors)")
            #expect(!exists("out.jsonl", in: folder))
        }
    }

    /// A program that tosses a coin from outside of its seeds flips; one whose outcome is fixed does not.
    @Test func repeatedExecutionsReportFlips() throws {
        try withTemporaryFolder { folder in
            try SmallSet.write(to: folder)
            let steady = try Tool.run(SmallSet.execute + ["--repeat", "3"], in: folder)
            #expect(steady.status == 0, "\(steady.errors)")
            #expect(steady.errors.contains("3 executions of every program: 0 flips"))

            // A run in which all of twelve coins show the same face three times is a matter of one in 16^12.
            let coins = (0..<12).map {
                #"{"problem": "sum", "model": "coin", "sample": \#($0), "code": "import os  # \#($0)\na, b = map(int, input().split())\nprint(a + b if os.urandom(1)[0] % 2 or a == 1 else 0)"}"#
            }
            try SmallSet.write(to: folder, pool: ([SmallSet.good] + coins).joined(separator: "\n"))
            let result = try Tool.run(SmallSet.execute + ["--repeat", "3"], in: folder)
            #expect(result.status == 1)
            let flips = result.errors.split(separator: "\n").filter { $0.hasPrefix("flip: sum coin/") }
            #expect(!flips.isEmpty, "\(result.errors)")
            #expect(result.errors.contains("executions of every program: \(flips.count) flips"))
            #expect(!flips.contains { $0.contains("sum m/0") })
            #expect(exists("out.jsonl", in: folder) && !exists("out.jsonl.state", in: folder))
        }
    }

    @Test func wrongUsageIs64() throws {
        try withTemporaryFolder { folder in
            try SmallSet.write(to: folder)
            for arguments in [
                ["execute"], SmallSet.execute + ["--sandbox", "none"], SmallSet.execute + ["--workers", "0"],
                ["frobnicate"],
            ] {
                #expect(try Tool.run(arguments, in: folder).status == 64)
            }
            let only = try Tool.run(["run", "e.yaml", "--only", "shortes"], in: folder)
            #expect(only.status == 64)
            #expect(only.errors.contains("Did you mean 'shortest'?"), "\(only.errors)")
        }
    }

    @Test func aSelectorThatCannotWorkMakesTheRunIncomplete() throws {
        try withTemporaryFolder { folder in
            try SmallSet.write(to: folder)
            let result = try Tool.run(["run", "e.yaml", "--set", "selectors=[first, mean-logprob]"], in: folder)
            #expect(result.status == 1)
            #expect(
                result.errors.contains("selector 'mean-logprob' could not score 1 problems of pool 'pool'"),
                "\(result.errors)")
            #expect(exists("site/index.html", in: folder))
        }
    }

    @Test func everyCommandExplainsItself() throws {
        try withTemporaryFolder { folder in
            for command in [
                [], ["run"], ["execute"], ["report"], ["doctor"], ["list"], ["lattice", "build"],
                ["lattice", "sample"],
            ] {
                let result = try Tool.run(command + ["--help"], in: folder)
                #expect(result.status == 0)
                #expect(result.output.contains("OVERVIEW"), "\(command)")
                #expect(result.output.contains("Example") || command.first == "lattice", "\(command) has no example")
            }
            #expect(try Tool.run(["list"], in: folder).output.contains("majority-text"))
        }
    }

    @Test func doctorNamesTheBestTier() throws {
        try withTemporaryFolder { folder in
            let result = try Tool.run(["doctor"], in: folder)
            #expect(result.status == 0, "\(result.output)\(result.errors)")
            for word in ["Python", "SQLite", "libxml2", "OpenBLAS", "Candidates would run in tier T"] {
                #expect(result.output.contains(word))
            }
            let missing = try Tool.run(["doctor", "--python", "no-such-python"], in: folder)
            #expect(missing.status == 69)
        }
    }
}

/// One way to spoil the small set.
struct BadInput: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var arguments: [String] = []
    var status: Int32 = 65
    var message: String
    var spoil: @Sendable (URL) throws -> Void

    static func pool(_ text: String) -> @Sendable (URL) throws -> Void {
        { try text.write(to: $0.appendingPathComponent("pool.jsonl"), atomically: true, encoding: .utf8) }
    }

    static func problems(_ text: String) -> @Sendable (URL) throws -> Void {
        { try text.write(to: $0.appendingPathComponent("problems.jsonl"), atomically: true, encoding: .utf8) }
    }

    static let all: [BadInput] = [
        BadInput(
            testDescription: "a row that is not JSON", message: "pool.jsonl:2", spoil: pool(SmallSet.good + "\n{oops\n")
        ),
        BadInput(
            testDescription: "a wrong type", message: "pool.jsonl:1: field 'code'",
            spoil: pool(#"{"problem": "sum", "model": "m", "sample": 0, "code": 5}"# + "\n")),
        BadInput(testDescription: "an empty pool", message: "pool.jsonl", spoil: pool("")),
        BadInput(
            testDescription: "an unknown problem", message: "nowhere",
            spoil: pool(SmallSet.good + "\n" + #"{"problem": "nowhere", "model": "m", "sample": 0, "code": ""}"# + "\n")
        ),
        BadInput(
            testDescription: "the same candidate twice", message: "pool.jsonl:2",
            spoil: pool(SmallSet.good + "\n" + SmallSet.good + "\n")),
        BadInput(
            testDescription: "a problem without tests", message: "problems.jsonl:1",
            spoil: problems(
                SmallSet.problem.replacing(
                    #""public_test_cases": "[{\"input\": \"1 2\", \"output\": \"3\", \"testtype\": \"stdin\"}]""#,
                    with: #""public_test_cases": "[]""#
                )
                .replacing(
                    #""private_test_cases": "[{\"input\": \"5 5\", \"output\": \"10\", \"testtype\": \"stdin\"}]""#,
                    with: #""private_test_cases": "[]""#) + "\n")),
        BadInput(
            testDescription: "a missing field", message: "problems.jsonl:1: field 'question_content'",
            spoil: problems(SmallSet.problem.replacing(#""question_content": "Add.", "#, with: "") + "\n")),
        BadInput(
            testDescription: "another benchmark's file", message: "humaneval",
            spoil: problems(
                #"{"task_id": "HumanEval/0", "prompt": "def f():\n", "entry_point": "f", "canonical_solution": " pass", "test": "def check(c): pass"}"#
                    + "\n")),
        BadInput(
            testDescription: "a truncated gzip file", message: "pool.jsonl",
            spoil: { folder in
                try pool(String(repeating: SmallSet.good + "\n", count: 1))(folder)
                let process = Process()
                process.executableURL = URL(fileURLWithPath: "/bin/gzip")
                process.arguments = ["-f", "-k", folder.appendingPathComponent("pool.jsonl").path]
                try process.run()
                process.waitUntilExit()
                let data = try Data(contentsOf: folder.appendingPathComponent("pool.jsonl.gz"))
                try data.prefix(data.count / 2).write(to: folder.appendingPathComponent("pool.jsonl"))
            }),
        BadInput(
            testDescription: "a missing file", message: "pool.jsonl",
            spoil: { try FileManager.default.removeItem(at: $0.appendingPathComponent("pool.jsonl")) }),
        BadInput(
            testDescription: "a missing Python", arguments: ["--python", "no-such-python"], status: 69,
            message: "no-such-python",
            spoil: { _ in }),
    ]
}

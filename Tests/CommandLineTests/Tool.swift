// SPDX-License-Identifier: Apache-2.0
import Fixtures
import Foundation

/// The built program, run as a user runs it.
struct Tool {
    struct Result {
        var status: Int32
        var output: String
        var errors: String
    }

    /// `bestofn` lies beside the test bundle.
    static let executable: URL = {
        let arguments = CommandLine.arguments
        let bundle =
            arguments.first { $0.hasSuffix(".xctest") }
            ?? Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }?.bundlePath
        let folder = URL(fileURLWithPath: bundle ?? arguments[0]).deletingLastPathComponent()
        return folder.appendingPathComponent("bestofn")
    }()

    /// Runs the program in `folder` and waits for its end.
    static func run(_ arguments: [String], in folder: URL, environment: [String: String] = [:]) throws -> Result {
        let (process, output, errors) = try start(arguments, in: folder, environment: environment)
        process.waitUntilExit()
        return Result(
            status: process.terminationStatus, output: try String(contentsOf: output, encoding: .utf8),
            errors: try String(contentsOf: errors, encoding: .utf8))
    }

    /// Starts the program; what it prints goes to files, so that no pipe can fill up.
    static func start(_ arguments: [String], in folder: URL, environment: [String: String] = [:]) throws -> (
        Process, output: URL, errors: URL
    ) {
        let name = UUID().uuidString
        let output = folder.appendingPathComponent(".\(name).out")
        let errors = folder.appendingPathComponent(".\(name).err")
        for file in [output, errors] { try Data().write(to: file) }
        let process = Process()
        process.executableURL = executable
        process.arguments = arguments
        process.currentDirectoryURL = folder
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
        return (process, output, errors)
    }
}

/// A small LiveCodeBench set with a pool, in a folder.
struct SmallSet {
    static let problem = """
        {"question_title": "Sum", "question_content": "Add.", "platform": "test", "question_id": "sum", "contest_id": "t", "contest_date": "2026-01-01T00:00:00", "starter_code": "", "difficulty": "easy", "public_test_cases": "[{\\"input\\": \\"1 2\\", \\"output\\": \\"3\\", \\"testtype\\": \\"stdin\\"}]", "private_test_cases": "[{\\"input\\": \\"5 5\\", \\"output\\": \\"10\\", \\"testtype\\": \\"stdin\\"}]", "metadata": "{}"}
        """
    static let good = #"{"problem": "sum", "model": "m", "sample": 0, "code": "print(sum(map(int, input().split())))"}"#
    static let bad = #"{"problem": "sum", "model": "m", "sample": 1, "code": "print(3)"}"#
    static let experiment = """
        benchmark: livecodebench
        problems: problems.jsonl
        pools: [{name: pool, candidates: pool.jsonl}]
        selectors: [first, shortest]
        outputs: {run: run, html: site, junit: junit.xml}
        """

    static func write(to folder: URL, problems: String = problem, pool: String = [good, bad].joined(separator: "\n"))
        throws
    {
        try (problems + "\n").write(
            to: folder.appendingPathComponent("problems.jsonl"), atomically: true, encoding: .utf8)
        try (pool + "\n").write(to: folder.appendingPathComponent("pool.jsonl"), atomically: true, encoding: .utf8)
        try experiment.write(to: folder.appendingPathComponent("e.yaml"), atomically: true, encoding: .utf8)
    }

    static let execute = [
        "execute", "--benchmark", "livecodebench", "--problems", "problems.jsonl", "--candidates", "pool.jsonl",
        "--output", "out.jsonl",
    ]
}

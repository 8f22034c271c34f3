// SPDX-License-Identifier: Apache-2.0
import Datasets
import Fixtures
import Foundation
import SelectorKit
import Testing

/// Why a test on real data is skipped.
let missing: Comment = "needs the shared data pack beside the checkout (or BESTOFN_SHARED)"

/// Gives `body` an empty folder.
func withFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
    let folder = try makeFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder)
}

func withFolder<Result>(_ body: (URL) async throws -> Result) async throws -> Result {
    let folder = try makeFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    return try await body(folder)
}

private func makeFolder() throws -> URL {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("bestofn-data-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    return folder
}

/// Gives `body` a file with this content.
func withFile<Result>(_ text: String, named name: String = "rows.jsonl", _ body: (URL) throws -> Result) throws
    -> Result
{
    try withFile(Array(text.utf8), named: name, body)
}

func withFile<Result>(_ bytes: [UInt8], named name: String = "rows.jsonl", _ body: (URL) throws -> Result) throws
    -> Result
{
    try withFolder { folder in
        let file = folder.appendingPathComponent(name)
        try Data(bytes).write(to: file)
        return try body(file)
    }
}

func withFile<Result>(
    _ text: String, named name: String = "rows.jsonl", _ body: (URL) async throws -> Result
) async throws -> Result {
    try await withFolder { folder in
        let file = folder.appendingPathComponent(name)
        try Data(text.utf8).write(to: file)
        return try await body(file)
    }
}

/// One gzip member that holds `bytes` without compressing them.
func gzip(_ bytes: [UInt8]) -> [UInt8] {
    func littleEndian(_ number: UInt32, _ width: Int) -> [UInt8] {
        (0..<width).map { UInt8(truncatingIfNeeded: number >> UInt32(8 * $0)) }
    }
    let length = UInt32(bytes.count)
    let block = [1] + littleEndian(length, 2) + littleEndian(~length, 2) + bytes
    return [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255] + block + littleEndian(crc32(bytes), 4) + littleEndian(length, 4)
}

private func crc32(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(~0) { crc, byte in
        (0..<8).reduce(crc ^ UInt32(byte)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0xedb8_8320 : value >> 1 }
    }
}

/// All problems of a file that is expected to be right.
func items(_ benchmark: Benchmark, _ files: [URL], _ options: BenchmarkOptions = BenchmarkOptions()) throws
    -> [BenchmarkItem]
{
    var reader = BenchmarkFiles(benchmark: benchmark, files: files, options: options).makeReader()
    var items: [BenchmarkItem] = []
    while let item = try reader.next() { items.append(item) }
    return items
}

/// What is wrong with a file, without its folder.
func mistakes(_ benchmark: Benchmark, _ files: [URL], _ options: BenchmarkOptions = BenchmarkOptions()) -> [String] {
    var reader = BenchmarkFiles(benchmark: benchmark, files: files, options: options).makeReader()
    var errors = DataErrorList()
    while reader.next(collecting: &errors) != nil {}
    return errors.errors.map { $0.withoutFolder(of: files) }
}

extension DataError {
    func withoutFolder(of files: [URL]) -> String {
        files.reduce(description) {
            $0.replacingOccurrences(of: $1.deletingLastPathComponent().relativePath + "/", with: "")
        }
    }
}

/// An index of problems made up for a test.
func index(_ benchmark: Benchmark, _ suites: [(String, TestSuite.Tests)]) -> ProblemIndex {
    var index = ProblemIndex(benchmark: benchmark)
    for (id, tests) in suites {
        index.add(
            BenchmarkItem(
                problem: Problem(id: id, benchmark: benchmark.rawValue, statement: ""),
                suite: TestSuite(problemID: id, hash: id, tests: tests), publicTests: []))
    }
    return index
}

func humanEvalIndex(_ ids: String...) -> ProblemIndex {
    index(
        .humanEval,
        ids.map {
            (
                $0,
                .humanEval(
                    HumanEvalTests(
                        prompt: "def f(x):\n    \"\"\"Doc.\"\"\"\n", test: "", entryPoint: "f", canonicalSolution: ""))
            )
        })
}

func evalPlusIndex(_ ids: String...) -> ProblemIndex {
    index(
        .humanEvalPlus,
        ids.map {
            (
                $0,
                .evalPlus(
                    EvalPlusTests(
                        dataset: .humanEval, taskID: $0, prompt: "PROMPT\n", entryPoint: "f", canonicalSolution: "",
                        baseInputs: "[]",
                        plusInputs: "[]", tolerance: 0))
            )
        })
}

func bigCodeBenchIndex(_ ids: String...) -> ProblemIndex {
    index(
        .bigCodeBench,
        ids.map {
            (
                $0,
                .bigCodeBench(
                    BigCodeBenchTests(
                        codePrompt: "CODE\n", test: "", entryPoint: "task_func", canonicalSolution: "", libraries: [],
                        completePrompt: "COMPLETE\n"))
            )
        })
}

func liveCodeBenchIndex(_ ids: String...) -> ProblemIndex {
    index(
        .liveCodeBench,
        ids.map { ($0, .liveCodeBench(LiveCodeBenchTests(tests: [], publicCount: 0, functionName: nil))) })
}

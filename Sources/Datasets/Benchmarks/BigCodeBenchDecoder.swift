// SPDX-License-Identifier: Apache-2.0
import ContentHash
import SelectorKit
import JSONReading

/// Rows of BigCodeBench as published on Hugging Face: `task_id, complete_prompt, instruct_prompt, canonical_solution, code_prompt, test,
/// entry_point, libs`.
struct BigCodeBenchDecoder: BenchmarkRowDecoder {
    let idField = "task_id"
    let prompt: BenchmarkOptions.PromptStyle

    func item(id: String, from row: JSONRow) throws(RowError) -> BenchmarkItem {
        let complete = try row.string("complete_prompt")
        let tests = BigCodeBenchTests(
            codePrompt: try row.string("code_prompt"), test: try row.string("test"),
            entryPoint: try row.string("entry_point"),
            canonicalSolution: try row.optionalString("canonical_solution") ?? "", libraries: try libraries(row),
            completePrompt: complete)
        let problem = Problem(
            id: id, benchmark: Benchmark.bigCodeBench.rawValue,
            statement: prompt == .complete ? complete : try row.string("instruct_prompt"),
            starterCode: tests.codePrompt,
            entryPoint: tests.entryPoint)
        let hash = ContentHash.of("bigcodebench suite", id, tests.codePrompt, tests.test, tests.entryPoint)
        return BenchmarkItem(
            problem: problem, suite: TestSuite(problemID: id, hash: hash, tests: .bigCodeBench(tests)), publicTests: [])
    }

    /// The top-level packages of `libs`, which is a list or the text of a Python list of quoted names.
    private func libraries(_ row: JSONRow) throws(RowError) -> [String] {
        guard let value = row["libs"] else { return [] }
        let names: [String]
        if let elements = value.elements {
            names = elements.compactMap(\.string)
        } else {
            let text = try row.string("libs")
            names = text.split { "[]'\", ".contains($0) }.map(String.init)
        }
        return Set(names.compactMap { $0.split(separator: ".").first.map(String.init) }).sorted()
    }
}

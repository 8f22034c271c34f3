// SPDX-License-Identifier: Apache-2.0
import ContentHash
import SelectorKit
import JSONReading

/// Rows of human-eval: `task_id, prompt, entry_point, canonical_solution, test`.
struct HumanEvalDecoder: BenchmarkRowDecoder {
    let idField = "task_id"

    func item(id: String, from row: JSONRow) throws(RowError) -> BenchmarkItem {
        let tests = HumanEvalTests(
            prompt: try row.string("prompt"), test: try row.string("test"), entryPoint: try row.string("entry_point"),
            canonicalSolution: try row.optionalString("canonical_solution") ?? "")
        let problem = Problem(
            id: id, benchmark: Benchmark.humanEval.rawValue, statement: tests.prompt, entryPoint: tests.entryPoint)
        let hash = ContentHash.of("human-eval suite", id, tests.prompt, tests.test, tests.entryPoint)
        return BenchmarkItem(
            problem: problem, suite: TestSuite(problemID: id, hash: hash, tests: .humanEval(tests)), publicTests: [])
    }
}

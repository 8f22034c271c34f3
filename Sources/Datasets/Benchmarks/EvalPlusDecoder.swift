// SPDX-License-Identifier: Apache-2.0
import ContentHash
import SelectorKit
import JSONReading

/// Rows of HumanEval+ and MBPP+: `task_id, prompt, entry_point, canonical_solution, base_input, plus_input, atol`.
///
/// The inputs stay the JSON text of the file: `1.0` and `1`, large integers and NaN mean different arguments.
struct EvalPlusDecoder: BenchmarkRowDecoder {
    let idField = "task_id"
    let dataset: EvalPlusTests.Dataset

    func item(id: String, from row: JSONRow) throws(RowError) -> BenchmarkItem {
        let tests = EvalPlusTests(
            dataset: dataset, taskID: id, prompt: try row.string("prompt"), entryPoint: try row.string("entry_point"),
            canonicalSolution: try row.string("canonical_solution"), baseInputs: try inputs("base_input", of: row),
            plusInputs: try inputs("plus_input", of: row), tolerance: try row.number("atol") ?? 0)
        let benchmark = dataset == .mbpp ? Benchmark.mbppPlus : .humanEvalPlus
        let problem = Problem(
            id: id, benchmark: benchmark.rawValue, statement: tests.prompt, entryPoint: tests.entryPoint)
        let hash = ContentHash.of(
            "evalplus suite", dataset.rawValue, id, tests.prompt, tests.canonicalSolution, tests.entryPoint,
            tests.baseInputs,
            tests.plusInputs, "\(tests.tolerance)")
        return BenchmarkItem(
            problem: problem, suite: TestSuite(problemID: id, hash: hash, tests: .evalPlus(tests)), publicTests: [])
    }

    private func inputs(_ name: String, of row: JSONRow) throws(RowError) -> String {
        let value = try row.required(name)
        // MBPP+ writes "no inputs" as an empty object in one row.
        if value.kind == .object, try JSONRow(value.bytes).names.isEmpty { return "[]" }
        guard let lists = value.elements else { throw JSONRow.mismatch(name, "a list of argument lists", value) }
        if let wrong = lists.first(where: { $0.kind != .array }) {
            throw JSONRow.mismatch(name, "a list of argument lists", wrong)
        }
        return value.json
    }
}

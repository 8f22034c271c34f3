// SPDX-License-Identifier: Apache-2.0
import SelectorKit
import JSONReading

extension RawCandidate {
    /// The programs of a result file of EvalPlus or BigCodeBench: `{"eval": {task: [{"solution": …, "base_status": …}]}}`.
    ///
    /// EvalPlus counts a program as passing when both its base and its plus tests pass; a file made with base tests alone says so by null.
    static func results(_ row: JSONRow) throws(RowError) -> [RawCandidate] {
        let field = "eval"
        let tasks = try JSONRow(try row.required(field).bytes)
        var candidates: [RawCandidate] = []
        for task in tasks.names {
            let value = try tasks.required(task)
            guard let entries = value.elements else {
                throw RowError(
                    field: field,
                    "The results of '\(task)' are not a list of programs. Result files of old versions hold no programs; give the samples file."
                )
            }
            for (index, entry) in entries.enumerated() {
                do throws(RowError) {
                    candidates.append(try result(entry, of: task, sample: index))
                } catch {
                    let part = error.field.map { " '\($0)'" } ?? ""
                    throw RowError(field: field, "Result \(index + 1) of '\(task)'\(part): \(error.message)")
                }
            }
        }
        return candidates
    }

    private static func result(_ entry: JSONValue, of task: String, sample: Int) throws(RowError) -> RawCandidate {
        let row = try JSONRow(entry.bytes)
        _ = try row.required("solution")
        return RawCandidate(
            problemID: task, sample: sample, text: .answer(try row.lenientString("solution") ?? ""),
            verdict: try status(row))
    }

    private static func status(_ row: JSONRow) throws(RowError) -> ImportedVerdict? {
        if let base = try row.optionalString("base_status") {
            guard let plus = try row.optionalString("plus_status") else {
                return ImportedVerdict(passed: base == "pass", source: "base_status")
            }
            return ImportedVerdict(passed: base == "pass" && plus == "pass", source: "base_status and plus_status")
        }
        return try row.optionalString("status").map { ImportedVerdict(passed: $0 == "pass", source: "status") }
    }
}

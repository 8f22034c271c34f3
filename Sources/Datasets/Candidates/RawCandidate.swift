// SPDX-License-Identifier: Apache-2.0
import SelectorKit
import JSONReading

/// A candidate as its file words it, before it becomes a program.
struct RawCandidate {
    /// The model's text, and what it is.
    enum Text {
        /// Continues the problem's prompt, or the row's own.
        case completion(String, prompt: String?)
        /// A whole answer.
        case answer(String)
        /// What the model said; the answer is still to be extracted.
        case output(String)
    }

    var problemID: String
    var model: String?
    var sample: Int?
    var text: Text
    var tokens: TokenStatistics?
    var verdict: ImportedVerdict?
}

extension RawCandidate {
    /// The candidates of one row: several where the row lists a problem's samples.
    static func list(_ row: JSONRow, _ shape: CandidateShape, preferringOutput: Bool) throws(RowError) -> [RawCandidate]
    {
        if shape == .evaluationResults { return try results(row) }
        let id = try problemID(row, shape.idField)
        switch shape {
        case .liveCodeBenchResults, .liveCodeBenchCustom:
            return try samples(row, id, preferringOutput: preferringOutput)
        default:
            return [
                RawCandidate(
                    problemID: id, model: try row.optionalString("model"), sample: try sample(row),
                    text: try text(row, shape, preferringOutput: preferringOutput), tokens: try tokens(row),
                    verdict: try verdict(row))
            ]
        }
    }

    private static func problemID(_ row: JSONRow, _ field: String) throws(RowError) -> String {
        let value = try row.required(field)
        // Custom lists of LiveCodeBench may give a number, which its evaluator turns into text.
        if value.kind == .number { return value.json }
        return try row.string(field)
    }

    private static func sample(_ row: JSONRow) throws(RowError) -> Int? {
        for name in ["sample", "sample_index"] {
            guard let sample = try row.integer(name) else { continue }
            guard sample >= 0 else { throw RowError(field: name, "Samples are numbered from 0, found \(sample).") }
            return sample
        }
        return nil
    }

    private static func text(_ row: JSONRow, _ shape: CandidateShape, preferringOutput: Bool) throws(RowError) -> Text {
        if preferringOutput, let output = try row.lenientString("output") { return .output(output) }
        switch shape {
        case .completions:
            return .completion(try row.lenientString("completion") ?? "", prompt: try row.lenientString("prompt"))
        case .solutions:
            return .answer(try row.lenientString("solution") ?? "")
        default:
            if let code = try row.lenientString("code") { return .answer(code) }
            if let output = try row.lenientString("output") { return .output(output) }
            return .answer("")
        }
    }

    private static func samples(_ row: JSONRow, _ id: String, preferringOutput: Bool) throws(RowError) -> [RawCandidate]
    {
        let field = row.has("code_list") && !(preferringOutput && row.has("output_list")) ? "code_list" : "output_list"
        let texts = try strings(try row.required(field), field)
        var verdicts: [ImportedVerdict]?
        if let graded = row["graded_list"] {
            guard let values = graded.elements else {
                throw JSONRow.mismatch("graded_list", "a list of true and false", graded)
            }
            guard values.count == texts.count else {
                throw RowError(
                    field: "graded_list",
                    "There are \(values.count) verdicts for \(texts.count) programs of '\(field)'. They must be as many."
                )
            }
            verdicts = []
            for value in values {
                guard let passed = value.boolean else { throw JSONRow.mismatch("graded_list", "true or false", value) }
                verdicts?.append(ImportedVerdict(passed: passed, source: "graded_list"))
            }
        }
        let model = try row.optionalString("model")
        return texts.enumerated().map { index, text in
            RawCandidate(
                problemID: id, model: model, sample: nil, text: field == "code_list" ? .answer(text) : .output(text),
                tokens: nil,
                verdict: verdicts?[index])
        }
    }

    /// The texts of a list. null, which LiveCodeBench writes where nothing could be extracted, is a blank program.
    static func strings(_ value: JSONValue, _ field: String) throws(RowError) -> [String] {
        guard let elements = value.elements else { throw JSONRow.mismatch(field, "a list of programs", value) }
        var texts: [String] = []
        for element in elements {
            if element.kind == .null {
                texts.append("")
            } else if let text = element.lenientString {
                texts.append(text)
            } else {
                throw JSONRow.mismatch(field, "a list of programs (text)", element)
            }
        }
        return texts
    }

    private static func tokens(_ row: JSONRow) throws(RowError) -> TokenStatistics? {
        guard let value = row["tokens"] else { return nil }
        guard value.kind == .object else {
            throw JSONRow.mismatch("tokens", "an object with count, sumLogProb, …", value)
        }
        do throws(RowError) {
            let tokens = try JSONRow(value.bytes)
            guard let count = try tokens.integer("count"), count >= 0 else {
                throw RowError("'count', the number of generated tokens, is missing or negative.")
            }
            let statistics = TokenStatistics(
                count: count, sumLogProb: try tokens.number("sumLogProb"),
                selfCertainty: try tokens.number("selfCertainty"),
                k: try tokens.integer("k"), exact: try tokens.boolean("exact"))
            for (name, number) in [("sumLogProb", statistics.sumLogProb), ("selfCertainty", statistics.selfCertainty)] {
                if let number, !number.isFinite {
                    throw RowError("'\(name)' is not a finite number. Leave it out if it is unknown.")
                }
            }
            return statistics
        } catch {
            throw RowError(field: "tokens", error.field.map { "'\($0)': \(error.message)" } ?? error.message)
        }
    }

    private static func verdict(_ row: JSONRow) throws(RowError) -> ImportedVerdict? {
        if let value = row["verdict"] {
            guard value.kind == .object else {
                throw JSONRow.mismatch("verdict", "an object with passed and source", value)
            }
            let verdict = try JSONRow(value.bytes)
            guard let passed = try verdict.boolean("passed") else {
                throw RowError(field: "verdict", "'passed' is missing. Write {\"passed\": true, \"source\": \"…\"}.")
            }
            return ImportedVerdict(passed: passed, source: try verdict.optionalString("source") ?? "verdict")
        }
        for name in ["official_pass", "passed", "pass"] {
            if let passed = try row.boolean(name) { return ImportedVerdict(passed: passed, source: name) }
        }
        return nil
    }
}

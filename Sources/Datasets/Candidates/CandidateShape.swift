// SPDX-License-Identifier: Apache-2.0
import JSONReading

/// The shape of a candidate row, told from its fields.
public enum CandidateShape: String, Sendable, Hashable, Codable, CaseIterable, Comparable {
    /// Our own rows: `problem` with `code` or `output`.
    case bestOfN = "bestofn"
    /// human-eval samples: `task_id` with `completion`.
    case completions = "task_id with completion"
    /// EvalPlus and BigCodeBench samples: `task_id` with `solution`.
    case solutions = "task_id with solution"
    /// Whole answers: `task_id` with `code` or `output`.
    case answers = "task_id with code or output"
    /// A folder per problem with a file per sample, as EvalPlus reads it.
    case directory = "directory of programs"
    /// One LiveCodeBench answer per row: `question_id` with `code` or `output`.
    case liveCodeBenchAnswers = "question_id with code or output"
    /// LiveCodeBench's `_eval_all.json`: `question_id` with `code_list` and `graded_list`.
    case liveCodeBenchResults = "livecodebench results"
    /// Custom-evaluator input of LiveCodeBench: `question_id` with `code_list`.
    case liveCodeBenchCustom = "livecodebench custom list"
    /// Custom-evaluator input of LiveCodeBench: a list of lists of programs, in the order of the problem ids.
    case liveCodeBenchLists = "livecodebench list of lists"

    /// `…_eval_results.json` of EvalPlus and BigCodeBench: `eval` with every problem's programs and their verdicts.
    case evaluationResults = "evaluation results"

    public static func < (left: CandidateShape, right: CandidateShape) -> Bool { left.rawValue < right.rawValue }

    init?(_ row: JSONRow) {
        // A null program is a blank one: nothing could be extracted.
        let names = Set(row.names)
        let hasAnswer = names.contains("code") || names.contains("output")
        if row["eval"]?.kind == .object {
            self = .evaluationResults
        } else if row.has("problem"), hasAnswer {
            self = .bestOfN
        } else if row.has("question_id") {
            if row.has("graded_list") {
                self = .liveCodeBenchResults
            } else if row.has("code_list") || row.has("output_list") {
                self = .liveCodeBenchCustom
            } else if hasAnswer {
                self = .liveCodeBenchAnswers
            } else {
                return nil
            }
        } else if row.has("task_id") {
            if names.contains("solution") {
                self = .solutions
            } else if names.contains("completion") {
                self = .completions
            } else if hasAnswer {
                self = .answers
            } else {
                return nil
            }
        } else {
            return nil
        }
    }

    /// The field with the problem's id.
    var idField: String {
        switch self {
        case .bestOfN: "problem"
        case .completions, .solutions, .answers, .directory, .evaluationResults: "task_id"
        case .liveCodeBenchAnswers, .liveCodeBenchResults, .liveCodeBenchCustom, .liveCodeBenchLists: "question_id"
        }
    }
}

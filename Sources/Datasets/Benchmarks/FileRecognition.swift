// SPDX-License-Identifier: Apache-2.0
import JSONReading

/// What a file seems to be, told from the fields of a row.
enum FileRecognition: Equatable, CustomStringConvertible {
    case benchmark(Benchmark)
    case candidates

    /// Nil when the fields tell nothing.
    init?(_ row: JSONRow) {
        let names = Set(row.names)
        if names.contains("public_test_cases") || names.contains("private_test_cases") {
            self = .benchmark(.liveCodeBench)
        } else if names.contains("code_prompt") || names.contains("instruct_prompt")
            || names.contains("complete_prompt")
        {
            self = .benchmark(.bigCodeBench)
        } else if names.contains("base_input") || names.contains("plus_input") {
            let isMBPP = names.contains("assertion") || row["task_id"]?.string?.hasPrefix("Mbpp/") == true
            self = .benchmark(isMBPP ? .mbppPlus : .humanEvalPlus)
        } else if !names.isDisjoint(with: ["completion", "solution", "code", "output", "code_list"]) {
            self = .candidates
        } else if names.contains("test"), names.contains("entry_point") {
            self = .benchmark(.humanEval)
        } else {
            return nil
        }
    }

    var description: String {
        switch self {
        case .benchmark(let benchmark): "a problem file of \(benchmark.rawValue)"
        case .candidates: "a file of candidates"
        }
    }
}

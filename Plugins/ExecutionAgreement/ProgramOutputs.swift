// SPDX-License-Identifier: Apache-2.0
import SelectorKit

/// What the programs of a pool gave on the same inputs.
struct ProgramOutputs {
    /// One row per candidate, one entry per input; nil for a blank program, which is not run.
    var rows: [[ProgramOutput]?]
    let runner: any ProgramRunner

    /// Runs every distinct program of `pool`, those of `places` only where it is given.
    init(
        of pool: CandidatePool, at places: [Int]? = nil, on inputs: [ProgramInput], seconds: Double,
        in context: SelectionContext
    ) async throws {
        runner = try context.programRunner()
        rows = Array(repeating: nil, count: pool.candidates.count)
        var known: [String: [ProgramOutput]] = [:]
        for place in places ?? Array(pool.candidates.indices) {
            let candidate = pool.candidates[place]
            guard !candidate.isBlank else { continue }
            if let outputs = known[candidate.program] {
                rows[place] = outputs
                continue
            }
            let outputs =
                inputs.isEmpty
                ? [] : try await runner.run(candidate.program, of: pool.problem, on: inputs, seconds: seconds)
            known[candidate.program] = outputs
            rows[place] = outputs
        }
    }

    /// How many of the public tests each candidate passes.
    func passes(_ tests: [TestExample], of problem: Problem) -> [Int] {
        let expected = tests.map { runner.comparable($0.output, on: $0.programInput, of: problem) }
        return rows.map { row in
            guard let row else { return 0 }
            return zip(zip(row, tests), expected).count { pair, expected in
                guard case .output(let text) = pair.0 else { return false }
                return runner.comparable(text, on: pair.1.programInput, of: problem) == expected
            }
        }
    }

    /// Each candidate's outputs with equal ones made the same, so that programs agree exactly where they are equal.
    func signatures(on inputs: [ProgramInput], of problem: Problem) -> [[ProgramOutput]?] {
        rows.map { row in
            guard let row else { return nil }
            return zip(row, inputs).map { output, input in
                guard case .output(let text) = output else { return output }
                return .output(runner.comparable(text, on: input, of: problem))
            }
        }
    }
}

extension ProgramOutput {
    var hasFailed: Bool {
        if case .failed = self { true } else { false }
    }
}

/// Refuses a limit of time that makes no sense.
func checkLimit(_ seconds: Double, of selector: String) throws(SelectorError) {
    guard seconds > 0, seconds <= 600 else {
        throw SelectorError(
            .invalidOption,
            "Selector '\(selector)': option 'seconds' is \(seconds); expected a number above 0, at most 600.")
    }
}

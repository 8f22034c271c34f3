// SPDX-License-Identifier: Apache-2.0
import SelectorKit

/// Stand-ins for programs that do not exist yet: all different, of a given length in a given number of functions.
struct AssumedPrograms: Sendable {
    /// Mean characters of a program.
    var characters: Double
    /// T: mean functions of a program.
    var steps: Double
    var samples: Int
    /// What the programs are marked with, so that those of different pools differ.
    var mark: String

    /// The candidates of a problem.
    ///
    /// - Parameter place: the problem's place among all, so that fractions of functions come out right on average.
    func candidates(of problem: Problem, place: Int) -> [Candidate] {
        (0..<samples).map { sample in
            let number = place * samples + sample
            // The whole numbers below whose mean is `steps`.
            let functions = max(1, Int(Double(number + 1) * steps) - Int(Double(number) * steps))
            return Candidate(
                id: CandidateID(model: "assumed", sample: sample),
                program: Self.program(
                    "\(mark) \(problem.id) \(sample)", functions: functions, characters: Int(characters)))
        }
    }

    private static func program(_ name: String, functions: Int, characters: Int) -> String {
        let each = max(characters / functions, 1)
        return (1...functions).map { function in
            var text = "def step_\(function)():\n    # \(name)\n"
            while text.utf8.count < each { text += "    value = value + value + value\n" }
            // Of the length that was asked for, as far as there is room for a body.
            let excess = text.utf8.count - each
            return (1..<34).contains(excess) ? text.dropLast(excess + 1) + "\n" : text
        }.joined()
    }
}

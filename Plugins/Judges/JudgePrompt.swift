// SPDX-License-Identifier: Apache-2.0
import Foundation
import SelectorKit

/// A question to a judge. A change of these texts is a new version of the judges.
struct JudgePrompt {
    var system: String
    var user: String

    /// Which of two programs is better?
    static func pair(_ first: String, _ second: String, of problem: Problem) -> JudgePrompt {
        JudgePrompt(
            system: """
                You are an experienced judge of programming contests. You see a problem and two Python solutions, A and B. Decide which one is more \
                likely to pass every hidden test. Look for wrong results, forgotten edge cases, wrong input or output format, and running times that \
                are too long; style does not count, and neither does which solution comes first. Think briefly, then end your answer with a line that \
                says <winner>A</winner> or <winner>B</winner>.
                """,
            user: "\(statement(problem))\n\n## Solution A\n\(fenced(first))\n\n## Solution B\n\(fenced(second))\n")
    }

    /// How likely is the program to be right?
    static func single(_ program: String, of problem: Problem, digitOnly: Bool) -> JudgePrompt {
        let ending =
            digitOnly
            ? "Answer with a single digit and nothing else."
            : "Think briefly, then end your answer with a line that says <score>N</score> with the number."
        return JudgePrompt(
            system: """
                You are an experienced judge of programming contests. You see a problem and a Python solution. Say how likely it is that the solution \
                passes every hidden test, from 1 to 5: 1 certainly wrong, 2 probably wrong, 3 undecided, 4 probably right, 5 certainly right. Look \
                for wrong results, forgotten edge cases, wrong input or output format, and running times that are too long; style does not count. \(ending)
                """,
            user: "\(statement(problem))\n\n## Solution\n\(fenced(program))\n")
    }

    private static func statement(_ problem: Problem) -> String {
        guard let starter = problem.starterCode, !starter.isEmpty else { return "## Problem\n\(problem.statement)" }
        return "## Problem\n\(problem.statement)\n\nThe solution must keep this code:\n\(fenced(starter))"
    }

    private static func fenced(_ code: String) -> String {
        "```python\n\(code)\(code.utf8.last == UInt8(ascii: "\n") ? "" : "\n")```"
    }
}

/// What stands between the last `<name>` and `</name>`, without blanks; nil where there is no such thing.
func lastTag(_ name: String, in text: String) -> String? {
    let parts = text.components(separatedBy: "<\(name)>")
    guard parts.count > 1, let rest = parts.last?.components(separatedBy: "</\(name)>"), rest.count > 1 else {
        return nil
    }
    return rest[0].filter { !$0.isWhitespace }
}

// SPDX-License-Identifier: Apache-2.0

/// On which counted problems selectors differ in whether their choice is right.
public struct Disagreements: Sendable, Codable, Hashable {
    /// Problems whose candidates are all correct, or all wrong: nothing to choose.
    public var allCorrect = 0
    public var allWrong = 0
    /// Problems with both, where every selector's choice is right, or every one's wrong.
    public var everyoneRight = 0
    public var everyoneWrong = 0
    /// The others: those that split the selectors most evenly first.
    public var problems: [Problem] = []

    /// One problem on which selectors differ.
    public struct Problem: Sendable, Codable, Hashable {
        public var id: String
        /// Labels of the selectors whose choice is right, wrong, and right for some of the tied candidates.
        public var right: [String]
        public var wrong: [String]
        public var tied: [String]
    }

    init(_ counted: [ProblemTable], labels: [String]) {
        for problem in counted {
            let judged = labels.indices.compactMap { index in
                problem.choices[index].correctness.map { (label: labels[index], share: $0) }
            }
            switch problem.correct {
            case problem.candidates.count: allCorrect += 1
            case 0: allWrong += 1
            default:
                let entry = Problem(
                    id: problem.id, right: judged.filter { $0.share == 1 }.map(\.label),
                    wrong: judged.filter { $0.share == 0 }.map(\.label),
                    tied: judged.filter { $0.share > 0 && $0.share < 1 }.map(\.label))
                if entry.tied.isEmpty, entry.wrong.isEmpty {
                    everyoneRight += 1
                } else if entry.tied.isEmpty, entry.right.isEmpty {
                    everyoneWrong += 1
                } else {
                    problems.append(entry)
                }
            }
        }
        problems.sort { (-$0.evenness, $0.id) < (-$1.evenness, $1.id) }
    }
}

extension Disagreements.Problem {
    /// How many selectors stand against how many: the smaller of both sides.
    fileprivate var evenness: Int { min(right.count, wrong.count) }
}

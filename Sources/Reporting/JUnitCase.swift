// SPDX-License-Identifier: Apache-2.0
import Metrics

/// One problem as a JUnit test case of one selector.
struct JUnitCase {
    enum Result: Equatable {
        case passed
        case failure(type: String, message: String)
        case error(type: String, message: String)
        case skipped(message: String)
    }

    private let problem: String
    let result: Result
    /// The CPU time of the chosen candidate.
    let seconds: Double
    /// How a tie was decided; nil without one.
    private let tie: String?

    init(_ problem: ProblemTable, choice: Choice) {
        self.problem = problem.id
        let first = choice.chosen.first
        let candidate = first.map { problem.candidates[$0] }
        let seconds = candidate?.cpuSeconds ?? 0
        self.seconds = seconds.isFinite ? max(0, seconds) : 0
        tie = choice.chosen.count > 1 ? Self.explain(choice, of: problem) : nil
        result =
            switch choice.state {
            case .missing: .skipped(message: "The selector was not run on this problem.")
            case .failed: .error(type: "selectorFailed", message: choice.message)
            case .scored: Self.result(of: candidate, tie: tie)
            }
    }

    private static func result(of candidate: CandidateRow?, tie: String?) -> Result {
        guard let candidate else { return .skipped(message: "The problem has no candidates.") }
        guard let outcome = candidate.outcome else {
            return .skipped(message: "Candidate \(candidate.id) was chosen and has no verdict yet.")
        }
        if candidate.passed == true { return .passed }
        let title = outcomeTitle(outcome, passed: false)
        var message = "Candidate \(candidate.id) was chosen: \(title)"
        message += candidate.message.isEmpty ? "." : ": \(candidate.message)"
        if let tie { message += " (\(tie))" }
        return candidate.passed == nil
            ? .error(type: outcome, message: message) : .failure(type: outcome, message: message)
    }

    private static func explain(_ choice: Choice, of problem: ProblemTable) -> String {
        let correct = choice.chosen.count { problem.candidates[$0].passed == true }
        let what = choice.rejectsAll ? "rejected candidates" : "candidates with the highest score"
        return "first of \(choice.chosen.count) \(what), of which \(correct) passed"
    }

    func write(to document: XMLDocument, className: String) {
        document.element(
            "testcase", ["name": problem, "classname": className, "time": NumberFormat.seconds(seconds)]
        ) {
            switch result {
            case .passed: break
            // Some readers show the attribute, others (GitLab) the content.
            case .failure(let type, let message):
                document.element("failure", ["type": type, "message": message]) { document.text(message) }
            case .error(let type, let message):
                document.element("error", ["type": type, "message": message]) { document.text(message) }
            case .skipped(let message):
                document.element("skipped", ["message": message]) { document.text(message) }
            }
            if case .passed = result, let tie {
                document.element("system-out") { document.text("Chosen as \(tie).") }
            }
        }
    }
}

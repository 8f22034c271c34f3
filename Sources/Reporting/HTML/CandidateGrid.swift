// SPDX-License-Identifier: Apache-2.0
import Metrics
import RunStore
import SelectorKit

/// The candidates of a problem with their verdicts and every selector's scores.
struct CandidateGrid {
    let view: ProblemView

    private var table: ProblemTable { view.table }

    var markup: Markup {
        tag("table", ["class": "candidates"]) {
            tag("caption", ["id": "\(view.anchor)-caption"]) { tag("span", captionText) }
            tag("thead") {
                tag("tr") {
                    tag("th", ["scope": "col"], "Candidate")
                    tag("th", ["scope": "col", "class": "verdict"], "Verdict")
                    tag("th", ["scope": "col"], "CPU s")
                    for selector in view.selectors { tag("th", ["scope": "col"], selector.label) }
                }
            }
            tag("tbody") {
                for index in table.candidates.indices { row(index) }
            }
            if !table.choices.isEmpty { tag("tfoot") { foot } }
        }
    }

    private var captionText: String {
        table.choices.isEmpty
            ? "Candidates and verdicts."
            : "Candidates, verdicts and scores; ◆ marks the choice, with its share where it is tied."
    }

    private func row(_ index: Int) -> Markup {
        let row = table.candidates[index]
        let verdict = Self.verdict(row)
        return tag("tr") {
            tag("th", ["scope": "row"]) {
                "\(index) "
                tag("small", row.id.description)
            }
            tag("td", ["class": "verdict"]) {
                tag("span", ["class": verdict.style], "\(verdict.symbol) \(verdict.title)")
                if let first = row.sameProgramAs { tag("small", " same program as \(first)") }
                if !row.message.isEmpty { tag("small", " " + ProblemView.shortened(row.message)) }
            }
            tag("td", NumberFormat.seconds(row.cpuSeconds))
            for (selector, choice) in table.choices.enumerated() { cell(choice, candidate: index, selector: selector) }
        }
    }

    private func cell(_ choice: Choice, candidate: Int, selector: Int) -> Markup {
        guard choice.state == .scored else { return tag("td", NumberFormat.missing) }
        let text = choice.scores[candidate].map { typographic(NumberFormat.score($0)) }
        let reason = text == nil ? self.reason(candidate: candidate, selector: selector) : nil
        guard choice.chosen.contains(candidate) else {
            if let reason { return tag("td", ["title": reason], "rejected") }
            return tag("td", text ?? "rejected")
        }
        let share = choice.chosen.count > 1 ? " 1/\(choice.chosen.count)" : ""
        return tag("td", ["class": "chosen", "title": reason ?? "chosen"], "◆\(share) \(text ?? "rejected")")
    }

    private func reason(candidate: Int, selector: Int) -> String? {
        guard case .scored(let scores, _, _) = view.scores[selector], case .rejected(let reason) = scores[candidate]
        else {
            return nil
        }
        return reason
    }

    private var foot: Markup {
        tag("tr") {
            tag("th", ["scope": "row"], "Choice correct, %")
            tag("td") {}
            tag("td") {}
            for choice in table.choices {
                tag("td", choice.state == .failed ? "failed" : NumberFormat.percent(choice.correctness))
            }
        }
    }

    static func verdict(_ row: CandidateRow) -> (symbol: String, title: String, style: String) {
        guard let outcome = row.outcome else { return ("?", "no verdict", "") }
        switch row.passed {
        case true: return ("✓", outcomeTitle(outcome, passed: true), "pass")
        case false: return ("✗", outcomeTitle(outcome, passed: false), "fail")
        default: return ("?", outcomeTitle(outcome, passed: false), "")
        }
    }

}

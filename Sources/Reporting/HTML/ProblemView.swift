// SPDX-License-Identifier: Apache-2.0
import Metrics
import RunStore
import SelectorKit

/// One problem of one pool, folded: its candidates, what each selector made of them, and the programs.
struct ProblemView {
    let table: ProblemTable
    let problem: Problem
    let candidates: [CandidateRecord]
    let selectors: [SelectorSummary]
    /// What each selector said, with the reasons of its rejections.
    let scores: [PoolScores?]
    let anchor: String

    /// Longer texts are cut, so that one runaway program cannot make a page unreadable.
    private static let longestText = 60_000
    private static let longestMessage = 300

    var markup: Markup {
        tag("details", ["class": "problem"]) {
            tag("summary") { summary }
            // The anchor is inside, so that a link to it opens the fold.
            tag("div", ["class": "body", "id": anchor]) {
                if let reason = exclusionText { tag("p", ["class": "warning-text"], reason) }
                statement
                scrolling(labelledBy: "\(anchor)-caption") { CandidateGrid(view: self).markup }
                failures
                for index in candidates.indices { program(index) }
            }
        }
    }

    private var summary: [Markup] {
        let scored = table.choices.filter { $0.correctness != nil }
        let right = scored.count { $0.correctness == 1 }
        var parts: [Markup] = [
            tag("span", ["class": "name"]) {
                table.id
                if let title = table.title, title != table.id { tag("span", ["class": "muted"], " " + title) }
            },
            strip,
            tag("span", "\(table.correct)/\(candidates.count)"),
        ]
        if table.exclusion != nil {
            parts.append(tag("span", ["class": "warning-text"], "not compared"))
        } else if !scored.isEmpty {
            parts.append(tag("small", "\(right) of \(scored.count) selectors right"))
        }
        return parts.flatMap { [$0, .text(" ")] }
    }

    private var strip: Markup {
        let text = "\(table.correct) of \(NumberFormat.count(candidates.count, "candidate")) passed"
        return tag("span", ["class": "strip", "role": "img", "aria-label": text]) {
            // Runs of equal verdicts share an element: there are thousands of strips.
            for run in runs(of: table.candidates.map(\.passed)) {
                switch run.value {
                case true: tag("b", String(repeating: "●", count: run.count))
                case false: tag("i", String(repeating: "○", count: run.count))
                default: String(repeating: "?", count: run.count)
                }
            }
        }
    }

    private func runs(of values: [Bool?]) -> [(value: Bool?, count: Int)] {
        values.reduce(into: []) { runs, value in
            if runs.last?.value == value, !runs.isEmpty {
                runs[runs.count - 1].count += 1
            } else {
                runs.append((value, 1))
            }
        }
    }

    private var exclusionText: String? {
        switch table.exclusion {
        case nil: nil
        case .ungraded: "Not compared: a candidate has no verdict."
        case .infrastructureError: "Not compared: grading failed by no fault of the candidate."
        case .unscored: "Not compared: a selector failed on it or was not run."
        }
    }

    private var statement: Markup {
        tag("details") {
            tag("summary", "Statement")
            tag("pre", ["class": "text"]) { Self.cut(problem.statement) }
            if let starter = problem.starterCode, !starter.isEmpty {
                tag("p", "Code that an answer must keep:")
                tag("pre", ["class": "text"]) { Self.cut(starter) }
            }
        }
    }

    /// What selectors said instead of scores.
    private var failures: Markup {
        let failed = zip(selectors, table.choices).filter { $0.1.state == .failed }
        guard !failed.isEmpty else { return .group([]) }
        return tag("ul", ["class": "notes"]) {
            for (selector, choice) in failed {
                tag("li", ["class": "warning"]) { "\(selector.label) failed: \(Self.shortened(choice.message))" }
            }
        }
    }

    private func program(_ index: Int) -> Markup {
        let row = table.candidates[index]
        if row.sameProgramAs != nil { return .group([]) }
        let program = candidates[index].program
        let lines = CodeView.lineCount(of: program)
        return tag("details") {
            tag("summary") {
                "Program \(index) "
                tag(
                    "small",
                    "\(row.id.description), \(CandidateGrid.verdict(row).title), \(NumberFormat.count(lines, "line"))")
            }
            if row.message.unicodeScalars.count > Self.longestMessage {
                tag("pre", ["class": "text"]) { Self.cut(row.message) }
            }
            if program.isEmpty {
                tag("p", "No program could be extracted.")
            } else {
                CodeView(program: Self.cut(program)).markup
            }
        }
    }

    static func shortened(_ text: String) -> String {
        // Scalars, because a single character can be of any length.
        guard text.unicodeScalars.count > longestMessage else { return text }
        return String(text.unicodeScalars.prefix(longestMessage)) + "…"
    }

    private static func cut(_ text: String) -> String {
        guard text.utf8.count > longestText else { return text }
        return String(decoding: text.utf8.prefix(longestText), as: UTF8.self)
            + "\n… cut: the text has \(NumberFormat.integer(text.utf8.count)) bytes."
    }
}

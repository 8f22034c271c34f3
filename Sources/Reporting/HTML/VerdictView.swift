// SPDX-License-Identifier: Apache-2.0
import Metrics
import SelectorKit

/// How a pool's verdicts were made, and the candidates that a person should review.
struct VerdictView {
    let verdicts: VerdictSummary

    /// More would bury the page; the JSON tables have them all.
    private static let longestList = 50

    var markup: Markup {
        .group([
            verdicts.sentences.isEmpty ? .group([]) : tag("p", verdicts.sentences.joined(separator: " ")),
            tampered,
        ])
    }

    private var tampered: Markup {
        guard !verdicts.tampered.isEmpty else { return .group([]) }
        let count = verdicts.tampered.count
        return tag("details", ["class": "problem"]) {
            tag("summary") {
                "\(NumberFormat.count(count, "candidate")) reached for the grading machinery and "
                count == 1 ? "awaits review" : "await review"
            }
            tag("div", ["class": "body"]) {
                tag("ul") {
                    for entry in verdicts.tampered.prefix(Self.longestList) {
                        tag("li") {
                            "\(entry.problem), \(entry.candidate.description): \(ProblemView.shortened(entry.message))"
                        }
                    }
                    if count > Self.longestList {
                        tag("li", "… and \(count - Self.longestList) more; the JSON tables list all.")
                    }
                }
            }
        }
    }
}

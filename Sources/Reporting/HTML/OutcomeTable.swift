// SPDX-License-Identifier: Apache-2.0
import Metrics

/// How many candidates of a pool ended in which outcome, by difficulty.
struct OutcomeTable {
    let pool: PoolTable
    let anchor: String

    var markup: Markup {
        let caption = "\(anchor)-outcomes"
        return .group([tag("p", sentence), table(caption)])
    }

    private var sentence: String {
        let outcomes = pool.overall.outcomes
        let total = outcomes.reduce(pool.overall.ungradedCandidates) { $0 + $1.candidates }
        guard total > 0 else { return "The pool has no candidates." }
        let passed = outcomes.filter(\.passed).reduce(0) { $0 + $1.candidates }
        var text =
            "\(NumberFormat.integer(passed)) of \(NumberFormat.integer(total)) candidates passed (\(NumberFormat.percent(Double(passed) / Double(total))) %)."
        if let worst = outcomes.first(where: { !$0.passed }), worst.outcome != "imported" {
            text += " The most frequent failure is \(worst.title), with \(NumberFormat.integer(worst.candidates))."
        }
        return text
    }

    private func table(_ caption: String) -> Markup {
        scrolling(labelledBy: caption) {
            tag("table", ["class": "outcomes"]) {
                tag("caption", ["id": caption]) { tag("span", "Candidates by outcome, all problems of the pool.") }
                tag("thead") {
                    tag("tr") {
                        tag("th", ["scope": "col"], "Outcome")
                        tag("th", ["scope": "col"], "Share, %")
                        tag("th", ["scope": "col", "class": "barcell"]) {
                            tag("span", ["class": "hidden"], "Share as a bar")
                        }
                        for group in pool.groups { tag("th", ["scope": "col"], group.title) }
                    }
                }
                tag("tbody") {
                    for outcome in pool.overall.outcomes {
                        row(outcome.title, passed: outcome.passed) { group in
                            group.outcomes.first { $0.outcome == outcome.outcome && $0.passed == outcome.passed }?
                                .candidates
                                ?? 0
                        }
                    }
                    if pool.overall.ungradedCandidates > 0 { row("no verdict", passed: false, \.ungradedCandidates) }
                }
            }
        }
    }

    private func row(_ title: String, passed: Bool, _ count: (GroupTable) -> Int) -> Markup {
        let total = pool.overall.outcomes.reduce(pool.overall.ungradedCandidates) { $0 + $1.candidates }
        let share = Double(count(pool.overall)) / Double(max(total, 1))
        return tag("tr") {
            tag("th", ["scope": "row"], title)
            tag("td", NumberFormat.percent(share))
            tag("td", ["class": "barcell"]) {
                tag("span", ["class": passed ? "bar passed" : "bar", "style": "width:\(NumberFormat.percent(share))%"])
            }
            for group in pool.groups { tag("td", "\(count(group))") }
        }
    }
}

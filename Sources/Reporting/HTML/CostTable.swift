// SPDX-License-Identifier: Apache-2.0
import Metrics
import SelectorKit

/// What each selector spent on the compared problems, and how often it did not decide.
struct CostTable {
    let pool: PoolTable
    let anchor: String

    private struct Column {
        var title: String
        var value: (SelectorRow) -> String
    }

    var markup: Markup {
        let caption = "\(anchor)-cost"
        let total = pool.problems.count
        return scrolling(labelledBy: caption) {
            tag("table") {
                tag("caption", ["id": caption]) {
                    tag(
                        "span",
                        "Ties and cost on the \(NumberFormat.count(pool.overall.coverage.counted, "compared problem")). "
                            + "Seconds are summed over problems, which may be scored side by side. "
                            + "First index: pass@1 if the first of the tied candidates is taken.")
                }
                tag("thead") {
                    tag("tr") {
                        tag("th", ["scope": "col"], "Selector")
                        for column in columns { tag("th", ["scope": "col"], column.title) }
                        tag("th", ["scope": "col"], "Problems scored")
                    }
                }
                tag("tbody") {
                    for row in pool.overall.rows {
                        tag("tr") {
                            tag("th", ["scope": "row"], row.label)
                            for column in columns { tag("td", column.value(row)) }
                            tag("td", "\(row.scored) of \(total)" + (row.errored > 0 ? ", \(row.errored) errored" : ""))
                        }
                    }
                }
            }
        }
    }

    /// The counts of a cost that no selector has are left out.
    private var columns: [Column] {
        let counts: [(String, KeyPath<SelectorRow, Int>)] = [
            ("Calls", \.cost.calls), ("Prompt tokens", \.cost.promptTokens),
            ("Completion tokens", \.cost.completionTokens),
            ("Forward passes", \.cost.forwardPasses), ("Executions", \.cost.executions),
        ]
        return [
            Column(title: "First index, %") { NumberFormat.percent($0.firstIndexPassAt1) },
            Column(title: "Tied problems") { "\($0.tiedProblems)" },
            Column(title: "All rejected") { "\($0.allRejectedProblems)" },
            Column(title: "Seconds") { NumberFormat.seconds($0.wallSeconds) },
            Column(title: "CPU seconds") { NumberFormat.seconds($0.cost.cpuSeconds) },
        ]
            + counts.filter { count in pool.overall.rows.contains { $0[keyPath: count.1] > 0 } }
            .map { count in Column(title: count.0) { NumberFormat.integer($0[keyPath: count.1]) } }
    }
}

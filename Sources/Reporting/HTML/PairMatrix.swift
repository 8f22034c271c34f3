// SPDX-License-Identifier: Apache-2.0
import Metrics

/// Every two selectors against each other: the problems that only one of them solved.
struct PairMatrix {
    let pool: PoolTable
    let anchor: String

    private var pairs: [PairComparison] { pool.pairs }

    /// A wider table could not be read.
    private static let mostSelectors = 24

    var markup: Markup {
        let shown = pool.overall.rows.map(\.label).filter { label in
            pairs.contains { $0.first == label || $0.second == label }
        }
        guard (2...Self.mostSelectors).contains(shown.count) else { return .group([]) }
        return .group([
            tag("h3", "Selectors against each other"),
            tag("p", sentence), NoteList(notes: pool.notes.filter { $0.topic == .pairs }, label: nil).markup,
            scrolling(labelledBy: "\(anchor)-pairs") {
                tag("table", ["class": "outcomes pairs"]) {
                    tag("caption", ["id": "\(anchor)-pairs"]) {
                        tag(
                            "span",
                            "Problems on which the selector of the row is right more often – on which that of the column is; tied candidates are shared. "
                                + "Bold: told apart at 5 % (McNemar's exact test, with ties its extension by flipping signs; adjusted for the number of pairs by Holm). "
                                + "Point at a cell for the difference and its p-value."
                        )
                    }
                    tag("thead") {
                        tag("tr") {
                            tag("th", ["scope": "col"], "")
                            for label in shown { tag("th", ["scope": "col"], label) }
                        }
                    }
                    tag("tbody") {
                        for row in shown {
                            tag("tr") {
                                tag("th", ["scope": "row"], row)
                                for column in shown { cell(row, column) }
                            }
                        }
                    }
                }
            },
        ])
    }

    private var told: [PairComparison] { pairs.filter { $0.adjustedP < 0.05 } }

    private var sentence: String {
        let count = NumberFormat.count(pairs.count, "pair")
        guard !told.isEmpty else { return "None of the \(count) can be told apart on these problems." }
        let strongest = told.sorted { ($0.adjustedP, $0.first) < ($1.adjustedP, $1.first) }.prefix(3).map { pair in
            pair.firstBetter > pair.secondBetter
                ? "\(pair.first) over \(pair.second)" : "\(pair.second) over \(pair.first)"
        }
        return
            "\(told.count) of the \(count) can be told apart\(told.count > 3 ? ", most clearly" : ":") \(strongest.joined(separator: ", "))."
    }

    private func cell(_ row: String, _ column: String) -> Markup {
        guard row != column else { return tag("td", "·") }
        for pair in pairs {
            let isForward = pair.first == row && pair.second == column
            guard isForward || (pair.first == column && pair.second == row) else { continue }
            let (own, other) = isForward ? (pair.firstBetter, pair.secondBetter) : (pair.secondBetter, pair.firstBetter)
            let sign = isForward ? 1.0 : -1
            let title =
                "\(row) against \(column): \(typographic(NumberFormat.points(pair.difference.value * sign))) points, p \(NumberFormat.probability(pair.p)), adjusted \(NumberFormat.probability(pair.adjustedP))"
            return tag("td", ["class": pair.adjustedP < 0.05 ? "best" : "", "title": title], "\(own)–\(other)")
        }
        return tag("td", NumberFormat.missing)
    }
}

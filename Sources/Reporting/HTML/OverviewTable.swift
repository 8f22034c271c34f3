// SPDX-License-Identifier: Apache-2.0
import Metrics

/// The table that a pool's section opens with: selectors by difficulty between the random choice and the oracle.
struct OverviewTable {
    let pool: PoolTable
    let selectors: [SelectorSummary]
    /// Distinguishes ids of several pools on a page.
    let anchor: String

    private var groups: [GroupTable] { pool.groups }

    var markup: Markup {
        let caption = "\(anchor)-overview"
        let figure = GainFigure(pool.overall)
        return scrolling(labelledBy: caption) {
            tag("table", ["class": "overview"]) {
                tag("caption", ["id": caption]) { tag("span", captionText) }
                tag("thead") { head(figure) }
                tag("tbody") {
                    reference(
                        "Random choice", "pool mean", \.poolMean, figure?.random)
                    reference(
                        "Random text", "equal programs count once", \.programMean, figure.map { _ in .group([]) })
                    for index in reading { row(index, figure, among: reading) }
                    if !testing.isEmpty {
                        tag("tr", ["class": "class"]) {
                            tag("th", ["scope": "rowgroup", "colspan": "\(columns(figure))"]) {
                                "With tests or execution: these know more than those above, and are a class of comparison of their own."
                            }
                        }
                    }
                    for index in testing { row(index, figure, among: testing) }
                    reference(
                        "Oracle", "any candidate correct", \.oracle, figure?.perfect)
                }
            }
        }
    }

    /// Selectors that read programs and problems alone, and those that see tests or execute.
    private var reading: [Int] { selectors.indices.filter { !selectors[$0].usesTests } }
    private var testing: [Int] { selectors.indices.filter { selectors[$0].usesTests } }

    private func columns(_ figure: GainFigure?) -> Int { groups.count + (figure == nil ? 4 : 5) }

    private var captionText: String {
        var text =
            "Selected pass@1 in percent, ties shared; overall with its 95 % interval over problems (bootstrap), by difficulty with the gain over a random choice in points."
        if let points = pool.pointsPerProblem {
            text +=
                " The highest of a column\(testing.isEmpty ? "" : " in each class") is bold. One problem is \(NumberFormat.percent(points)) points overall. "
                + "p: of the overall gain (paired bootstrap), adjusted for the number of rows (Holm)."
        }
        return text
    }

    private func head(_ figure: GainFigure?) -> Markup {
        tag("tr") {
            tag("th", ["scope": "col"], "Selector")
            for (index, group) in groups.enumerated() {
                tag("th", ["scope": "col"]) {
                    group.title
                    " "
                    tag("small", "n = \(group.coverage.counted)")
                }
                // The figure stands beside the overall value that it draws.
                if index == 0, let figure {
                    tag("th", ["scope": "col", "class": "figurehead"]) {
                        "From random to oracle"
                        figure.axis
                    }
                }
            }
            tag("th", ["scope": "col"]) {
                "Over random, "
                tag("small", "points")
            }
            tag("th", ["scope": "col"]) {
                "Share of the "
                tag("small", "possible gain, %")
            }
            tag("th", ["scope": "col"]) {
                "Scoring "
                tag("small", "seconds")
            }
        }
    }

    private func reference(
        _ name: String, _ explanation: String, _ value: (GroupTable) -> Double?, _ figure: Markup?
    ) -> Markup {
        tag("tr", ["class": "reference"]) {
            tag("th", ["scope": "row"]) {
                name
                " "
                tag("span", ["class": "tags"], explanation)
            }
            for (index, group) in groups.enumerated() {
                tag("td", NumberFormat.percent(value(group)))
                if index == 0, let figure { tag("td", ["class": "figure"]) { figure } }
            }
            tag("td") {}
            tag("td") {}
            tag("td") {}
        }
    }

    private func row(_ index: Int, _ figure: GainFigure?, among rivals: [Int]) -> Markup {
        let row = pool.overall.rows[index]
        return tag("tr") {
            tag("th", ["scope": "row"]) {
                row.label
                " "
                tag("span", ["class": "tags"]) { tags(row, selectors[index]) }
            }
            for (position, group) in groups.enumerated() {
                cell(group.rows[index], among: rivals.map { group.rows[$0] }, isOverall: position == 0)
                if position == 0, let figure { tag("td", ["class": "figure"]) { figure.bar(row.label, row.passAt1) } }
            }
            gain(row)
            tag("td", typographic(NumberFormat.percent(row.normalisedGain)))
            tag("td", NumberFormat.seconds(row.passAt1 == nil ? nil : row.wallSeconds))
        }
    }

    private func gain(_ row: SelectorRow) -> Markup {
        tag("td") {
            typographic(NumberFormat.points(row.gain))
            if let p = row.adjustedGainP {
                " "
                tag("small") {
                    interval(row.gainEstimate, NumberFormat.points)
                    tag("br")
                    "p \(NumberFormat.probability(p))"
                }
            }
        }
    }

    private func interval(_ estimate: Estimate?, _ format: (Double?) -> String) -> String {
        guard let low = estimate?.low, let high = estimate?.high else { return "" }
        return "[\(typographic(format(low))), \(typographic(format(high)))]"
    }

    private func cell(_ row: SelectorRow, among rivals: [SelectorRow], isOverall: Bool) -> Markup {
        let text = NumberFormat.percent(row.passAt1)
        // Compared as printed, so that equal numbers look equal.
        let values = rivals.compactMap(\.passAt1)
        let isBest = row.passAt1 != nil && values.count > 1 && NumberFormat.percent(values.max()) == text
        return tag("td", ["class": isBest ? "best" : ""]) {
            text
            " "
            tag(
                "small",
                isOverall ? interval(row.estimate, NumberFormat.percent) : typographic(NumberFormat.points(row.gain)))
        }
    }

    private func tags(_ row: SelectorRow, _ selector: SelectorSummary) -> [Markup] {
        var tags: [Markup] = []
        if !row.isComplete {
            tags.append(tag("span", ["class": "warning"], "incomplete: \(pool.overall.standing(of: row))"))
        }
        for warning in selector.warnings {
            tags.append(tag("span", ["class": "warning", "title": warning], "see the warning on its model"))
        }
        if !selector.uses.isEmpty { tags.append(tag("span", "uses \(selector.uses.joined(separator: ", "))")) }
        return tags
    }
}

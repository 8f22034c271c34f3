// SPDX-License-Identifier: Apache-2.0
import Metrics

/// What each part of a method contributes.
struct AblationView {
    let ablation: AblationTable

    var markup: Markup {
        tag("section", ["class": "pool", "id": "ablation", "aria-labelledby": "ablation-title"]) {
            tag("h2", ["id": "ablation-title"], "What each part contributes")
            tag(
                "p", ["class": "lead"],
                AblationSentence.text(ablation, points: { typographic(AblationSentence.points($0)) }))
            scrolling(labelledBy: "ablation-caption") {
                tag("table", ["class": "outcomes ablation"]) {
                    tag("caption", ["id": "ablation-caption"]) {
                        tag(
                            "span",
                            "Selected pass@1 in percent, the mean over seeds. In brackets the 95 % interval over problems (bootstrap, paired for differences); p: of the difference from the first row, adjusted for the number of rows (Holm). "
                                + "Random text: a random choice in which equal programs count once, which is what a selector that reads programs starts from."
                        )
                    }
                    tag("thead") {
                        tag("tr") {
                            for title in ["Row", "Pool", "n"] + ablation.difficulties
                                + [
                                    "Overall", "Against the first row, points", "Against random, points",
                                    "Against random text, points",
                                    "AUC, all candidates", "Pair accuracy within problems",
                                ]
                            { tag("th", ["scope": "col"], title) }
                        }
                    }
                    tag("tbody") {
                        for row in ablation.rows { self.row(row) }
                    }
                }
            }
        }
    }

    private func row(_ row: AblationTable.Row) -> Markup {
        tag("tr") {
            tag("th", ["scope": "row"]) {
                row.label
                if row.seeds > 1 {
                    tag("br")
                    tag("small", "\(row.seeds) seeds\(row.seedRange.map { ", \(AblationSentence.range($0))" } ?? "")")
                }
            }
            tag("td", row.pool)
            tag("td", NumberFormat.integer(row.problems))
            for value in row.byDifficulty { tag("td", NumberFormat.percent(value)) }
            estimate(row.passAt1, AblationSentence.percent)
            estimate(row.difference, AblationSentence.points, p: row.adjustedP)
            estimate(row.gain, AblationSentence.points)
            estimate(row.programGain, AblationSentence.points)
            estimate(row.area, AblationSentence.percent)
            estimate(row.pairAccuracy, AblationSentence.percent)
        }
    }

    private func estimate(_ estimate: Estimate?, _ format: (Double) -> String, p: Double? = nil) -> Markup {
        tag("td") {
            typographic(estimate.map { format($0.value) } ?? NumberFormat.missing)
            if let estimate, let low = estimate.low, let high = estimate.high {
                tag("br")
                tag("small") { "[\(typographic(format(low))), \(typographic(format(high)))]" }
                if let p {
                    tag("br")
                    tag("small", "p \(NumberFormat.probability(p))")
                }
            }
        }
    }
}

/// An ablation in words and numbers.
enum AblationSentence {
    /// What can be told from the first row, and what cannot.
    static func text(_ ablation: AblationTable, points: (Double) -> String = points) -> String {
        guard let first = ablation.rows.first, let value = first.passAt1 else {
            return "No row could be computed: not all programs are graded and scored."
        }
        var text = "'\(first.label)' selects a correct program for \(percent(value.value)) % of the problems."
        let told = ablation.rows.dropFirst().filter { ($0.adjustedP ?? 1) < 0.05 }
        if ablation.rows.count > 1 {
            text +=
                told.isEmpty
                ? " On this many problems none of the other rows can be told from it."
                : " Only these differ from it by more than the choice of problems explains: "
                    + told.map { "'\($0.label)' (\(points($0.difference?.value ?? 0)) points)" }.joined(separator: ", ")
                    + "."
        }
        if let gain = first.gain {
            text +=
                gain.differsFromZero
                ? " It is \(gain.value > 0 ? "better" : "worse") than a random choice (\(points(gain.value)) points)."
                : " It cannot be told from a random choice."
        }
        if let gain = first.programGain {
            text +=
                gain.differsFromZero
                ? " Against a random choice in which equal programs count once it gains \(points(gain.value)) points."
                : " It cannot be told from a random choice in which equal programs count once (\(points(gain.value)) points)."
        }
        return text
    }

    static func percent(_ value: Double) -> String { NumberFormat.percent(value) }
    static func points(_ value: Double) -> String { NumberFormat.points(value) }
    static func range(_ values: [Double]) -> String { values.map(percent).joined(separator: " to ") }
}

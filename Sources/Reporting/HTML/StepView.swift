// SPDX-License-Identifier: Apache-2.0
import Metrics

/// How many functions a pool's programs have: a histogram per difficulty and the numbers beside it.
struct StepView {
    /// Overall first, then by difficulty.
    let steps: [StepSummary]
    let anchor: String

    var markup: Markup {
        guard let overall = steps.first, overall.candidates > 0 else { return .group([]) }
        let panels = steps.count > 1 ? Array(steps.dropFirst()) : steps
        let scale = HistogramScale(panels)
        return .group([
            tag("h3", "Functions per program"),
            tag("p", sentence(overall)),
            tag("div", ["class": "panels"]) {
                for panel in panels where panel.candidates > 0 { StepHistogram(summary: panel, scale: scale).markup }
            },
            table,
        ])
    }

    private func sentence(_ overall: StepSummary) -> String {
        var text =
            "A program has \(number(overall.meanSteps)) function steps on average"
        if let single = overall.singleStep {
            text +=
                single == 0
                ? "; none is a single step."
                : "; \(percent(single)) are a single step, where a process reward model judges the program as a whole, as an outcome "
                    + "reward model does."
        }
        let levels = steps.dropFirst().filter { $0.candidates > 0 }
        if let easiest = levels.first, let hardest = levels.last, levels.count > 1 {
            text +=
                " From \(easiest.title) to \(hardest.title) problems the mean goes from \(number(easiest.meanSteps)) to "
                + "\(number(hardest.meanSteps))."
            if let first = easiest.stepsPerProblem, let last = hardest.stepsPerProblem, let low = first.low,
                let high = first.high, let otherLow = last.low, let otherHigh = last.high
            {
                let isTold = low > otherHigh || otherLow > high
                text +=
                    " Counting each problem once, the 95 % intervals are [\(number(low)), \(number(high))] and [\(number(otherLow)), \(number(otherHigh))]: "
                    + (isTold ? "more than chance." : "they overlap, so that it may be chance.")
            }
        }
        return text
    }

    private var table: Markup {
        let caption = "\(anchor)-steps"
        return scrolling(labelledBy: caption) {
            tag("table", ["class": "outcomes"]) {
                tag("caption", ["id": caption]) {
                    tag(
                        "span",
                        "Function steps of all candidates that hold a program; bars above show the share of candidates. "
                            + "Top-down: of the programs with several functions, those where none is called by one defined after it."
                    )
                }
                tag("thead") {
                    tag("tr") {
                        for title in [
                            "Problems", "Programs", "Mean steps", "Median", "One step, %", "Lines per step",
                            "Tokens per step", "Functions with docstring, %", "Top-down, %", "Malformed, %", "Blank",
                        ] { tag("th", ["scope": "col"], title) }
                    }
                }
                tag("tbody") {
                    for summary in steps {
                        tag("tr") {
                            tag("th", ["scope": "row"], summary.title)
                            tag("td", NumberFormat.integer(summary.candidates))
                            tag("td", number(summary.meanSteps))
                            tag("td", number(summary.medianSteps))
                            tag("td", NumberFormat.percent(summary.singleStep))
                            tag("td", number(summary.linesPerStep))
                            tag("td", number(summary.tokensPerStep))
                            tag("td", NumberFormat.percent(summary.documentedFunctions))
                            tag("td", NumberFormat.percent(summary.topDown))
                            tag("td", NumberFormat.percent(summary.malformed))
                            tag("td", NumberFormat.integer(summary.blankCandidates))
                        }
                    }
                }
            }
        }
    }

    private func number(_ value: Double?) -> String { NumberFormat.tenths(value) }

    private func percent(_ share: Double?) -> String {
        share == nil ? NumberFormat.missing : NumberFormat.percent(share) + " %"
    }
}

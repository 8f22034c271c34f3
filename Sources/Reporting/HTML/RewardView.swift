// SPDX-License-Identifier: Apache-2.0
import Foundation
import Metrics

/// How scores go with verdicts: a histogram of correct and wrong candidates for each selector, and how far scores can be read as probabilities.
struct RewardView {
    let rewards: [RewardSummary]
    let anchor: String

    /// More panels would not be looked at.
    private static let mostPanels = 12

    var markup: Markup {
        let shown = rewards.filter { $0.bars.count > 1 }.prefix(Self.mostPanels)
        guard !rewards.isEmpty else { return .group([]) }
        let calibrated = rewards.filter { $0.calibration != nil }
        return .group([
            tag("h3", "Scores and verdicts"), tag("p", sentence),
            tag("div", ["class": "panels"]) { for reward in shown { RewardHistogram(reward: reward).markup } }, table,
            calibrated.isEmpty
                ? .group([])
                : .group([
                    tag("h3", "Do scores mean what they say?"), tag("p", calibrationSentence(calibrated)),
                    tag("div", ["class": "panels"]) {
                        for reward in calibrated.prefix(Self.mostPanels) {
                            if let calibration = reward.calibration {
                                CalibrationChart(label: reward.label, calibration: calibration).markup
                            }
                        }
                    },
                ]),
        ])
    }

    private var sentence: String {
        let informed = rewards.filter { ($0.pairAccuracy?.low ?? 0) > 0.5 }.map(\.label)
        let misled = rewards.filter { ($0.pairAccuracy?.high ?? 1) < 0.5 }.map(\.label)
        let text =
            "Candidates by score, correct ones upwards and wrong ones downwards; the higher the score, the further right. "
            + "What selection needs is that of two candidates of the same problem the correct one scores higher: "
        switch (informed.isEmpty, misled.isEmpty) {
        case (true, true):
            return text + "no selector does that more or less often than a coin, as far as these problems can tell."
        case (false, true):
            return text + "\(informed.joined(separator: ", ")) more often than a coin (95 % interval above 50 %)."
        case (true, false):
            return text
                + "\(misled.joined(separator: ", ")) less often than a coin (95 % interval below 50 %), and none more often."
        case (false, false):
            return text
                + "\(informed.joined(separator: ", ")) more often than a coin, \(misled.joined(separator: ", ")) less often (95 % intervals)."
        }
    }

    private func calibrationSentence(_ rewards: [RewardSummary]) -> String {
        let useful = rewards.filter { reward in reward.calibration.map { $0.brier < $0.brierOfConstant } ?? false }
        return
            "Scores within 0 and 1, read as probabilities to be correct; on the diagonal they are. The area of a dot is the number of candidates. "
            + (useful.isEmpty
                ? "None is nearer to the verdicts (Brier score) than always saying the pool's share of correct candidates."
                : "Nearer to the verdicts (Brier score) than always saying the pool's share of correct candidates: "
                    + useful.map(\.label).joined(separator: ", ") + ".")
    }

    private var table: Markup {
        let caption = "\(anchor)-rewards"
        return scrolling(labelledBy: caption) {
            tag("table", ["class": "outcomes"]) {
                tag("caption", ["id": caption]) {
                    tag(
                        "span",
                        "Pairs ordered rightly: of a correct and a wrong candidate of one problem, how often the correct one scores higher (ties half; mean over problems, "
                            + "95 % interval). Area and precision pool all problems; a selector can know which problem is easy without knowing which candidate is right."
                    )
                }
                tag("thead") {
                    tag("tr") {
                        for title in [
                            "Selector", "Pairs ordered rightly, %", "Area under ROC, %", "Average precision, %",
                            "Brier score", "Calibration error", "Rejected",
                        ] { tag("th", ["scope": "col"], title) }
                    }
                }
                tag("tbody") {
                    for reward in rewards {
                        tag("tr") {
                            tag("th", ["scope": "row"], reward.label)
                            tag("td") {
                                NumberFormat.percent(reward.pairAccuracy?.value)
                                if let low = reward.pairAccuracy?.low, let high = reward.pairAccuracy?.high {
                                    " "
                                    tag("small", "[\(NumberFormat.percent(low)), \(NumberFormat.percent(high))]")
                                }
                            }
                            tag("td", NumberFormat.percent(reward.area))
                            tag("td", NumberFormat.percent(reward.averagePrecision))
                            tag("td", reward.calibration.map { NumberFormat.seconds($0.brier) } ?? NumberFormat.missing)
                            tag("td", reward.calibration.map { NumberFormat.seconds($0.error) } ?? NumberFormat.missing)
                            tag("td", NumberFormat.integer(reward.rejectedPassed + reward.rejectedFailed))
                        }
                    }
                }
            }
        }
    }
}

/// The scores of correct candidates above the line and of wrong ones below it.
struct RewardHistogram {
    let reward: RewardSummary

    private static let width = 300.0
    private static let middle = 62.0
    private static let room = 54.0

    var markup: Markup {
        tag("figure") {
            tag("figcaption") {
                reward.label
                " "
                tag("small", "\(reward.passed) correct, \(reward.failed) wrong")
            }
            tag("svg", ["viewBox": "0 0 300 140", "role": "img"]) {
                tag("title", description)
                for index in reward.bars.indices { bar(index) }
                tag(
                    "line",
                    [
                        "class": "axis", "x1": "0", "x2": "300", "y1": svgTenths(Self.middle),
                        "y2": svgTenths(Self.middle),
                    ])
                tag("text", ["x": "0", "y": "136"], typographic(NumberFormat.score(reward.bars[0].low)))
                tag(
                    "text", ["x": "300", "y": "136", "text-anchor": "end"],
                    typographic(NumberFormat.score(reward.bars[reward.bars.count - 1].high)))
            }
        }
    }

    private var description: String {
        "Scores of \(reward.label), from \(NumberFormat.score(reward.bars[0].low)). Correct: \(reward.bars.map { "\($0.passed)" }.joined(separator: " ")). "
            + "Wrong: \(reward.bars.map { "\($0.failed)" }.joined(separator: " "))."
    }

    @MarkupBuilder private func bar(_ index: Int) -> [Markup] {
        let most = Double(reward.bars.map { max($0.passed, $0.failed) }.max() ?? 1)
        let slot = Self.width / Double(reward.bars.count)
        let bar = reward.bars[index]
        let (up, down) = (Double(bar.passed) / most * Self.room, Double(bar.failed) / most * Self.room)
        let (x, width) = (svgTenths(slot * (Double(index) + 0.08)), svgTenths(slot * 0.84))
        if up > 0 {
            tag(
                "rect",
                ["class": "up", "x": x, "y": svgTenths(Self.middle - up), "width": width, "height": svgTenths(up)])
        }
        if down > 0 {
            tag(
                "rect",
                ["class": "down", "x": x, "y": svgTenths(Self.middle), "width": width, "height": svgTenths(down)])
        }
    }

}

/// The share of correct candidates by score.
struct CalibrationChart {
    let label: String
    let calibration: RewardSummary.Calibration

    private static let side = 180.0
    private static let left = 40.0
    private static let top = 8.0

    var markup: Markup {
        tag("figure") {
            tag("figcaption") {
                label
                " "
                tag(
                    "small",
                    "Brier \(NumberFormat.seconds(calibration.brier)), constant guess \(NumberFormat.seconds(calibration.brierOfConstant))"
                )
            }
            tag("svg", ["viewBox": "0 0 230 222", "role": "img"]) {
                tag("title", description)
                for level in [0.0, 0.5, 1] {
                    tag(
                        "line",
                        ["class": "axis", "x1": x(0), "x2": x(1), "y1": y(level), "y2": y(level)])
                    tag(
                        "text",
                        [
                            "x": svgTenths(Self.left - 5), "y": svgTenths(Self.top + (1 - level) * Self.side + 3.5),
                            "text-anchor": "end",
                        ],
                        "\(Int(level * 100)) %")
                    tag(
                        "text", ["x": x(level), "y": svgTenths(Self.top + Self.side + 14), "text-anchor": "middle"],
                        level == 0.5 ? "0.5" : "\(Int(level))")
                }
                tag("line", ["class": "mean", "x1": x(0), "x2": x(1), "y1": y(0), "y2": y(1)])
                for bin in calibration.bins { dot(bin) }
                tag(
                    "text", ["x": x(0.5), "y": svgTenths(Self.top + Self.side + 28), "text-anchor": "middle"],
                    "score; upwards: correct candidates")
            }
        }
    }

    private var description: String {
        "Share of correct candidates by score of \(label): "
            + calibration.bins.map {
                "\(NumberFormat.percent($0.meanScore)) %: \(NumberFormat.percent($0.correct)) % of \($0.candidates)"
            }.joined(separator: ", ")
    }

    private func dot(_ bin: RewardSummary.Calibration.Bin) -> Markup {
        let most = Double(calibration.bins.map(\.candidates).max() ?? 1)
        let radius = max(1.5, 11 * (Double(bin.candidates) / most).squareRoot())
        return tag("circle", ["class": "up dot", "cx": x(bin.meanScore), "cy": y(bin.correct), "r": svgTenths(radius)])
    }

    private func x(_ value: Double) -> String { svgTenths(Self.left + value * Self.side) }
    private func y(_ value: Double) -> String { svgTenths(Self.top + (1 - value) * Self.side) }
}

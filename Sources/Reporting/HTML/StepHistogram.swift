// SPDX-License-Identifier: Apache-2.0
import Foundation
import Metrics

/// What the histograms beside one another share, so that they can be compared at a glance.
struct HistogramScale {
    /// The last bar; it takes everything above as well where `isOpen`.
    let lastBin: Int
    let isOpen: Bool
    /// The share at the top, a round number.
    let top: Double

    /// More bars could not be told apart on a narrow screen.
    private static let mostBins = 12

    init(_ summaries: [StepSummary]) {
        let most = summaries.compactMap(\.histogram.last?.steps).max() ?? 1
        lastBin = max(min(most, Self.mostBins), 2)
        isOpen = most > Self.mostBins
        let shares = summaries.flatMap { summary in
            Self.shares(of: summary, lastBin: max(min(most, Self.mostBins), 2))
        }
        top = max(((shares.max() ?? 0) * 10).rounded(.up) / 10, 0.1)
    }

    /// The share of candidates in each bar, from one step to the last.
    func shares(of summary: StepSummary) -> [Double] { Self.shares(of: summary, lastBin: lastBin) }

    private static func shares(of summary: StepSummary, lastBin: Int) -> [Double] {
        var shares = [Double](repeating: 0, count: lastBin)
        for entry in summary.histogram {
            shares[min(entry.steps, lastBin) - 1] += Double(entry.candidates) / Double(max(summary.candidates, 1))
        }
        return shares
    }
}

/// The share of candidates by their number of steps.
struct StepHistogram {
    let summary: StepSummary
    let scale: HistogramScale

    private static let width = 300.0
    private static let height = 150.0
    private static let left = 42.0
    private static let bottom = 22.0
    private static let head = 8.0

    var markup: Markup {
        let shares = scale.shares(of: summary)
        return tag("figure") {
            tag("figcaption") {
                summary.title
                " "
                tag("small", NumberFormat.count(summary.candidates, "program"))
            }
            tag("svg", ["viewBox": "0 0 300 150", "role": "img"]) {
                tag("title", description(shares))
                for level in [0, scale.top / 2, scale.top] { line(level) }
                for (index, share) in shares.enumerated() { bar(index, share) }
            }
        }
    }

    private func description(_ shares: [Double]) -> String {
        let parts = shares.enumerated().filter { $0.element > 0 }
            .map { "\(name($0.offset)): \(NumberFormat.percent($0.element)) %" }
        return "Share of programs by number of function steps, \(summary.title). " + parts.joined(separator: ", ")
    }

    private func name(_ index: Int) -> String {
        index + 1 == scale.lastBin && scale.isOpen ? "\(index + 1)+" : "\(index + 1)"
    }

    private func line(_ share: Double) -> Markup {
        let y = svgTenths(vertical(share))
        return .group([
            tag("line", ["class": "axis", "x1": svgTenths(Self.left), "x2": svgTenths(Self.width), "y1": y, "y2": y]),
            tag(
                "text", ["x": svgTenths(Self.left - 5), "y": svgTenths(vertical(share) + 3.5), "text-anchor": "end"],
                percent(share)),
        ])
    }

    private func bar(_ index: Int, _ share: Double) -> Markup {
        let slot = (Self.width - Self.left) / Double(scale.lastBin)
        let x = Self.left + slot * Double(index)
        let y = vertical(share)
        return .group([
            tag(
                "rect",
                [
                    "x": svgTenths(x + slot * 0.12), "y": svgTenths(y), "width": svgTenths(slot * 0.76),
                    "height": svgTenths(vertical(0) - y),
                ]
            ),
            tag(
                "text", ["x": svgTenths(x + slot / 2), "y": svgTenths(Self.height - 7), "text-anchor": "middle"],
                name(index)),
        ])
    }

    private func vertical(_ share: Double) -> Double {
        Self.height - Self.bottom - share / scale.top * (Self.height - Self.bottom - Self.head)
    }

    private func percent(_ share: Double) -> String { String(format: "%.0f %%", share * 100) }
}

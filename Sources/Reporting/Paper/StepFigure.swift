// SPDX-License-Identifier: Apache-2.0
import Foundation
import Metrics

/// How many functions the programs of a pool have, a histogram per difficulty on common scales: the paper's Figure 6.
struct StepFigure {
    let title: String
    let summaries: [StepSummary]
    let scale: HistogramScale

    /// - Parameter pool: its difficulties are drawn; where there are none, all its problems together.
    init?(_ pool: PoolTable, title: String) {
        let rated = pool.steps.count > 1 ? Array(pool.steps.dropFirst()) : pool.steps
        summaries = rated.filter { $0.candidates > 0 }
        guard !summaries.isEmpty else { return nil }
        scale = HistogramScale(summaries)
        self.title = title
    }

    private static let panelWidth = 200.0
    private static let gap = 18.0
    private static let margin = 12.0
    private static let left = 34.0
    private static let panelHeight = 170.0

    func figure(name: String) -> Figure {
        let columns = min(summaries.count, 3)
        let rows = (summaries.count + columns - 1) / columns
        let width = max(
            360, 2 * Self.margin + Self.left + Double(columns) * (Self.panelWidth + Self.gap) - Self.gap)
        let lines = FigureText.lines(title, width: width - 2 * Self.margin, size: 14)
        let top = Self.margin + Double(lines.count) * 19 + 8
        var parts = [FigureText.block(lines, x: Self.margin, y: Self.margin + 12, size: 14, ink: FigureInk.black)]
        for (index, summary) in summaries.enumerated() {
            let x = Self.margin + Self.left + Double(index % columns) * (Self.panelWidth + Self.gap)
            let y = top + Double(index / columns) * (Self.panelHeight + 50)
            parts.append(panel(summary, x: x, y: y, labelled: index % columns == 0))
        }
        let height = top + Double(rows) * (Self.panelHeight + 50)
        return Figure(
            name: name, title: title, description: description, width: width, height: height,
            content: RenderedMarkup(.group(parts)))
    }

    private var description: String {
        "Share of programs by their number of functions. "
            + summaries.map { summary in
                "\(summary.title) (\(NumberFormat.count(summary.candidates, "program")), mean \(NumberFormat.tenths(summary.meanSteps)), "
                    + "\(NumberFormat.percent(summary.singleStep)) % with one): "
                    + scale.shares(of: summary).enumerated().filter { $0.element > 0 }
                    .map { "\(name($0.offset)): \(NumberFormat.percent($0.element)) %" }.joined(separator: ", ")
            }.joined(separator: ". ") + "."
    }

    private func name(_ index: Int) -> String {
        index + 1 == scale.lastBin && scale.isOpen ? "\(index + 1)+" : "\(index + 1)"
    }

    private func panel(_ summary: StepSummary, x: Double, y: Double, labelled: Bool) -> Markup {
        let head = 34.0
        let floor = y + Self.panelHeight
        func vertical(_ share: Double) -> Double { floor - share / scale.top * (Self.panelHeight - head) }
        func label(_ text: String, _ x: Double, _ y: Double, anchor: String, size: String = "10") -> Markup {
            tag(
                "text",
                [
                    "x": svgShort(x), "y": svgShort(y), "text-anchor": anchor, "font-size": size,
                    "fill": FigureInk.muted,
                ], text)
        }
        var parts = [
            tag(
                "text", ["x": svgShort(x), "y": svgShort(y + 11), "font-weight": "bold"],
                FigureText.fitted(summary.title, width: Self.panelWidth, size: 12)),
            label(
                "\(NumberFormat.count(summary.candidates, "program")), mean \(NumberFormat.tenths(summary.meanSteps))",
                x,
                y + 25, anchor: "start"),
        ]
        for level in [0, scale.top / 2, scale.top] {
            let place = svgShort(vertical(level))
            parts.append(
                tag(
                    "line",
                    [
                        "x1": svgShort(x), "x2": svgShort(x + Self.panelWidth), "y1": place, "y2": place,
                        "stroke": level == 0 ? FigureInk.muted : FigureInk.rule, "stroke-width": "1",
                    ]))
            if labelled {
                let percent = String(format: "%.0f %%", level * 100)
                parts.append(label(percent, x - 5, vertical(level) + 3.5, anchor: "end"))
            }
        }
        let slot = Self.panelWidth / Double(scale.lastBin)
        for (index, share) in scale.shares(of: summary).enumerated() {
            let place = x + slot * Double(index)
            parts.append(
                tag(
                    "rect",
                    [
                        "x": svgShort(place + slot * 0.12), "y": svgShort(vertical(share)),
                        "width": svgShort(slot * 0.76), "height": svgShort(floor - vertical(share)),
                        "fill": FigureInk.own,
                    ]))
            parts.append(label(name(index), place + slot / 2, floor + 13, anchor: "middle"))
        }
        parts.append(label("functions per program", x + Self.panelWidth / 2, floor + 29, anchor: "middle"))
        return .group(parts)
    }
}

// SPDX-License-Identifier: Apache-2.0
import Metrics

/// Horizontal bars of pass@1 with their intervals, in groups: the paper's Figure 2 (a ranking) and Figure 5 (a method beside its base model).
public struct BarFigure: Sendable {
    public struct Bar: Sendable, Hashable {
        public enum Style: String, Sendable, Hashable {
            /// A row of the reader's run.
            case own
            /// The base model without selection, or another model.
            case other
            case published
        }

        public var label: String
        public var style: Style
        public var value: Double
        public var low: Double?
        public var high: Double?

        public init(label: String, style: Style, value: Double, low: Double? = nil, high: Double? = nil) {
            self.label = label
            self.style = style
            self.value = value
            self.low = low
            self.high = high
        }
    }

    public struct Group: Sendable, Hashable {
        /// Empty for none.
        public var title: String
        public var bars: [Bar]

        public init(title: String = "", bars: [Bar]) {
            self.title = title
            self.bars = bars
        }
    }

    public var title: String
    public var groups: [Group]
    /// Full sentences below the bars.
    public var notes: [String]
    /// What each style of bar means, in the order of the legend; styles without bars are left out.
    public var legend: [(style: Bar.Style, text: String)]

    public init(title: String, groups: [Group], legend: [(style: Bar.Style, text: String)], notes: [String]) {
        self.title = title
        self.groups = groups
        self.legend = legend
        self.notes = notes
    }

    private static let width = 640.0
    private static let margin = 12.0
    private static let rowHeight = 20.0
    private static let size = 12.0
    private static let small = 10.0
    /// Room for the value behind the longest bar or whisker.
    private static let valueWidth = 40.0

    /// - Parameter name: the file's name.
    public func figure(name: String) -> Figure {
        let drawing = Drawing(self)
        return Figure(
            name: name, title: title, description: description, width: Self.width, height: drawing.height,
            content: RenderedMarkup(.group(drawing.parts)))
    }

    private var description: String {
        let groups = groups.map { group in
            (group.title.isEmpty ? "" : group.title + ": ")
                + group.bars.map { bar in
                    let cell = PaperTable.Cell(bar.value, low: bar.low, high: bar.high)
                    return "\(bar.label) \(cell.text) %" + (cell.bounds.map { " (\($0.low) to \($0.high))" } ?? "")
                        + (bar.style == .published ? ", published" : "")
                }.joined(separator: "; ")
        }
        return "Pass@1 with 95 % intervals where known. " + (groups + notes).joined(separator: " ")
    }

    /// The parts from top to bottom.
    private struct Drawing {
        var parts: [Markup] = []
        private var y: Double
        private let left: Double
        var height: Double { y }

        init(_ figure: BarFigure) {
            let widest =
                figure.groups.flatMap(\.bars).map { FigureText.width($0.label, size: BarFigure.size) }.max() ?? 0
            left = BarFigure.margin + min(max(widest * 1.04, 60), 250) + 8
            y = BarFigure.margin
            addTitle(figure.title)
            addLegend(figure)
            for group in figure.groups {
                if !group.title.isEmpty {
                    parts.append(
                        .group([
                            tag(
                                "text",
                                [
                                    "x": svgShort(BarFigure.margin), "y": svgShort(y + 14),
                                    "font-weight": "bold",
                                ],
                                FigureText.fitted(
                                    group.title, width: BarFigure.width - 2 * BarFigure.margin, size: BarFigure.size))
                        ]))
                    y += BarFigure.rowHeight
                }
                parts.append(lines(from: y, to: y + Double(group.bars.count) * BarFigure.rowHeight))
                for bar in group.bars {
                    parts.append(row(bar))
                    y += BarFigure.rowHeight
                }
                y += 6
            }
            parts.append(marks(below: y - 6))
            y += 34
            addNotes(figure.notes)
            y += BarFigure.margin
        }

        private func x(_ share: Double) -> Double {
            left + min(max(share, 0), 1) * (BarFigure.width - BarFigure.margin - BarFigure.valueWidth - left)
        }

        private mutating func addTitle(_ title: String) {
            let lines = FigureText.lines(title, width: BarFigure.width - 2 * BarFigure.margin, size: 14)
            parts.append(FigureText.block(lines, x: BarFigure.margin, y: y + 12, size: 14, ink: FigureInk.black))
            y += Double(lines.count) * 19 + 6
        }

        private mutating func addLegend(_ figure: BarFigure) {
            let shown = figure.legend.filter { entry in
                figure.groups.contains { $0.bars.contains { $0.style == entry.style } }
            }
            guard shown.count > 1 else { return }
            var across = BarFigure.margin
            for entry in shown {
                let needed = 22 + FigureText.width(entry.text, size: BarFigure.small) + 14
                if across > BarFigure.margin, across + needed > BarFigure.width - BarFigure.margin {
                    across = BarFigure.margin
                    y += 16
                }
                parts.append(
                    .group([
                        Self.bar(entry.style, x: across, y: y, width: 16, height: 10),
                        tag(
                            "text",
                            [
                                "x": svgShort(across + 22), "y": svgShort(y + 9),
                                "font-size": svgShort(BarFigure.small),
                            ], entry.text),
                    ]))
                across += needed
            }
            y += 22
        }

        private mutating func addNotes(_ notes: [String]) {
            for note in notes {
                let lines = FigureText.lines(
                    note, width: BarFigure.width - 2 * BarFigure.margin, size: BarFigure.small)
                parts.append(
                    FigureText.block(
                        lines, x: BarFigure.margin, y: y + 8, size: BarFigure.small, ink: FigureInk.muted))
                y += Double(lines.count) * BarFigure.small * 1.35 + 3
            }
        }

        /// Lines across the bars at each fifth. Bars begin at nothing, so that their lengths are in proportion.
        private func lines(from top: Double, to bottom: Double) -> Markup {
            .group(
                (0...5).map { fifth in
                    let place = svgShort(x(Double(fifth) / 5))
                    return tag(
                        "line",
                        [
                            "x1": place, "x2": place, "y1": svgShort(top), "y2": svgShort(bottom),
                            "stroke": fifth == 0 ? FigureInk.muted : FigureInk.rule, "stroke-width": "1",
                        ])
                })
        }

        private func marks(below bottom: Double) -> Markup {
            func text(_ text: String, _ x: Double, _ y: Double) -> Markup {
                tag(
                    "text",
                    [
                        "x": svgShort(x), "y": svgShort(y), "text-anchor": "middle",
                        "font-size": svgShort(BarFigure.small), "fill": FigureInk.muted,
                    ], text)
            }
            return .group(
                (0...5).map { text("\($0 * 20)", x(Double($0) / 5), bottom + 14) }
                    + [text("pass@1 (%)", (x(0) + x(1)) / 2, bottom + 28)])
        }

        private func row(_ bar: Bar) -> Markup {
            let middle = y + BarFigure.rowHeight / 2
            let label = FigureText.fitted(bar.label, width: left - BarFigure.margin - 8, size: BarFigure.size)
            var parts = [
                tag(
                    "text",
                    [
                        "x": svgShort(left - 8), "y": svgShort(middle + 4), "text-anchor": "end",
                        "font-weight": bar.style == .own ? "bold" : "normal",
                    ], label),
                Self.bar(bar.style, x: x(0), y: middle - 6, width: x(bar.value) - x(0), height: 12),
            ]
            var end = x(bar.value)
            if let low = bar.low, let high = bar.high {
                parts.append(whisker(from: x(low), to: x(high), at: middle))
                end = max(end, x(high))
            }
            parts.append(
                tag(
                    "text",
                    ["x": svgShort(end + 6), "y": svgShort(middle + 4), "font-size": "11"],
                    NumberFormat.percent(bar.value)))
            return .group(parts)
        }

        private static func bar(_ style: Bar.Style, x: Double, y: Double, width: Double, height: Double) -> Markup {
            let (fill, stroke, dash) =
                switch style {
                case .own: (FigureInk.own, FigureInk.own, "none")
                case .other: (FigureInk.other, FigureInk.other, "none")
                case .published: ("#ffffff", FigureInk.published, "4 2")
                }
            return tag(
                "rect",
                [
                    "x": svgShort(x), "y": svgShort(y), "width": svgShort(max(width, 0)),
                    "height": svgShort(height), "fill": fill, "stroke": stroke, "stroke-width": "1",
                    "stroke-dasharray": dash,
                ])
        }

        /// With a white edge, so that it is seen on a dark bar too.
        private func whisker(from low: Double, to high: Double, at y: Double) -> Markup {
            func lines(_ ink: String, width: String) -> Markup {
                .group(
                    [(low, y, high, y), (low, y - 3, low, y + 3), (high, y - 3, high, y + 3)].map { x1, y1, x2, y2 in
                        tag(
                            "line",
                            [
                                "x1": svgShort(x1), "y1": svgShort(y1), "x2": svgShort(x2),
                                "y2": svgShort(y2), "stroke": ink, "stroke-width": width,
                            ])
                    })
            }
            return .group([lines("#ffffff", width: "3.4"), lines(FigureInk.black, width: "1.2")])
        }
    }
}

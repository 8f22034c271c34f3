// SPDX-License-Identifier: Apache-2.0
public import Foundation

/// Lines over a common pair of axes, with a band of uncertainty where there is one.
public struct LineChart: Sendable {
    public struct Point: Sendable, Hashable {
        public var x: Double
        public var y: Double
        /// The interval around `y`.
        public var low: Double?
        public var high: Double?

        public init(x: Double, y: Double, low: Double? = nil, high: Double? = nil) {
            self.x = x
            self.y = y
            self.low = low
            self.high = high
        }
    }

    public struct Series: Sendable, Hashable {
        public var name: String
        public var points: [Point]
        /// A bound or a baseline that the others are seen against, drawn in the colour of the text.
        public var isReference: Bool

        public init(name: String, points: [Point], isReference: Bool = false) {
            self.name = name
            self.points = points
            self.isReference = isReference
        }
    }

    public var title: String
    public var horizontal: String
    public var vertical: String
    public var series: [Series]
    /// Whether each doubling of x has the same width.
    public var isLogarithmic = false

    public init(title: String, horizontal: String, vertical: String, series: [Series]) {
        self.title = title
        self.horizontal = horizontal
        self.vertical = vertical
        self.series = series
    }

    static let width = 620.0
    private static let height = 300.0
    private static let left = 64.0
    private static let right = 16.0
    private static let head = 16.0
    private static let bottom = 46.0
    /// Told apart by people with any kind of colour vision (Okabe and Ito), and by their dashes in print.
    private static let colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00"]
    private static let dashes = ["", "7 4", "2 3", "10 3 2 3", "4 2"]

    /// A colour comes again after five series, with other dashes.
    private func look(_ index: Int, ink: String) -> (colour: String, dash: String) {
        let before = series[..<index].count { $0.isReference == series[index].isReference }
        guard !series[index].isReference else { return (ink, Self.dashes[(before * 2) % Self.dashes.count]) }
        let round = before / Self.colours.count
        return (Self.colours[before % Self.colours.count], Self.dashes[(before + round) % Self.dashes.count])
    }

    /// The chart as a file of its own.
    public func file() -> Data {
        let drawing = tag(
            "svg",
            [
                "xmlns": "http://www.w3.org/2000/svg", "viewBox": "0 0 \(Int(Self.width)) \(Int(fullHeight))",
                "font-family": "sans-serif", "font-size": "12",
            ]
        ) {
            tag("rect", ["width": "100%", "height": "100%", "fill": "#ffffff"])
            content(ink: "#333333")
        }
        return Data(RenderedMarkup(drawing).bytes + [0x0a])
    }

    /// The chart as part of a page.
    var markup: Markup {
        tag("figure", ["class": "chart", "tabindex": "0"]) {
            tag("figcaption", title)
            tag(
                "svg", ["viewBox": "0 0 \(Int(Self.width)) \(Int(fullHeight))", "role": "img", "font-size": "12"]
            ) {
                tag("title", description)
                content(ink: "currentColor")
            }
        }
    }

    var fullHeight: Double { Self.height + 20 * Double(series.count) }

    var description: String {
        title + ". "
            + series.map { series in
                "\(series.name): "
                    + series.points.filter { _ in series.points.count <= 12 }.map { "\(label($0.x)): \(label($0.y))" }
                    .joined(separator: ", ")
            }.joined(separator: "; ")
    }

    // MARK: Drawing

    private struct Frame {
        var x: ClosedRange<Double>
        var y: ClosedRange<Double>
        /// Where lines are drawn across.
        var levels: [Double]
    }

    func content(ink: String) -> Markup {
        let points = series.flatMap(\.points)
        guard let frame = frame(points) else {
            return tag("text", ["x": "20", "y": "40", "fill": ink], "No data.")
        }
        return .group([
            axes(frame, ink: ink), .group(series.indices.map { line($0, frame, ink: ink) }),
            .group(series.indices.map { legend($0, ink: ink) }),
        ])
    }

    private func frame(_ points: [Point]) -> Frame? {
        let xs = points.map { scaled($0.x) }.filter(\.isFinite)
        let ys = points.flatMap { [$0.y, $0.low ?? $0.y, $0.high ?? $0.y] }.filter(\.isFinite)
        guard let left = xs.min(), let right = xs.max(), let low = ys.min(), let high = ys.max() else { return nil }
        // Sizes start at nothing; a zero that is far away would flatten the lines.
        let floor = low >= 0 && low < high * 0.6 ? 0 : low
        let step = roundStep(max(high - floor, 1e-9) / 4)
        let bottom = (floor / step).rounded(.down) * step
        let count = max(1, Int(((high - bottom) / step).rounded(.up)))
        return Frame(
            x: left...max(right, left + 1e-9), y: bottom...(bottom + Double(count) * step),
            levels: (0...count).map { bottom + Double($0) * step })
    }

    /// The next of 1, 2, 2.5, 5 and 10 times a power of ten.
    private func roundStep(_ size: Double) -> Double {
        let power = pow(10, log10(size).rounded(.down))
        return ([1, 2, 2.5, 5, 10].first { $0 * power >= size * 0.999 } ?? 10) * power
    }

    private func scaled(_ x: Double) -> Double { isLogarithmic ? log2(x) : x }

    private func place(_ x: Double, _ y: Double, _ frame: Frame) -> (x: Double, y: Double) {
        let across = (scaled(x) - frame.x.lowerBound) / (frame.x.upperBound - frame.x.lowerBound)
        let up = (y - frame.y.lowerBound) / (frame.y.upperBound - frame.y.lowerBound)
        return (
            Self.left + across * (Self.width - Self.left - Self.right),
            Self.height - Self.bottom - up * (Self.height - Self.bottom - Self.head)
        )
    }

    private func axes(_ frame: Frame, ink: String) -> Markup {
        let known = Set(series.flatMap { $0.points.map(\.x) }.filter { scaled($0).isFinite }).sorted()
        let marks = self.marks(known, frame)
        return .group([
            .group(
                frame.levels.map { level in
                    let y = place(known[0], level, frame).y
                    return .group([
                        tag(
                            "line",
                            [
                                "x1": svgTenths(Self.left), "x2": svgTenths(Self.width - Self.right),
                                "y1": svgTenths(y),
                                "y2": svgTenths(y),
                                "stroke": ink, "stroke-opacity": "0.2",
                            ]),
                        tag(
                            "text",
                            ["x": svgTenths(Self.left - 6), "y": svgTenths(y + 4), "text-anchor": "end", "fill": ink],
                            label(level)),
                    ])
                }),
            .group(
                marks.map { mark in
                    tag(
                        "text",
                        [
                            "x": svgTenths(place(mark, frame.y.lowerBound, frame).x),
                            "y": svgTenths(Self.height - Self.bottom + 16),
                            "text-anchor": "middle", "fill": ink,
                        ], label(mark))
                }),
            tag(
                "text",
                [
                    "x": svgTenths((Self.left + Self.width - Self.right) / 2),
                    "y": svgTenths(Self.height - Self.bottom + 34),
                    "text-anchor": "middle", "fill": ink,
                ], horizontal),
            tag(
                "text",
                [
                    "x": "14", "y": svgTenths((Self.height - Self.bottom) / 2), "text-anchor": "middle", "fill": ink,
                    "transform": "rotate(-90 14 \(svgTenths((Self.height - Self.bottom) / 2)))",
                ], vertical),
        ])
    }

    /// Where values stand below the horizontal axis: all if they are few, else some of them, or round shares of the way.
    private func marks(_ known: [Double], _ frame: Frame) -> [Double] {
        if known.count <= 8 { return known }
        if isLogarithmic {
            let powers = known.filter { $0 >= 1 && log2($0) == log2($0).rounded() }
            if powers.count > 2 { return powers }
        } else if known.allSatisfy({ $0 == $0.rounded() }), known.count <= 64 {
            let stride = (known.count + 7) / 8
            return known.indices.filter { $0 % stride == 0 }.map { known[$0] }
        }
        return (0...4).map {
            let mark = frame.x.lowerBound + Double($0) / 4 * (frame.x.upperBound - frame.x.lowerBound)
            return isLogarithmic ? exp2(mark) : mark
        }
    }

    private func line(_ index: Int, _ frame: Frame, ink: String) -> Markup {
        let (colour, dash) = look(index, ink: ink)
        let points = series[index].points.filter { $0.y.isFinite && scaled($0.x).isFinite }
        func path(_ places: [(x: Double, y: Double)]) -> String {
            places.map { "\(svgTenths($0.x)),\(svgTenths($0.y))" }.joined(separator: " ")
        }
        var parts: [Markup] = []
        let banded = points.filter { $0.low != nil && $0.high != nil }
        if banded.count > 1 {
            let upper = banded.map { place($0.x, $0.high ?? $0.y, frame) }
            let lower = banded.reversed().map { place($0.x, $0.low ?? $0.y, frame) }
            parts.append(tag("polygon", ["points": path(upper + lower), "fill": colour, "fill-opacity": "0.15"]))
        }
        parts.append(
            tag(
                "polyline",
                [
                    "points": path(points.map { place($0.x, $0.y, frame) }), "fill": "none", "stroke": colour,
                    "stroke-width": series[index].isReference ? "1.5" : "2", "stroke-dasharray": dash,
                ]))
        if !series[index].isReference, points.count <= 12 {
            for point in points {
                let (x, y) = place(point.x, point.y, frame)
                parts.append(tag("circle", ["cx": svgTenths(x), "cy": svgTenths(y), "r": "3", "fill": colour]))
            }
        }
        return .group(parts)
    }

    private func legend(_ index: Int, ink: String) -> Markup {
        let y = Self.height + 20 * Double(index)
        let (colour, dash) = look(index, ink: ink)
        return .group([
            tag(
                "line",
                [
                    "x1": svgTenths(Self.left), "x2": svgTenths(Self.left + 30), "y1": svgTenths(y), "y2": svgTenths(y),
                    "stroke": colour, "stroke-width": "2", "stroke-dasharray": dash,
                ]),
            tag("text", ["x": svgTenths(Self.left + 38), "y": svgTenths(y + 4), "fill": ink], series[index].name),
        ])
    }

    /// Four significant digits.
    private func label(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e6 ? String(Int(value)) : String(format: "%.3g", value)
    }
}

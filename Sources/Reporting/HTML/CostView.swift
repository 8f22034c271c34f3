// SPDX-License-Identifier: Apache-2.0
import Foundation
import Metrics

/// What a selector achieves against what it spends, for each kind of cost that any selector has.
struct CostView {
    let pool: PoolTable
    let anchor: String

    var markup: Markup {
        let rows = pool.overall.rows.filter { $0.passAt1 != nil }
        let kinds = CostKind.allCases.filter { kind in rows.contains { kind.total(of: $0) > 0 } }
        guard rows.count > 1, !kinds.isEmpty else { return .group([]) }
        return .group([
            tag("h3", "Accuracy against cost"),
            tag("div", ["class": "choice", "role": "group", "aria-label": "Kind of cost"]) {
                for (index, kind) in kinds.enumerated() {
                    let id = "\(anchor)-cost-\(kind.rawValue)"
                    if index == 0 {
                        tag("input", ["type": "radio", "name": "\(anchor)-cost-kind", "id": id, "checked": ""])
                    } else {
                        tag("input", ["type": "radio", "name": "\(anchor)-cost-kind", "id": id])
                    }
                    tag("label", ["for": id], kind.title)
                    tag("div", ["class": "panel"]) {
                        tag("p", sentence(kind))
                        CostChart(group: pool.overall, kind: kind).markup
                    }
                }
            },
        ])
    }

    private func sentence(_ kind: CostKind) -> String {
        let front = pool.overall.front(by: kind)
        guard let cheapest = front.first, let dearest = front.last, front.count > 1 else {
            return
                "\(front.first?.label ?? "No selector") is the best and needs the least: spending more \(kind.title) buys nothing here."
        }
        var text = "No other selector is both better and cheaper than \(NumberFormat.list(front.map(\.label)))."
        let pair = pool.pairs.first { pair in
            Set([pair.first, pair.second]) == Set([cheapest.label, dearest.label])
        }
        if let pair {
            let gain = NumberFormat.points((dearest.passAt1 ?? 0) - (cheapest.passAt1 ?? 0))
            text +=
                " From \(cheapest.label) to \(dearest.label) it is \(gain) points, "
                + (pair.adjustedP < 0.05
                    ? "more than chance explains (p \(NumberFormat.probability(pair.adjustedP)))."
                    : "which these problems cannot tell from chance (p \(NumberFormat.probability(pair.adjustedP))).")
        }
        return text
    }
}

/// A numbered point per selector: cost per problem to the right, pass@1 upwards with the interval of its gain over a random choice, which is the dotted line.
/// The blue line joins the selectors that none beats in both.
struct CostChart {
    let group: GroupTable
    let kind: CostKind

    private static let width = 740.0
    private static let height = 340.0
    private static let left = 52.0
    private static let right = 244.0
    private static let radius = 8.0
    private static let top = 14.0
    private static let bottom = 48.0

    private struct Dot {
        var label: String
        var cost: Double
        var value: Double
        var low: Double
        var high: Double
        var isOnFront: Bool
    }

    private var dots: [Dot] {
        let front = Set(group.front(by: kind).map(\.label))
        let problems = Double(max(group.coverage.counted, 1))
        return group.rows.compactMap { row in
            row.passAt1.map { value in
                Dot(
                    label: row.label, cost: kind.total(of: row) / problems, value: value,
                    low: max(0, random + (row.gainEstimate?.low ?? value - random)),
                    high: min(1, random + (row.gainEstimate?.high ?? value - random)),
                    isOnFront: front.contains(row.label))
            }
        }.sorted { ($0.value, $1.label) > ($1.value, $0.label) }
    }

    private var random: Double { group.poolMean ?? 0 }

    var markup: Markup {
        let dots = self.dots
        let scale = Scale(dots, random: random)
        return tag("figure", ["class": "chart", "tabindex": "0"]) {
            tag("svg", ["viewBox": "0 0 \(Int(Self.width)) \(Int(Self.height))", "role": "img"]) {
                tag("title", description(dots))
                axes(scale)
                front(dots.filter(\.isOnFront).sorted { ($0.cost, $0.value) < ($1.cost, $1.value) }, scale)
                points(dots, scale)
            }
        }
    }

    private func description(_ dots: [Dot]) -> String {
        "pass@1 against \(kind.title) per problem. "
            + dots.sorted { $0.cost < $1.cost }.map {
                "\($0.label): \(NumberFormat.percent($0.value)) % for \(amount($0.cost))"
            }.joined(separator: "; ")
    }

    // MARK: Scale

    /// Costs differ by orders of magnitude, so each decade has the same width; what costs nothing stands left of it all.
    private struct Scale {
        var decades: ClosedRange<Int>
        var hasFree: Bool
        var levels: [Double]

        init(_ dots: [Dot], random: Double) {
            let costs = dots.map(\.cost).filter { $0 > 0 }
            let low = Int(log10(costs.min() ?? 1).rounded(.down))
            let high = Int(log10(costs.max() ?? 1).rounded(.up))
            decades = low...max(high, low + 1)
            hasFree = costs.count < dots.count
            let bottom = ((dots.map(\.low) + [random]).reduce(1, min) * 20).rounded(.down) / 20
            let top = ((dots.map(\.high) + [random]).reduce(0, max) * 20).rounded(.up) / 20
            let steps = max(1, Int(((top - bottom) * 20).rounded()))
            let stride = steps > 10 ? 4 : steps > 5 ? 2 : 1
            let count = (steps + stride - 1) / stride
            levels = (0...count).map { bottom + Double($0 * stride) / 20 }
        }

        func x(_ cost: Double) -> Double {
            let start = CostChart.left + (hasFree ? 44 : 14)
            let end = CostChart.width - CostChart.right
            guard cost > 0 else { return CostChart.left + 14 }
            let share = (log10(cost) - Double(decades.lowerBound)) / Double(decades.count - 1)
            return start + share * (end - start)
        }

        func y(_ value: Double) -> Double {
            let (low, high) = (levels[0], levels[levels.count - 1])
            return CostChart.height - CostChart.bottom - (value - low) / (high - low)
                * (CostChart.height - CostChart.bottom - CostChart.top)
        }
    }

    // MARK: Drawing

    @MarkupBuilder private func axes(_ scale: Scale) -> [Markup] {
        for level in scale.levels {
            let y = scale.y(level)
            line("axis", Self.left, y, Self.width - Self.right, y)
            label(Self.left - 6, y + 4, "end", String(format: "%.0f %%", level * 100))
        }
        line("mean", Self.left, scale.y(random), Self.width - Self.right, scale.y(random))
        if scale.hasFree { label(scale.x(0), Self.height - Self.bottom + 16, "middle", "none") }
        for decade in scale.decades {
            let cost = pow(10, Double(decade))
            label(scale.x(cost), Self.height - Self.bottom + 16, "middle", amount(cost))
        }
        label(
            (Self.left + Self.width - Self.right) / 2, Self.height - 10, "middle",
            "\(kind.title) per problem, pass@1 upwards")
    }

    private func front(_ dots: [Dot], _ scale: Scale) -> Markup {
        var path = ""
        for dot in dots {
            let (x, y) = (svgTenths(scale.x(dot.cost)), svgTenths(scale.y(dot.value)))
            path += path.isEmpty ? "M\(x) \(y)" : "H\(x)V\(y)"
        }
        return dots.count > 1 ? tag("path", ["class": "front", "d": path]) : .group([])
    }

    /// Numbered from the highest down, as the names beside the chart are. Points that would cover others move to the right, by less than their size each time.
    @MarkupBuilder private func points(_ dots: [Dot], _ scale: Scale) -> [Markup] {
        let places = Self.apart(dots.map { (scale.x($0.cost), scale.y($0.value)) }, by: 2 * Self.radius)
        for (dot, place) in zip(dots, places) {
            line("whisker", place.x, scale.y(dot.low), place.x, scale.y(dot.high))
        }
        for (index, dot) in dots.enumerated() {
            let style = dot.isOnFront ? "up" : "mark"
            let name = dot.label.count > 21 ? dot.label.prefix(20) + "…" : dot.label[...]
            let y = Self.top + 10 + 20 * Double(index)
            for (x, y) in [(places[index].x, places[index].y), (Self.width - Self.right + 26, y - 4)] {
                tag("circle", ["class": style, "cx": svgTenths(x), "cy": svgTenths(y), "r": svgTenths(Self.radius)])
                label(x, y + 3.5, "middle", "\(index + 1)", style: dot.isOnFront ? "number onfront" : "number")
            }
            if y < Self.height {
                label(
                    Self.width - Self.right + 40, y, "start", "\(name) \(NumberFormat.percent(dot.value))",
                    style: dot.isOnFront ? "strong" : "")
            }
        }
    }

    /// Moves points to the right until none covers an earlier one.
    static func apart(_ points: [(Double, Double)], by distance: Double) -> [(x: Double, y: Double)] {
        var placed: [(x: Double, y: Double)] = []
        for (x, y) in points {
            var place = (x: x, y: y)
            while placed.contains(where: {
                ($0.x - place.x) * ($0.x - place.x) + ($0.y - place.y) * ($0.y - place.y) < distance * distance * 0.8
            }) { place.x += distance / 4 }
            placed.append(place)
        }
        return placed
    }

    private func amount(_ cost: Double) -> String {
        guard cost > 0 else { return "nothing" }
        if kind == .cpuSeconds || kind == .wallSeconds {
            return cost < 0.00095
                ? String(format: "%.3g µs", cost * 1e6)
                : cost < 0.95 ? String(format: "%.3g ms", cost * 1e3) : String(format: "%.3g s", cost)
        }
        return cost < 100_000 ? String(format: "%.3g", cost) : String(format: "%.3g M", cost / 1e6)
    }

    private func line(_ style: String, _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double) -> Markup {
        tag(
            "line",
            ["class": style, "x1": svgTenths(x1), "y1": svgTenths(y1), "x2": svgTenths(x2), "y2": svgTenths(y2)])
    }

    private func label(_ x: Double, _ y: Double, _ anchor: String, _ content: String, style: String = "") -> Markup {
        tag("text", ["class": style, "x": svgTenths(x), "y": svgTenths(y), "text-anchor": anchor], content)
    }

}

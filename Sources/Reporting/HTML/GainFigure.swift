// SPDX-License-Identifier: Apache-2.0
import Foundation
import Metrics

/// The small figure in each row of the overview: the way from the pool's mean towards the oracle, all rows on one scale.
struct GainFigure {
    private let mean: Double
    private let oracle: Double
    private let low: Double
    private let high: Double
    private static let width = 256.0
    private static let margin = 14.0

    /// Nil where there is nothing to draw.
    init?(_ group: GroupTable) {
        guard let mean = group.poolMean, let oracle = group.oracle else { return nil }
        self.mean = mean
        self.oracle = oracle
        // To the next 5 points outwards, so that the ends are round numbers.
        let least = group.rows.compactMap(\.passAt1).reduce(mean, min)
        low = max(0, (least * 20 - 0.2).rounded(.down) / 20)
        high = min(1, (oracle * 20 + 0.2).rounded(.up) / 20)
    }

    /// The ends of the scale, for the head of the column.
    var axis: Markup {
        svg("From \(percent(low)) to \(percent(high))") {
            label(low)
            label(high)
        }
    }

    /// A bar from the pool's mean to the value.
    func bar(_ name: String, _ value: Double?) -> Markup {
        guard let value else { return .group([]) }
        let title =
            "\(name): \(percent(value)), \(typographic(NumberFormat.points(value - mean))) points from random (\(percent(mean))); oracle \(percent(oracle))"
        return svg(title) {
            frame
            rectangle(from: min(mean, value), to: max(mean, value), top: 8, height: 8, value < mean ? "down" : "up")
            tag("circle", ["class": value < mean ? "down" : "up", "cx": position(value), "cy": "12", "r": "4.5"])
            marks
        }
    }

    /// The rows of the random choice and of the oracle: the room that selectors have.
    var random: Markup { reference("Random choice: \(percent(mean))", at: mean) }
    var perfect: Markup { reference("Oracle: \(percent(oracle))", at: oracle) }

    private func reference(_ title: String, at value: Double) -> Markup {
        svg(title) {
            frame
            marks
            tag("circle", ["class": "mark", "cx": position(value), "cy": "12", "r": "4"])
        }
    }

    @MarkupBuilder private var frame: [Markup] {
        tag("line", ["class": "axis", "x1": position(low), "x2": position(high), "y1": "12", "y2": "12"])
        rectangle(from: mean, to: oracle, top: 5, height: 14, "room")
    }

    @MarkupBuilder private var marks: [Markup] {
        tag("line", ["class": "mean", "x1": position(mean), "x2": position(mean), "y1": "1", "y2": "23"])
        tag("line", ["class": "oracle", "x1": position(oracle), "x2": position(oracle), "y1": "1", "y2": "23"])
    }

    private func svg(_ title: String, @MarkupBuilder content: () -> [Markup]) -> Markup {
        tag("svg", ["viewBox": "0 0 256 24", "role": "img"]) {
            tag("title", title)
            content()
        }
    }

    private func rectangle(from start: Double, to end: Double, top: Int, height: Int, _ style: String) -> Markup {
        let width = String(format: "%.1f", coordinate(end) - coordinate(start))
        return tag(
            "rect", ["class": style, "x": position(start), "y": "\(top)", "width": width, "height": "\(height)"])
    }

    private func label(_ value: Double) -> Markup {
        tag("text", ["x": position(value), "y": "20", "text-anchor": "middle"], percent(value))
    }

    private func coordinate(_ value: Double) -> Double {
        guard high > low else { return Self.margin }
        return Self.margin + (value - low) / (high - low) * (Self.width - 2 * Self.margin)
    }

    private func position(_ value: Double) -> String { String(format: "%.1f", coordinate(value)) }
    private func percent(_ value: Double) -> String { NumberFormat.percent(value) + " %" }
}

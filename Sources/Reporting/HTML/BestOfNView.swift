// SPDX-License-Identifier: Apache-2.0
import Metrics

/// How selection would fare with fewer candidates, between the pool's mean and the oracle.
struct BestOfNView {
    let curves: BestOfNCurves
    /// The pool's overall rows, which tell what is more than chance.
    let rows: [SelectorRow]

    /// More lines could not be told apart.
    private static let mostCurves = 8
    /// Nor could more bands.
    private static let mostBands = 2

    var markup: Markup {
        let shown = curves.curves.sorted { ($0.values.last ?? 0) > ($1.values.last ?? 0) }.prefix(Self.mostCurves)
        guard !shown.isEmpty else { return .group([]) }
        let chart = LineChart(
            curves, showing: Array(shown), banded: Self.mostBands, title: "Expected pass@1 by the number of candidates",
            horizontal: "n, candidates to choose from", vertical: "pass@1, %", random: "random choice")
        return .group([
            tag("h3", "With fewer candidates"), tag("p", sentence(Array(shown))), chart.markup,
        ])
    }

    private func sentence(_ shown: [BestOfNCurves.Curve]) -> String {
        var text =
            "What would be expected with n of the candidates, on \(NumberFormat.count(curves.problems, "problem")): exact over all subsets for selectors that score candidates one by one"
        let sampled = shown.filter { $0.subsets != nil }
        if let subsets = sampled.first?.subsets {
            text +=
                ", over \(NumberFormat.count(subsets, "random subset")) of each size for \(NumberFormat.list(sampled.map(\.label)))"
        }
        text +=
            curves.curves.count > shown.count
            ? " (the \(shown.count) highest of \(curves.curves.count) are drawn)." : "."
        if !curves.withoutCurve.isEmpty {
            text += " Not drawn, because they compare candidates: \(NumberFormat.list(curves.withoutCurve))"
            text +=
                curves.oracle.count <= BestOfNCurves.mostDrawnCandidates
                ? "; the experiment's key 'subsets' lets those of them that ask no model choose from subsets." : "."
        }
        text +=
            " Bands, for the \(min(shown.count, Self.mostBands)) highest: 95 % intervals of the gain over the random choice; where a band lies above its line, the gain is more than chance."
        let drawn = Set(shown.map(\.label))
        let above = rows.filter { drawn.contains($0.label) && ($0.adjustedGainP ?? 1) < 0.05 && ($0.gain ?? 0) > 0 }
        text +=
            above.isEmpty
            ? " With all candidates none of them is above the random choice beyond chance."
            : " With all candidates \(NumberFormat.list(above.map(\.label))) \(above.count == 1 ? "is" : "are") above the random choice beyond chance."
        // A selector that more candidates lead astray.
        let falling = shown.filter { curve in
            guard let last = curve.values.last, let best = curve.values.max() else { return false }
            return best - last >= 0.01
        }
        if !falling.isEmpty {
            let names = falling.map { curve -> String in
                let best = curve.values.indices.max { curve.values[$0] < curve.values[$1] } ?? 0
                return "\(curve.label) (best with \(best + 1))"
            }
            text +=
                " More candidates do not help everyone: \(names.joined(separator: ", ")) would do better with fewer."
        }
        return text
    }
}

extension LineChart {
    /// Expected pass@1 in percent by the number of candidates, between the oracle and the random choice.
    ///
    /// - Parameters:
    ///   - banded: how many of the first curves have a band.
    ///   - random: what the line of the random choice is called.
    init(
        _ curves: BestOfNCurves, showing shown: [BestOfNCurves.Curve], banded: Int = 0, title: String,
        horizontal: String, vertical: String, random: String
    ) {
        func points(_ values: [Double], _ intervals: [BestOfNCurves.Interval] = []) -> [Point] {
            let intervals = Dictionary(intervals.map { ($0.n, $0) }, uniquingKeysWith: { first, _ in first })
            return values.enumerated().map { index, value in
                let interval = intervals[index + 1]
                return Point(
                    x: Double(index + 1), y: value * 100, low: interval.map { $0.low * 100 },
                    high: interval.map { $0.high * 100 })
            }
        }
        let single = curves.oracle.first ?? 0
        let lines = shown.enumerated().map { place, curve in
            Series(name: curve.label, points: points(curve.values, place < banded ? curve.intervals : []))
        }
        self.init(
            title: title, horizontal: horizontal, vertical: vertical,
            series: [Series(name: "oracle (pass@n)", points: points(curves.oracle), isReference: true)] + lines
                + [Series(name: random, points: points(curves.oracle.map { _ in single }), isReference: true)])
        isLogarithmic = curves.oracle.count > 16
    }
}

// SPDX-License-Identifier: Apache-2.0
public import Metrics

/// A comparison as plain text for a terminal or a log.
public enum ComparisonText {
    /// How many ids of a list are shown.
    private static let most = 10
    private static let width = 110

    /// Renders the table, what changed by name, and what the gates say.
    public static func render(_ comparison: RunComparison, gates: [GateResult] = []) -> String {
        var parts = [heading(comparison)]
        parts += comparison.pools.map(render)
        let notes = comparison.notes.flatMap { wrapped($0, bullet: "- ") }
        if !notes.isEmpty { parts.append(notes.joined(separator: "\n") + "\n") }
        if !gates.isEmpty { parts.append(render(gates)) }
        return parts.joined(separator: "\n")
    }

    /// Why two results cannot be compared.
    public static func render(_ refusal: ComparisonRefusal) -> String { refusal.description }

    private static func heading(_ comparison: RunComparison) -> String {
        func side(_ side: RunComparison.Side) -> String { "\(shown(side.run)) (bestofn \(shown(side.toolVersion)))" }
        return wrapped(
            "Base: \(side(comparison.base)). Head: \(side(comparison.head)). \(NumberFormat.count(comparison.problemCount, "problem")) of \(shown(comparison.benchmark)). Differences are head minus base."
        ).joined(separator: "\n") + "\n"
    }

    // MARK: Pools

    private static func render(_ pool: PoolComparison) -> String {
        var lines = wrapped("Pool \(shown(pool.name)). \(sentence(on: pool))")
        lines.append("")
        lines += TextGrid(rows: table(pool)).lines(width: width)
        lines.append("")
        for row in pool.selectors { lines += details(row) }
        if !pool.verdictChanges.isEmpty {
            let named = pool.verdictChanges.prefix(most).map(\.words)
            lines += wrapped(
                "Verdicts: " + list(named, of: pool.verdictChanges.count, separator: "; ") + ".", bullet: "  ")
        }
        while lines.last == "" { lines.removeLast() }
        return lines.joined(separator: "\n") + "\n"
    }

    static func sentence(on pool: PoolComparison) -> String {
        var sentences = [
            pool.verdictChanges.isEmpty
                ? "No verdict changed."
                : "\(NumberFormat.count(pool.verdictChanges.count, "verdict")) changed between passed and failed."
        ]
        if pool.outcomeChanges > 0 {
            sentences.append(
                "\(NumberFormat.count(pool.outcomeChanges, "candidate")) failed in another way than before.")
        }
        if pool.verdictsOnOneSide > 0 {
            sentences.append(
                "\(NumberFormat.count(pool.verdictsOnOneSide, "candidate")) \(pool.verdictsOnOneSide == 1 ? "has" : "have") a verdict on one side only."
            )
        }
        return sentences.joined(separator: " ")
    }

    /// One row per selector, and below it one per difficulty in which something changed.
    private static func table(_ pool: PoolComparison) -> [[String]] {
        var rows = [
            ["", "n", "base", "head", "change", "95 %", "p", "adj. p", "lost", "gained", "verdicts", "choices"]
        ]
        for selector in pool.selectors {
            guard let overall = selector.overall else {
                rows.append([shown(selector.label), "0"])
                continue
            }
            rows.append([shown(selector.label)] + cells(overall))
            rows += selector.difficulties.filter { $0.lost + $0.gained > 0 }.map {
                ["  " + shown($0.title)] + cells($0)
            }
        }
        return rows
    }

    private static func cells(_ group: GroupComparison) -> [String] {
        [
            "\(group.problems)", NumberFormat.percent(group.base), NumberFormat.percent(group.head),
            NumberFormat.points(group.difference.value), interval(group.difference),
            NumberFormat.probabilityCell(group.p),
            group.adjustedP.map(NumberFormat.probabilityCell) ?? "", "\(group.lost)", "\(group.gained)",
            NumberFormat.points(group.fromVerdicts), NumberFormat.points(group.fromChoices),
        ]
    }

    static func interval(_ estimate: Estimate) -> String {
        guard let low = estimate.low, let high = estimate.high else { return NumberFormat.missing }
        return "[\(NumberFormat.points(low)), \(NumberFormat.points(high))]"
    }

    private static func details(_ row: SelectorComparison) -> [String] {
        var sentences: [String] = []
        if !row.lost.isEmpty {
            sentences.append("lost " + list(row.lost.prefix(most).map(\.words), of: row.lost.count))
        }
        if !row.gained.isEmpty {
            sentences.append("gained " + list(row.gained.prefix(most).map(\.words), of: row.gained.count))
        }
        let silent = row.changedChoices.count - row.lost.count - row.gained.count
        if !row.changedChoices.isEmpty, silent != 0 || sentences.isEmpty {
            sentences.append("chooses otherwise on \(NumberFormat.count(row.changedChoices.count, "problem"))")
        }
        for left in row.leftOut {
            sentences.append(
                "left out \(NumberFormat.count(left.problems.count, "problem")) \(left.reason.title) (\(list(left.problems.prefix(3).map(shown), of: left.problems.count)))"
            )
        }
        let costs = row.costs.filter { $0.kind != .cpu && $0.base != $0.head }
        if !costs.isEmpty { sentences.append(costs.map(\.words).joined(separator: ", ")) }
        guard !sentences.isEmpty else { return [] }
        return wrapped("\(shown(row.label)): \(sentences.joined(separator: "; ")).", bullet: "  ")
    }

    private static func list(_ items: [String], of count: Int, separator: String = ", ") -> String {
        items.joined(separator: separator) + (count > items.count ? " and \(count - items.count) more" : "")
    }

    // MARK: Gates

    private static func render(_ gates: [GateResult]) -> String {
        let failed = gates.filter { $0.outcome == .failed }
        let summary =
            "Gates: \(failed.count) failed, \(gates.count { $0.outcome == .passed }) passed"
            + (gates.contains { $0.outcome == .notJudged }
                ? ", \(gates.count { $0.outcome == .notJudged }) not judged." : ".")
        var lines = [summary]
        for result in gates where result.outcome != .passed {
            let word = result.outcome == .failed ? "FAILED" : "not judged"
            lines += wrapped(
                "\(word) \(result.gate.rawValue) (\(result.subject)): \(result.message)", bullet: "  ")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Breaks at spaces; lines after a bullet are indented under its text.
    private static func wrapped(_ text: String, bullet: String = "") -> [String] {
        var lines: [String] = []
        var line = bullet
        for word in text.split(separator: " ") {
            if line.count > bullet.count, line.count + 1 + word.count > width {
                lines.append(line)
                line = String(repeating: " ", count: bullet.count)
            }
            line += (line.count > bullet.count ? " " : "") + word
        }
        return lines + [line]
    }
}

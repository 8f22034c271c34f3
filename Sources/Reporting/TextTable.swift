// SPDX-License-Identifier: Apache-2.0
public import Metrics

/// A run's tables as plain text for a terminal.
public enum TextTable {
    /// The number of columns that tables and notes keep within where the number of difficulties allows it.
    static let width = 100

    /// Renders all pools: a sentence with the result, one row per selector between random and oracle, and what a reader must know.
    public static func render(_ tables: RunTables) -> String {
        guard !tables.pools.isEmpty else { return "The run '\(tables.run)' has no pools.\n" }
        var parts = tables.pools.map(render)
        if let ablation = tables.ablation { parts.append(render(ablation)) }
        if !tables.warnings.isEmpty {
            parts.append(tables.warnings.flatMap { wrapped($0, bullet: "! ") }.joined(separator: "\n") + "\n")
        }
        return parts.joined(separator: "\n")
    }

    private static func render(_ ablation: AblationTable) -> String {
        func text(_ estimate: Estimate?, _ format: (Double) -> String) -> String {
            guard let estimate else { return "" }
            guard let low = estimate.low, let high = estimate.high else { return format(estimate.value) }
            return "\(format(estimate.value)) [\(format(low)), \(format(high))]"
        }
        let head = [
            "", "pool", "seeds", "pass@1", "difference", "p", "over random", "over random text", "AUC", "pairs",
        ]
        let rows = ablation.rows.map { row in
            [
                row.label, row.pool, "\(row.seeds)", text(row.passAt1, AblationSentence.percent),
                text(row.difference, AblationSentence.points),
                row.adjustedP.map { NumberFormat.probabilityCell($0) } ?? "",
                text(row.gain, AblationSentence.points),
                text(row.programGain, AblationSentence.points),
                text(row.area, AblationSentence.percent), text(row.pairAccuracy, AblationSentence.percent),
            ]
        }
        return
            (wrapped("Ablation. " + AblationSentence.text(ablation)) + [""]
            + TextGrid(rows: ([head] + rows).map { $0.map(visible) }).lines(width: 180)
            + wrapped(
                "p: of the difference from the first row, by flipping signs, adjusted for the number of rows (Holm)."))
            .joined(separator: "\n") + "\n"
    }

    private static func render(_ pool: PoolTable) -> String {
        var lines = wrapped("Pool \(pool.name). \(pool.headline)")
        lines.append("")
        lines += TextGrid(rows: rows(of: pool).map { $0.map(visible) }).lines(width: width)
        lines.append("")
        lines += wrapped(facts(of: pool))
        for note in pool.notes { lines += wrapped(note.text, bullet: note.kind == .warning ? "! " : "- ") }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func rows(of pool: PoolTable) -> [[String]] {
        let overall = pool.overall
        let counted = "\(overall.coverage.counted) of \(overall.coverage.problems)"
        func byDifficulty(_ value: (GroupTable) -> Double?) -> [String] {
            pool.difficulties.map { NumberFormat.percent(value($0)) }
        }
        var rows = [
            ["", "pass@1", "gain", "p", "norm."] + pool.difficulties.map(\.title) + ["seconds", "problems"],
            ["", "", "", ""] + pool.difficulties.map { "n=\($0.coverage.counted)" } + ["", ""],
            ["random", NumberFormat.percent(overall.poolMean), "", "", ""] + byDifficulty(\.poolMean) + [
                "", counted,
            ],
            ["random text", NumberFormat.percent(overall.programMean), "", "", ""] + byDifficulty(\.programMean)
                + ["", counted],
        ]
        for (index, row) in overall.rows.enumerated() {
            rows.append(
                [
                    row.label + (row.isComplete ? "" : " *"), NumberFormat.percent(row.passAt1),
                    NumberFormat.points(row.gain),
                    row.adjustedGainP.map { NumberFormat.probabilityCell($0) } ?? "",
                    NumberFormat.percent(row.normalisedGain),
                ] + byDifficulty { $0.rows[index].passAt1 } + [
                    NumberFormat.seconds(row.wallSeconds),
                    overall.standing(of: row),
                ])
        }
        rows.append(
            ["oracle", NumberFormat.percent(overall.oracle), "", "", ""] + byDifficulty(\.oracle) + ["", counted])
        return rows
    }

    private static func facts(of pool: PoolTable) -> String {
        var facts: [String] = []
        if let points = pool.pointsPerProblem {
            facts.append("One problem is \(NumberFormat.percent(points)) points.")
            facts.append(
                "\(NumberFormat.count(pool.overall.mixedProblems, "problem")) with correct and wrong candidates.")
        }
        if let distinct = pool.overall.distinctPrograms {
            facts.append("\(NumberFormat.percent(distinct)) % of a problem's programs differ.")
        }
        let outcomes = pool.overall.outcomes.map { "\($0.candidates) \($0.title)" }
        if !outcomes.isEmpty { facts.append("Candidates: \(outcomes.joined(separator: ", ")).") }
        if !pool.overall.rows.isEmpty {
            facts.append(
                "random text: a random choice in which equal programs count once; p: of the gain, by paired bootstrap, adjusted "
                    + "for the number of rows; norm.: the gain as a percentage of the oracle's; "
                    + "seconds: scoring.")
        }
        if pool.overall.rows.contains(where: { !$0.isComplete }) { facts.append("*: incomplete row.") }
        return facts.joined(separator: " ")
    }

    /// Without characters that could steer the terminal or turn the text around: messages and names come from outside.
    static func visible(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control: result.append(" ")
            case .format: result.append("\u{FFFD}")
            default: result.append(scalar)
            }
        }
        return String(result)
    }

    /// Breaks at spaces; lines after a bullet are indented under its text.
    static func wrapped(_ text: String, bullet: String = "") -> [String] {
        var lines: [String] = []
        var line = bullet
        for word in visible(text).split(whereSeparator: \.isWhitespace) {
            if line.count > bullet.count, line.count + 1 + word.count > width {
                lines.append(line)
                line = String(repeating: " ", count: bullet.count)
            }
            line += (line.count > bullet.count ? " " : "") + word
        }
        return lines + [line]
    }
}

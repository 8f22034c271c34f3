// SPDX-License-Identifier: Apache-2.0
public import Metrics

/// A leaderboard for the terminal, and its values as CSV.
public enum LeaderboardText {
    public static func render(_ view: LeaderboardView) -> String {
        let table = view.table
        let counts = table.isPerModel ? nil : table.rows.first.map { $0.problemsByDifficulty + [$0.problems] }
        var rows = [["", "overall", "95 % interval"] + table.difficulties + (table.isPerModel ? ["problems"] : [])]
        if let counts {
            rows.append(
                ["", "n=\(counts[counts.count - 1])", ""] + counts.dropLast().map { "n=\($0)" })
        }
        for row in table.rows {
            let interval = PaperTable.Cell(row.overall.value, low: row.overall.low, high: row.overall.high).bounds
            rows.append(
                [
                    "\(row.rank). \(row.name)" + (row.kind == .model ? "" : " \(LeaderboardView.ownMark)"),
                    NumberFormat.percent(row.overall.value),
                    interval.map { "\($0.low)–\($0.high)" } ?? NumberFormat.missing,
                ] + row.byDifficulty.map { NumberFormat.percent($0?.value) }
                    + (table.isPerModel ? ["\(row.problems)"] : []))
        }
        return
            (TextGrid(rows: rows.map { $0.map(TextTable.visible) }).lines(width: TextTable.width) + [""]
            + view.notes.flatMap { TextTable.wrapped($0) }).joined(separator: "\n")
    }

    /// One line per row and difficulty, shares in 0...1 with full precision.
    public static func csv(_ table: LeaderboardTable) -> String {
        var lines = [["rank", "name", "kind", "difficulty", "problems", "pass_at_1", "low", "high"]]
        for row in table.rows {
            let values = zip(table.difficulties, zip(row.byDifficulty, row.problemsByDifficulty)).map {
                ($0, $1.0, $1.1)
            }
            for (difficulty, value, problems) in values + [(PaperTable.overall, row.overall, row.problems)] {
                func text(_ number: Double?) -> String { number.map { "\($0)" } ?? "" }
                lines.append([
                    "\(row.rank)", row.name, row.kind.rawValue, difficulty, "\(problems)", text(value?.value),
                    text(value?.low), text(value?.high),
                ])
            }
        }
        return CSVText.render(lines)
    }
}

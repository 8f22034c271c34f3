// SPDX-License-Identifier: Apache-2.0
public import Metrics

extension PaperTable {
    static let ownMark = "•"

    /// - Parameters:
    ///   - title: what the leaderboard is of, for the caption.
    ///   - run: the name of the run whose rows stand among the models.
    public init(leaderboard table: LeaderboardTable, title: String, run: String? = nil) {
        let counts: [Int?] =
            table.isPerModel
            ? (table.difficulties + [Self.overall]).map { _ in nil }
            : (table.rows.first.map { $0.problemsByDifficulty + [$0.problems] } ?? [])
        self.init(
            caption: "Pass@1 in percent, by place: \(title).", stub: "Model",
            blocks: [Block(title: title, columns: table.difficulties + [Self.overall])],
            groups: [
                Group(
                    title: title, problems: counts,
                    rows: table.rows.map { row in
                        Row(
                            label: "\(row.rank). \(row.name)" + (table.isPerModel ? " (n = \(row.problems))" : ""),
                            kind: row.kind == .model ? .leaderboard : row.kind == .random ? .random : .selector,
                            mark: row.kind == .model ? "" : " \(Self.ownMark)",
                            cells: (row.byDifficulty + [row.overall]).map {
                                $0.map { Cell($0.value, low: $0.low, high: $0.high) }
                            })
                    })
            ], notes: Self.notes(on: table, run: run))
    }

    /// What the rows stand on, in full sentences.
    static func notes(on table: LeaderboardTable, run: String?) -> [String] {
        var notes: [String] = []
        if table.isPerModel {
            notes.append(
                "Each row stands on the problems that it has, which differ: rows with other numbers of problems cannot be compared. "
                    + "All have \(table.commonProblems) of the \(table.problems) problems.")
        } else if table.commonProblems < table.problems {
            notes.append(
                "All rows stand on the \(NumberFormat.count(table.commonProblems, "problem")) that every row has; "
                    + "\(table.problems - table.commonProblems) of \(table.problems) are left out, because some row lacks them."
            )
            let most = table.rows.map(\.known).max() ?? 0
            let sparse = table.rows.filter { Double($0.known) < 0.9 * Double(most) }.sorted { $0.known < $1.known }
            if !sparse.isEmpty, run == nil {
                notes.append(
                    "The fewest problems: "
                        + sparse.prefix(5).map { "\($0.name) (\($0.known))" }.joined(separator: ", ") + ".")
            }
        } else {
            notes.append("All rows stand on the same \(NumberFormat.count(table.problems, "problem")).")
        }
        if let run {
            notes.append(
                "\(ownMark): of run '\(run)', on candidates and verdicts of its own; the leaderboard's models were sampled and graded by others. "
                    + "A selector that chooses among several candidates is not the same as a model's mean over its samples."
            )
        }
        return notes
    }
}

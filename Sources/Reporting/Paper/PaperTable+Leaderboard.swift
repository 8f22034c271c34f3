// SPDX-License-Identifier: Apache-2.0
public import Metrics

/// A leaderboard with what its readers must know: the terminal, tables and the figure say the same of it.
public struct LeaderboardView: Sendable {
    public var table: LeaderboardTable
    /// What the leaderboard is of.
    public var title: String
    /// The name of the run whose rows stand among the models; nil for none.
    public var run: String?
    /// What is to be said of that run.
    public var remarks: [String]

    public init(_ table: LeaderboardTable, title: String, run: String? = nil, remarks: [String] = []) {
        self.table = table
        self.title = title
        self.run = run
        self.remarks = remarks
    }

    /// Set behind the rows of the run.
    static let ownMark = "•"

    /// Full sentences.
    var notes: [String] {
        var notes = [standing]
        if let run {
            notes.append(
                "\(Self.ownMark): of run '\(run)', on candidates and verdicts of its own; the leaderboard's models were sampled and graded by others. "
                    + "A selector that chooses among several candidates is not the same as a model's mean over its samples."
            )
        }
        return notes + remarks
    }

    /// What the rows stand on.
    private var standing: String {
        let common = NumberFormat.count(table.commonProblems, "problem")
        if table.isPerModel {
            return
                "Each row stands on the problems that it has, which differ: rows with other numbers of problems cannot be compared. "
                + "All have \(table.commonProblems) of the \(table.problems) problems."
        }
        let own = table.rows.filter { $0.kind != .model }.map(\.known).max()
        let models = table.rows.filter { $0.kind == .model }
        if let own {
            return
                "All rows stand on the \(common) that the run and every model have: the run has \(own), a model of the leaderboard up to \(models.map(\.known).max() ?? 0)."
        }
        guard table.commonProblems < table.problems else { return "All rows stand on the same \(common)." }
        var text =
            "All rows stand on the \(common) that every model has; \(table.problems - table.commonProblems) of \(table.problems) are left out."
        let most = models.map(\.known).max() ?? 0
        let sparse = models.filter { Double($0.known) < 0.9 * Double(most) }.sorted { $0.known < $1.known }
        if !sparse.isEmpty {
            text +=
                " The fewest have "
                + sparse.prefix(5).map { "\($0.name) (\($0.known))" }.joined(separator: ", ") + "."
        }
        return text
    }
}

extension PaperTable {
    public init(leaderboard view: LeaderboardView) {
        let table = view.table
        let counts: [Int?] =
            table.isPerModel
            ? (table.difficulties + [Self.overall]).map { _ in nil }
            : (table.rows.first.map { $0.problemsByDifficulty + [$0.problems] } ?? [])
        self.init(
            caption: "Pass@1 in percent, by place: \(view.title).", stub: "Model",
            blocks: [Block(title: view.title, columns: table.difficulties + [Self.overall])],
            groups: [
                Group(
                    title: view.title, problems: counts,
                    rows: table.rows.map { row in
                        Row(
                            label: "\(row.rank). \(row.name)" + (table.isPerModel ? " (n = \(row.problems))" : ""),
                            kind: row.kind == .model ? .leaderboard : row.kind == .random ? .random : .selector,
                            mark: row.kind == .model ? "" : " \(LeaderboardView.ownMark)",
                            cells: (row.byDifficulty + [row.overall]).map {
                                $0.map { Cell($0.value, low: $0.low, high: $0.high) }
                            })
                    })
            ], notes: view.notes)
    }
}

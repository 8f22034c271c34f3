// SPDX-License-Identifier: Apache-2.0
public import Metrics

/// A table as papers print it: under each base model its methods, a column per difficulty, blocks of columns per benchmark.
///
/// Made by `init(runs:)` (the layout of the paper's Tables 1 and 2), `init(ablation:)` (Table 3) or `init(leaderboard:)`; rendered by `LaTeXTable` and
/// `MarkdownTable`, which print the same values with the same marks.
public struct PaperTable: Sendable, Hashable {
    public var caption: String
    /// The head of the first column.
    public var stub: String
    public var blocks: [Block]
    public var groups: [Group]
    /// Full sentences that stand below the table.
    public var notes: [String]

    /// The columns of one benchmark.
    public struct Block: Sendable, Hashable {
        public var title: String
        public var columns: [String]
    }

    /// The rows of one base model.
    public struct Group: Sendable, Hashable {
        public var title: String
        /// How many problems the values of each column stand on, over all blocks; nil where the group has no values.
        public var problems: [Int?]
        public var rows: [Row]
    }

    public struct Row: Sendable, Hashable {
        public enum Kind: String, Sendable, Hashable {
            case selector
            /// What a random choice is expected to get: the base model without selection.
            case random
            /// A perfect choice: the upper bound.
            case oracle
            /// A number that others published, on candidates of their own.
            case published
            /// An entry of a leaderboard.
            case leaderboard
        }

        public var label: String
        public var kind: Kind
        /// Set behind the label, such as `*` of an incomplete row; the notes explain it.
        public var mark = ""
        /// One per column, over all blocks.
        public var cells: [Cell?]
    }

    public struct Cell: Sendable, Hashable {
        /// A share in 0...1, or a difference of shares.
        public var value: Double
        public var low: Double?
        public var high: Double?
        /// Whether the value is a difference: printed with a sign.
        public var isDifference = false
        /// Whether the value is the highest of its column in the group.
        public var isBest = false
        /// Whether the data do not show that the value differs from the highest one.
        public var isCloseToBest = false

        public init(_ value: Double, low: Double? = nil, high: Double? = nil, isDifference: Bool = false) {
            self.value = value
            self.low = low
            self.high = high
            self.isDifference = isDifference
        }

        /// The value as tables print it.
        var text: String { isDifference ? NumberFormat.points(value) : NumberFormat.percent(value) }

        /// The bounds of the interval as tables print them; nil without one.
        var bounds: (low: String, high: String)? {
            guard let low, let high else { return nil }
            return isDifference
                ? (NumberFormat.points(low), NumberFormat.points(high))
                : (NumberFormat.percent(low), NumberFormat.percent(high))
        }
    }

    /// The titles of all columns, block by block.
    var columns: [String] { blocks.flatMap(\.columns) }

    /// The number of problems of each column where all groups agree on them; otherwise nil, and each group tells its own.
    var commonProblems: [Int?]? {
        guard let first = groups.first?.problems, first.contains(where: { $0 != nil }),
            groups.allSatisfy({ $0.problems == first })
        else { return nil }
        return first
    }

    /// Whether groups are headed by their titles: a single group's title stands in the caption.
    var showsGroupTitles: Bool { groups.count > 1 }

    static let closeMark = "†"
    static let publishedMark = "‡"

    static let testsMark = "§"

    /// What the marks of the best values mean.
    static let bestNote =
        "Bold: the highest value of its column among a base model's rows, the oracle aside. †: not shown to differ from it "
        + "(p ≥ 0.05; exact sign-flip test of the paired differences, which is McNemar's where no candidates tie; Holm-adjusted within the column)."
    static let intervalNote = "In brackets: 95 % bootstrap intervals over problems."
}

/// What tables and figures of papers read of a run.
public struct PaperRun: Sendable {
    public var tables: RunTables
    /// Of the bootstrap, so that intervals are those of the run's report.
    public var seed: UInt64

    public init(tables: RunTables, seed: UInt64) {
        self.tables = tables
        self.seed = seed
    }
}

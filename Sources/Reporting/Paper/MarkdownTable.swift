// SPDX-License-Identifier: Apache-2.0

/// Tables in Markdown (GitHub's), with their columns aligned in the source too.
public enum MarkdownTable {
    /// - Parameters:
    ///   - intervals: whether each value is followed by its interval.
    ///   - bold: whether the highest values are set in bold.
    public static func render(_ tables: [PaperTable], intervals: Bool = false, bold: Bool = true) -> String {
        tables.map { render($0, intervals: intervals, bold: bold) }.joined(separator: "\n")
    }

    private static func render(_ table: PaperTable, intervals: Bool, bold: Bool) -> String {
        var rows = [[escape(table.stub)] + heads(table)]
        for group in table.groups {
            if table.showsGroupTitles {
                let counts = table.commonProblems == nil ? group.problems.map { $0.map { "n = \($0)" } ?? "" } : []
                rows.append(["*\(escape(group.title))*"] + counts)
            }
            for row in group.rows {
                let label = escape(row.label + row.mark)
                rows.append(
                    [row.kind == .oracle ? "*\(label)*" : label]
                        + row.cells.map { cell($0, intervals: intervals, bold: bold) })
            }
        }
        let notes = table.notes + (intervals ? [PaperTable.intervalNote] : [])
        return escape(table.caption) + "\n\n" + grid(rows) + (notes.isEmpty ? "" : "\n")
            + notes.map { "- \(escape($0))\n" }.joined()
    }

    /// Markdown has no cells over several columns: a column's head names its benchmark where there are several.
    private static func heads(_ table: PaperTable) -> [String] {
        // A single group without a number of its own in some column still tells the others' in the heads.
        let problems = table.commonProblems ?? (table.groups.count == 1 ? table.groups[0].problems : [])
        let titles = table.blocks.flatMap { block in
            block.columns.map { table.blocks.count > 1 ? "\(block.title) \($0)" : $0 }
        }
        return titles.enumerated().map { index, title in
            let count = index < problems.count ? problems[index] : nil
            return escape(title) + (count.map { " (n = \($0))" } ?? "")
        }
    }

    private static func cell(_ cell: PaperTable.Cell?, intervals: Bool, bold: Bool) -> String {
        guard let cell else { return "–" }
        var text = cell.isBest && bold ? "**\(cell.text)**" : cell.text
        if cell.isCloseToBest { text += " \(PaperTable.closeMark)" }
        if intervals, let (low, high) = cell.bounds { text += " [\(low), \(high)]" }
        return text
    }

    private static func grid(_ rows: [[String]]) -> String {
        let columns = rows.map(\.count).max() ?? 0
        let rows = rows.map { $0 + Array(repeating: "", count: columns - $0.count) }
        let widths = (0..<columns).map { column in max(3, rows.map { $0[column].count }.max() ?? 3) }
        func line(_ cells: [String]) -> String {
            "| "
                + zip(cells, widths).enumerated().map { index, cell in
                    let space = String(repeating: " ", count: cell.1 - cell.0.count)
                    return index == 0 ? cell.0 + space : space + cell.0
                }.joined(separator: " | ") + " |\n"
        }
        let rule = widths.enumerated().map { index, width in
            index == 0 ? String(repeating: "-", count: width) : String(repeating: "-", count: width - 1) + ":"
        }
        return line(rows[0]) + line(rule) + rows.dropFirst().map(line).joined()
    }

    /// Text that Markdown prints as it is, on one line of a table.
    static func escape(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\", "|", "*", "_", "`", "<", "[", "]", "~", "$", "&":
                result.append("\\")
                result.append(scalar)
            default:
                switch scalar.properties.generalCategory {
                case .control, .lineSeparator, .paragraphSeparator: result.append(" ")
                // Characters that turn text around.
                case .format: result.append("\u{FFFD}")
                default: result.append(scalar)
                }
            }
        }
        return String(result)
    }
}

// SPDX-License-Identifier: Apache-2.0

/// Tables in LaTeX, with the rules of the booktabs package.
public enum LaTeXTable {
    /// What a document needs in its preamble.
    public static let packages = ["\\usepackage[T1]{fontenc}", "\\usepackage{textcomp}", "\\usepackage{booktabs}"]

    /// The tables, each as a floating `table`, under a comment that says what the preamble needs.
    ///
    /// - Parameters:
    ///   - intervals: whether each value is followed by its interval.
    ///   - bold: whether the highest values are set in bold.
    public static func render(_ tables: [PaperTable], intervals: Bool = false, bold: Bool = true) -> String {
        "% Needs in the preamble: \(packages.joined(separator: " "))\n"
            + tables.map { render($0, intervals: intervals, bold: bold) }.joined(separator: "\n")
    }

    private static let longestLabel = 26

    private static func render(_ table: PaperTable, intervals: Bool, bold: Bool) -> String {
        let columns = table.columns
        let isWide = columns.count > 5
        // Over both columns of a page that has two.
        let environment = columns.count > 4 ? "table*" : "table"
        var lines = [
            "\\begin{\(environment)}[tbp]", "  \\centering", "  \\caption{\(LaTeXText.escape(table.caption))}",
        ]
        // Long names are broken into lines, and many columns stand closer: the table must fit between the margins.
        let isLong = table.groups.contains { $0.rows.contains { ($0.label + $0.mark).count > longestLabel } }
        let share = columns.count > 4 ? intervals || isWide ? 0.27 : 0.3 : 0.37
        if isWide { lines.append("  \\footnotesize\\setlength{\\tabcolsep}{3pt}") }
        lines += [
            "  \\begin{tabular}{\(isLong ? "p{\(share)\\linewidth}" : "l")\(String(repeating: "r", count: columns.count))}",
            "    \\toprule",
        ]
        if table.blocks.count > 1 { lines += blockHeads(table) }
        lines.append(line([table.stub] + columns))
        if let problems = table.commonProblems { lines.append(counts(problems, label: "")) }
        for group in table.groups {
            lines.append("    \\midrule")
            if table.showsGroupTitles {
                lines.append(
                    "    \\multicolumn{\(columns.count + 1)}{l}{\\textit{\(LaTeXText.escape(group.title))}} \\\\")
                if table.commonProblems == nil { lines.append(counts(group.problems, label: "")) }
            } else if table.commonProblems == nil, group.problems.contains(where: { $0 != nil }) {
                lines.append(counts(group.problems, label: ""))
            }
            for row in group.rows {
                let label = (isLong ? "\\raggedright " : "") + LaTeXText.escape(row.label + row.mark)
                let cells = row.cells.map { cell($0, bold: bold) }
                let bounds = row.cells.map { intervals ? interval($0) : "" }
                let hasBounds = bounds.contains { !$0.isEmpty }
                lines.append(
                    "    " + ([row.kind == .oracle ? "\\textit{\(label)}" : label] + cells).joined(separator: " & ")
                        + (hasBounds ? " \\\\[-3pt]" : " \\\\"))
                // Under their values: beside them they would make the table wider than a page.
                if hasBounds { lines.append("    " + ([""] + bounds).joined(separator: " & ") + " \\\\") }
            }
        }
        lines += ["    \\bottomrule", "  \\end{tabular}"]
        let notes = table.notes + (intervals ? [PaperTable.intervalNote] : [])
        if !notes.isEmpty {
            lines += ["", "  \\medskip", "  \\parbox{\\linewidth}{\\footnotesize\\raggedright"]
            lines += notes.map { "    \(LaTeXText.escape($0))\\par" }
            lines.append("  }")
        }
        return (lines + ["\\end{\(environment)}", ""]).joined(separator: "\n")
    }

    private static func blockHeads(_ table: PaperTable) -> [String] {
        var heads = ""
        var rules = ""
        var column = 2
        for block in table.blocks {
            heads += " & \\multicolumn{\(block.columns.count)}{c}{\(LaTeXText.escape(block.title))}"
            rules += "\\cmidrule(lr){\(column)-\(column + block.columns.count - 1)}"
            column += block.columns.count
        }
        return ["   \(heads) \\\\", "    \(rules)"]
    }

    private static func counts(_ problems: [Int?], label: String) -> String {
        "    " + ([label] + problems.map { $0.map { "{\\scriptsize $n = \($0)$}" } ?? "" }).joined(separator: " & ")
            + " \\\\"
    }

    private static func line(_ cells: [String]) -> String {
        "    " + cells.map(LaTeXText.escape).joined(separator: " & ") + " \\\\"
    }

    private static func cell(_ cell: PaperTable.Cell?, bold: Bool) -> String {
        guard let cell else { return "--" }
        var text = number(cell.text)
        if cell.isBest, bold { text = "\\textbf{\(text)}" }
        // Without a width, so that the digits of a column stay below one another.
        if cell.isCloseToBest { text += "\\rlap{\\textsuperscript{\\textdagger}}" }
        return text
    }

    private static func interval(_ cell: PaperTable.Cell?) -> String {
        guard let (low, high) = cell?.bounds else { return "" }
        return "{\\scriptsize {[}\(number(low)), \(number(high)){]}}"
    }

    /// With a minus as long as a plus.
    private static func number(_ text: String) -> String {
        text.hasPrefix("-") ? "$-$" + text.dropFirst() : LaTeXText.escape(text)
    }
}

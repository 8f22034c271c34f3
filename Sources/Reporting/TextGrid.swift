// SPDX-License-Identifier: Apache-2.0

/// Cells in columns: the first column flush left, the others flush right.
package struct TextGrid {
    var rows: [[String]]

    package init(rows: [[String]]) { self.rows = rows }

    /// The rows as lines, two spaces between columns. If they would be wider than `width`, long names in the first column lose their middle.
    package func lines(width: Int) -> [String] {
        guard let columns = rows.map(\.count).max(), columns > 0 else { return [] }
        var widths = (0..<columns).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
        let others = widths.dropFirst().reduce(0) { $0 + $1 + 2 }
        widths[0] = max(min(widths[0], width - others), min(widths[0], 16))
        return rows.map { row in
            var line = pad(Self.shortened(row.first ?? "", to: widths[0]), to: widths[0], left: false)
            for (cell, width) in zip(row.dropFirst(), widths.dropFirst()) {
                line += "  " + pad(cell, to: width, left: true)
            }
            while line.last == " " { line.removeLast() }
            return line
        }
    }

    /// Keeps the head and the tail, because names of one family differ in either.
    static func shortened(_ name: String, to width: Int) -> String {
        guard name.count > width, width > 2 else { return name }
        let tail = (width - 1) / 2
        return name.prefix(width - 1 - tail) + "…" + name.suffix(tail)
    }

    private func pad(_ text: String, to width: Int, left: Bool) -> String {
        let space = String(repeating: " ", count: max(0, width - text.count))
        return left ? space + text : text + space
    }
}

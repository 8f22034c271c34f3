// SPDX-License-Identifier: Apache-2.0
import Metrics
import SelectorKit

/// Every value of runs in long format, as CSV (RFC 4180): one line per run, pool, row and difficulty, with full precision.
///
/// Shares lie in 0...1; numbers have as many digits as it takes to read the same value back; what is not known is empty. Lines end in CR LF.
public enum ResultsCSV {
    /// The names of the columns.
    public static let columns = [
        "run", "benchmark", "pool", "row", "kind", "difficulty", "problems", "problems_in_run", "pass_at_1", "low",
        "high",
        "first_of_tied", "gain", "gain_low", "gain_high", "gain_p", "gain_p_adjusted", "normalised_gain", "is_best",
        "close_to_best", "tied_problems", "scored", "errored", "missing", "calls", "prompt_tokens", "completion_tokens",
        "forward_passes", "executions", "cpu_seconds", "wall_seconds", "seeds", "difference", "difference_low",
        "difference_high", "solved", "source",
    ]

    public static func render(_ runs: [PaperRun], published: [PublishedResults] = []) -> String {
        CSVText.render([columns] + runs.flatMap(lines) + runs.flatMap(ablationLines) + published.flatMap(lines))
    }

    private static func lines(_ run: PaperRun) -> [[String]] {
        // The groups of a single run are its pools.
        let table = PaperTable(runs: [run])
        return zip(table.groups, run.tables.pools).flatMap { group, pool -> [[String]] in
            table.columns.enumerated().flatMap { column, title -> [[String]] in
                guard let values = pool.group(of: title) else { return [] }
                var lines: [[String]] = []
                func add(_ row: PaperTable.Row, _ fill: (inout [String: String]) -> Void) {
                    var fields = [
                        "run": run.tables.run, "benchmark": run.tables.benchmark, "pool": pool.name, "row": row.label,
                        "kind": row.kind.rawValue, "difficulty": title, "problems": "\(values.coverage.counted)",
                        "problems_in_run": "\(values.coverage.problems)",
                    ]
                    if let cell = row.cells[column] {
                        fields["pass_at_1"] = "\(cell.value)"
                        fields["low"] = text(cell.low)
                        fields["high"] = text(cell.high)
                        fields["is_best"] = "\(cell.isBest)"
                        fields["close_to_best"] = "\(cell.isCloseToBest)"
                    }
                    fill(&fields)
                    lines.append(line(fields))
                }
                for row in group.rows {
                    let measured = row.kind == .selector ? values.rows.first { $0.label == row.label } : nil
                    add(row) { fields in
                        if let measured { fill(&fields, measured) }
                        if row.kind == .oracle {
                            fields["is_best"] = nil
                            fields["close_to_best"] = nil
                        }
                    }
                    if row.kind == .random {
                        var text = PaperTable.Row(
                            label: "random text", kind: .random, cells: row.cells.map { _ in nil })
                        text.cells[column] = values.programMean.map { PaperTable.Cell($0) }
                        add(text) { fields in
                            fields["is_best"] = nil
                            fields["close_to_best"] = nil
                        }
                    }
                }
                return lines
            }
        }
    }

    private static func fill(_ fields: inout [String: String], _ row: SelectorRow) {
        fields["first_of_tied"] = text(row.firstIndexPassAt1)
        fields["gain"] = text(row.gain)
        fields["gain_low"] = text(row.gainEstimate?.low)
        fields["gain_high"] = text(row.gainEstimate?.high)
        fields["gain_p"] = text(row.gainP)
        fields["gain_p_adjusted"] = text(row.adjustedGainP)
        fields["normalised_gain"] = text(row.normalisedGain)
        fields["tied_problems"] = "\(row.tiedProblems)"
        fields["scored"] = "\(row.scored)"
        fields["errored"] = "\(row.errored)"
        fields["missing"] = "\(row.missing)"
        fields["calls"] = "\(row.cost.calls)"
        fields["prompt_tokens"] = "\(row.cost.promptTokens)"
        fields["completion_tokens"] = "\(row.cost.completionTokens)"
        fields["forward_passes"] = "\(row.cost.forwardPasses)"
        fields["executions"] = "\(row.cost.executions)"
        fields["cpu_seconds"] = "\(row.cost.cpuSeconds)"
        fields["wall_seconds"] = "\(row.wallSeconds)"
    }

    /// The rows of the ablation table: means over seeds, with the difference to the first row.
    private static func ablationLines(_ run: PaperRun) -> [[String]] {
        guard let ablation = run.tables.ablation else { return [] }
        return ablation.rows.flatMap { row -> [[String]] in
            let common = [
                "run": run.tables.run, "benchmark": run.tables.benchmark, "pool": row.pool, "row": row.label,
                "kind": "ablation", "seeds": "\(row.seeds)",
            ]
            var lines = zip(ablation.difficulties, row.byDifficulty).map { difficulty, value in
                line(common.merging(["difficulty": difficulty, "pass_at_1": text(value)]) { $1 })
            }
            lines.append(
                line(
                    common.merging([
                        "difficulty": PaperTable.overall, "problems": "\(row.problems)",
                        "pass_at_1": text(row.passAt1?.value), "low": text(row.passAt1?.low),
                        "high": text(row.passAt1?.high), "gain": text(row.gain?.value),
                        "gain_low": text(row.gain?.low), "gain_high": text(row.gain?.high),
                        "difference": text(row.difference?.value), "difference_low": text(row.difference?.low),
                        "difference_high": text(row.difference?.high),
                    ]) { $1 }))
            return lines
        }
    }

    private static func lines(_ published: PublishedResults) -> [[String]] {
        published.rows.flatMap { row in
            published.columns.compactMap { column -> [String]? in
                guard let percent = row.passAt1[column] else { return nil }
                return line([
                    "run": published.name, "benchmark": published.benchmark, "pool": published.model, "row": row.method,
                    "kind": "published", "difficulty": column, "problems": text(published.problems[column]),
                    "pass_at_1": "\(published.share(of: row, column) ?? percent / 100)",
                    "solved": text(row.solved?[column]),
                    "source": published.source.citation,
                ])
            }
        }
    }

    private static func line(_ fields: [String: String]) -> [String] { columns.map { fields[$0] ?? "" } }
    private static func text(_ value: Double?) -> String { value.map { "\($0)" } ?? "" }
    private static func text(_ value: Int?) -> String { value.map { "\($0)" } ?? "" }
}

/// CSV as RFC 4180 has it.
enum CSVText {
    static func render(_ lines: [[String]]) -> String {
        lines.map { $0.map(field).joined(separator: ",") + "\r\n" }.joined()
    }

    /// Quoted where it holds a comma, a quotation mark, a line end, or spaces at its ends, which some readers drop.
    static func field(_ text: String) -> String {
        let needsQuotes =
            text.unicodeScalars.contains { ",\"\r\n".unicodeScalars.contains($0) } || text.first == " "
            || text.last == " "
        return needsQuotes ? "\"" + text.replacing("\"", with: "\"\"") + "\"" : text
    }
}

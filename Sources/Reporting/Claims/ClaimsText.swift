// SPDX-License-Identifier: Apache-2.0
public import Metrics

/// What can be claimed from counts, for a terminal.
public enum ClaimsText {
    public static func render(_ claims: Claims) -> String {
        let n = claims.problems
        var lines = [
            "\(NumberFormat.count(n, "problem")). Which of them each method solved is not known: p-values are bounds over all possibilities.",
            "",
        ]
        lines += TextGrid(
            rows: [["", "solved", "pass@1", "95 % interval"]]
                + claims.rows.map { row in
                    [
                        row.name, "\(row.solved)", NumberFormat.percent(row.passAt1),
                        "[\(NumberFormat.percent(row.low)), \(NumberFormat.percent(row.high))]",
                    ]
                }
        ).lines(width: 160)
        lines.append("")
        if !claims.pairs.isEmpty {
            lines += TextGrid(
                rows: [["", "problems", "points", "p at least", "p at most", "least, adjusted"]]
                    + claims.pairs.map { pair in
                        [
                            "\(pair.better) over \(pair.other)", "+\(pair.problems)",
                            NumberFormat.points(Double(pair.problems) / Double(n)),
                            NumberFormat.probabilityCell(pair.leastP),
                            NumberFormat.probabilityCell(pair.greatestP),
                            NumberFormat.probabilityCell(pair.leastAdjustedP),
                        ]
                    }
            ).lines(width: 160)
            lines.append("")
            for pair in claims.pairs { lines.append("\(pair.better) over \(pair.other): \(conclusion(pair, claims))") }
            lines.append("")
        }
        lines += reach(claims)
        return lines.joined(separator: "\n") + "\n"
    }

    private static func conclusion(_ pair: Claims.Pair, _ claims: Claims) -> String {
        guard pair.problems > 0 else { return "no difference." }
        let alone = pair.mostAlone.map { most in
            most == 0
                ? "if \(pair.other) solved none that \(pair.better) did not"
                : "if \(pair.other) solved at most \(most) that \(pair.better) did not"
        }
        switch pair.conclusion {
        case .impossible:
            let needed = pair.fewestProblems.map {
                " To find such a difference four times out of five takes \(NumberFormat.integer($0)) problems at the very least"
                    + (pair.problemsAtTenth.map {
                        ", \(NumberFormat.integer($0)) if the two differ on a tenth of them."
                    } ?? ".")
            }
            return "cannot be significant, whichever problems were solved." + (needed ?? "")
        case .impossibleAmongAll:
            return "cannot be significant among \(claims.pairs.count) comparisons; as the only one, \(alone ?? "")."
        case .open:
            return "significant by itself \(alone ?? ""); that needs the results problem by problem."
        case .certain: return "significant, whichever problems were solved."
        }
    }

    private static func reach(_ claims: Claims) -> [String] {
        let known = claims.reach.map { reach in
            "\(NumberFormat.percent(reach.discordance)) %: "
                + (reach.difference.map { "\(NumberFormat.percent($0)) points" } ?? "no difference is enough")
        }
        return [
            "What \(NumberFormat.count(claims.problems, "problem")) can show four times out of five (McNemar's exact test, alpha \(claims.alpha)), by the share of problems that only one of two solves:",
            "  " + known.joined(separator: "; "),
        ]
    }
}

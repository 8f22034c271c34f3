// SPDX-License-Identifier: Apache-2.0
public import Metrics

/// The gates of a comparison as workflow commands, which GitHub Actions turns into annotations.
public enum GitHubAnnotations {
    /// GitHub shows this many annotations of a kind per step.
    private static let most = 10
    private static let detailLines = 20

    /// One line per failed gate, one per gate that could not judge, and one that says how many passed.
    public static func render(_ gates: [GateResult]) -> String {
        func lines(_ outcome: GateResult.Outcome, as command: String) -> [String] {
            let results = gates.filter { $0.outcome == outcome }
            let shown = results.count > most ? most - 1 : results.count
            var lines = results.prefix(shown).map { result in
                let details = result.details.prefix(detailLines)
                let more = result.details.count - details.count
                return line(
                    command, title: "bestofn \(result.gate.rawValue): \(result.subject)",
                    ([result.message] + details + (more > 0 ? ["and \(more) more"] : [])).joined(separator: "\n"))
            }
            if results.count > shown {
                lines.append(
                    line(command, title: "bestofn compare", "And \(results.count - shown) more; see the job's summary.")
                )
            }
            return lines
        }
        let passed = gates.count { $0.outcome == .passed }
        let summary =
            gates.isEmpty
            ? "No gate was asked for." : "\(passed) of \(NumberFormat.count(gates.count, "gate")) passed."
        let all =
            lines(.failed, as: "error") + lines(.notJudged, as: "warning")
            + [line("notice", title: "bestofn compare", summary)]
        return all.joined(separator: "\n") + "\n"
    }

    /// Why two results cannot be compared.
    public static func render(_ refusal: ComparisonRefusal) -> String {
        line("error", title: "bestofn compare", refusal.description) + "\n"
    }

    static func line(_ command: String, title: String, _ message: String) -> String {
        "::\(command) title=\(property(title))::\(data(message))"
    }

    /// A message: what would end the line or begin an escape is escaped.
    static func data(_ text: String) -> String {
        text.replacing("%", with: "%25").replacing("\r\n", with: "%0D%0A").replacing("\r", with: "%0D")
            .replacing("\n", with: "%0A")
    }

    /// A property's value: a colon or a comma would end it.
    static func property(_ text: String) -> String {
        data(text).replacing(":", with: "%3A").replacing(",", with: "%2C")
    }
}

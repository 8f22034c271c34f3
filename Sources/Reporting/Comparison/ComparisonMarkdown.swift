// SPDX-License-Identifier: Apache-2.0
public import Metrics

/// A comparison as Markdown for a comment on a pull request or a job's summary.
public enum ComparisonMarkdown {
    /// GitHub refuses comments of more than 65,536 characters.
    static let mostCharacters = 60_000

    /// Renders what failed, the table of what changed, and the rest folded. Long lists are cut so that the text fits into a comment.
    public static func render(_ comparison: RunComparison, gates: [GateResult] = []) -> String {
        var text = ""
        for most in [200, 50, 10, 3] {
            text = Page(comparison: comparison, gates: gates, most: most).text
            if text.unicodeScalars.count <= mostCharacters { return text }
        }
        return Page(comparison: comparison, gates: gates, most: 0).text
    }

    /// Why two results cannot be compared.
    public static func render(_ refusal: ComparisonRefusal) -> String {
        let reasons = refusal.reasons.map { "* " + MarkdownText.escaped($0) }
        return "### bestofn compare: the two results cannot be compared\n\n" + reasons.joined(separator: "\n") + "\n"
    }
}

/// One rendering, in which lists have at most so many entries.
private struct Page {
    let comparison: RunComparison
    let gates: [GateResult]
    let most: Int

    var text: String {
        var lines = ["### bestofn compare: \(verdict)", ""]
        lines += [heading, ""]
        lines += failures
        for pool in comparison.pools { lines += section(pool) }
        if !comparison.notes.isEmpty {
            lines += limited(comparison.notes.map { "* " + MarkdownText.escaped($0) }) + [""]
        }
        while lines.last == "" { lines.removeLast() }
        return lines.joined(separator: "\n") + "\n"
    }

    private var verdict: String {
        if gates.isEmpty { return "no gate was asked for" }
        let failed = gates.count { $0.outcome == .failed }
        return failed == 0 ? "no gate failed" : "\(NumberFormat.count(failed, "gate")) failed"
    }

    private var heading: String {
        func side(_ side: RunComparison.Side) -> String {
            "\(MarkdownText.code(side.run)) (bestofn \(MarkdownText.escaped(side.toolVersion)))"
        }
        return
            "Base: \(side(comparison.base)). Head: \(side(comparison.head)). \(NumberFormat.count(comparison.problemCount, "problem")) of \(MarkdownText.code(comparison.benchmark)). Values are pass@1 in percent, changes are head minus base in points."
    }

    private var failures: [String] {
        let shown = gates.filter { $0.outcome != .passed }
        guard !shown.isEmpty else { return [] }
        let rows = shown.prefix(max(most, 10)).map { result in
            [
                result.gate.rawValue, MarkdownText.code(result.pool), result.selector.map(MarkdownText.code) ?? "",
                (result.outcome == .failed ? "**failed:** " : "not judged: ") + MarkdownText.escaped(result.message),
            ]
        }
        let more = shown.count - rows.count
        return MarkdownText.table(["gate", "pool", "selector", "result"], rows, left: 4)
            + (more > 0 ? ["", "And \(more) more."] : []) + [""]
    }

    private func section(_ pool: PoolComparison) -> [String] {
        let changed = pool.selectors.filter(\.hasChanges)
        let unchanged = pool.selectors.filter { !$0.hasChanges }
        var lines = ["#### Pool \(MarkdownText.code(pool.name))", "", ComparisonText.sentence(on: pool), ""]
        if !changed.isEmpty {
            lines += MarkdownText.table(
                columns(first: "selector"),
                changed.map { row in
                    [MarkdownText.code(row.label)] + cells(row.overall)
                })
            lines.append("")
        }
        if !unchanged.isEmpty {
            lines += [
                "Nothing changed for \(limited(unchanged.map { MarkdownText.code($0.label) }, word: "").joined(separator: ", ")).",
                "",
            ]
        }
        let byDifficulty = changed.flatMap { row in
            row.difficulties.map { [MarkdownText.code(row.label), MarkdownText.code($0.title)] + cells($0) }
        }
        if !byDifficulty.isEmpty, most > 0 {
            lines += MarkdownText.details(
                "By difficulty",
                MarkdownText.table(
                    ["selector"] + columns(first: "difficulty"), Array(byDifficulty.prefix(most)), left: 2))
        }
        lines += problems(changed) + verdicts(pool) + rest(pool)
        return lines
    }

    private func columns(first: String) -> [String] {
        [first, "n", "base", "head", "change", "95 %", "p", "adj. p", "lost", "gained", "by verdicts", "by choices"]
    }

    private func cells(_ group: GroupComparison?) -> [String] {
        guard let group else { return ["0"] + Array(repeating: NumberFormat.missing, count: 10) }
        return [
            "\(group.problems)", NumberFormat.percent(group.base), NumberFormat.percent(group.head),
            NumberFormat.points(group.difference.value), ComparisonText.interval(group.difference),
            NumberFormat.probabilityCell(group.p), group.adjustedP.map(NumberFormat.probabilityCell) ?? "",
            "\(group.lost)", "\(group.gained)", NumberFormat.points(group.fromVerdicts),
            NumberFormat.points(group.fromChoices),
        ]
    }

    private func problems(_ rows: [SelectorComparison]) -> [String] {
        let rows = rows.filter { !$0.lost.isEmpty || !$0.gained.isEmpty }
        guard !rows.isEmpty, most > 0 else { return [] }
        func names(_ changes: [ProblemChange]) -> String {
            limited(changes.map(name), word: "").joined(separator: ", ")
        }
        let lines = rows.map { row in
            "* \(MarkdownText.code(row.label)): "
                + [
                    row.lost.isEmpty ? nil : "lost \(names(row.lost))",
                    row.gained.isEmpty ? nil : "gained \(names(row.gained))",
                ].compactMap { $0 }.joined(separator: "; ")
        }
        return MarkdownText.details("Problems lost and gained", lines)
    }

    private func name(_ change: ProblemChange) -> String {
        change.isWhole
            ? MarkdownText.code(change.id)
            : "\(MarkdownText.code(change.id)) (\(NumberFormat.percent(change.base)) → \(NumberFormat.percent(change.head)))"
    }

    private func verdicts(_ pool: PoolComparison) -> [String] {
        guard !pool.verdictChanges.isEmpty, most > 0 else { return [] }
        return MarkdownText.details(
            "\(NumberFormat.count(pool.verdictChanges.count, "verdict")) changed",
            limited(
                pool.verdictChanges.map {
                    "* \(MarkdownText.code($0.problem)) candidate \($0.candidate): \(MarkdownText.escaped($0.title))"
                }))
    }

    /// Costs and what was left out.
    private func rest(_ pool: PoolComparison) -> [String] {
        var lines: [String] = []
        for row in pool.selectors {
            let costs = row.costs.filter { $0.kind != .cpu && $0.base != $0.head }
            if !costs.isEmpty {
                lines.append(
                    "* \(MarkdownText.code(row.label)): \(MarkdownText.escaped(costs.map(\.words).joined(separator: ", ")))"
                )
            }
            for left in row.leftOut {
                let names = limited(left.problems.map(MarkdownText.code), word: "", at: 20)
                lines.append(
                    "* \(MarkdownText.code(row.label)): left out \(NumberFormat.count(left.problems.count, "problem")) \(left.reason.title): \(names.joined(separator: ", "))"
                )
            }
        }
        guard !lines.isEmpty, most > 0 else { return [] }
        return MarkdownText.details("Costs, and problems left out", limited(lines))
    }

    private func limited(_ items: [String], word: String = "* ", at limit: Int = .max) -> [String] {
        let count = min(most, limit)
        return items.count <= count ? items : items.prefix(count) + ["\(word)and \(items.count - count) more"]
    }
}

extension SelectorComparison {
    /// Whether anything but its CPU time is different.
    var hasChanges: Bool {
        overall == nil || !lost.isEmpty || !gained.isEmpty || !changedChoices.isEmpty || !leftOut.isEmpty
    }
}

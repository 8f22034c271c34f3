// SPDX-License-Identifier: Apache-2.0
import Metrics

/// All that the report says of one pool, but for its problems.
struct PoolSection {
    let pool: PoolTable
    let selectors: [SelectorSummary]
    let anchor: String
    /// Whether the section tells the result in a sentence; the page's head does if it is the only pool.
    let hasHeadline: Bool
    /// Drill-down of the pool's problems, or links to it.
    let problems: Markup
    /// Where each problem's details are, by id.
    let links: [String: String]
    /// Whether the columns of the heat table are links.
    let heatHasLinks: Bool

    var markup: Markup {
        tag("section", ["class": "pool", "id": anchor, "aria-labelledby": "\(anchor)-title"]) {
            tag("h2", ["id": "\(anchor)-title"], "Pool \(pool.name)")
            if hasHeadline { tag("p", ["class": "lead"], pool.headline) }
            facts
            OverviewTable(pool: pool, selectors: selectors, anchor: anchor).markup
            notes
            PairMatrix(pool: pool, anchor: anchor).markup
            pool.bestOfN.map { BestOfNView(curves: $0, rows: pool.overall.rows).markup } ?? .group([])
            CostView(pool: pool, anchor: anchor).markup
            HeatTable(pool: pool, selectors: selectors, anchor: anchor, links: heatHasLinks ? links : [:]).markup
            pool.disagreements.map {
                DisagreementTable(
                    disagreements: $0,
                    problems: Dictionary(pool.problems.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first }),
                    anchor: anchor, links: links
                ).markup
            } ?? .group([])
            RewardView(rewards: pool.rewards, anchor: anchor).markup
            tag("h3", "How the candidates ended")
            OutcomeTable(pool: pool, anchor: anchor).markup
            VerdictView(verdicts: pool.verdicts).markup
            StepView(steps: pool.steps, anchor: anchor).markup
            if !selectors.isEmpty {
                tag("h3", "Cost, ties and completeness")
                CostTable(pool: pool, anchor: anchor).markup
            }
            if !pool.problems.isEmpty {
                tag("h3", "Problems")
                problems
            }
        }
    }

    private var facts: Markup {
        let coverage = pool.overall.coverage
        let range =
            pool.fewestCandidates == pool.mostCandidates
            ? "\(pool.mostCandidates)" : "\(pool.fewestCandidates)–\(pool.mostCandidates)"
        return tag("dl", ["class": "facts"]) {
            fact("Problems compared", "\(coverage.counted)", "of \(coverage.problems)")
            fact("Candidates", range, "per problem")
            fact("Mixed problems", "\(pool.overall.mixedProblems)", "with right and wrong candidates")
            fact("Different programs", percent(pool.overall.distinctPrograms), "of a problem's candidates")
            fact("Coverage", percent(coverage.share), "of problems graded and scored")
            fact(
                "One problem",
                pool.pointsPerProblem.map { "\(NumberFormat.percent($0)) points" } ?? NumberFormat.missing,
                "of overall pass@1")
        }
    }

    private func fact(_ name: String, _ value: String, _ explanation: String) -> Markup {
        tag("div") {
            tag("dt", name)
            tag("dd") {
                value
                " "
                tag("small", explanation)
            }
        }
    }

    private func percent(_ share: Double?) -> String {
        share == nil ? NumberFormat.missing : NumberFormat.percent(share) + " %"
    }

    private var notes: Markup {
        NoteList(notes: pool.notes.filter { $0.topic == .pool }, label: "Notes on pool \(pool.name)").markup
    }
}

/// Notes, each beside what it concerns.
struct NoteList {
    let notes: [Note]
    let label: String?

    var markup: Markup {
        guard !notes.isEmpty else { return .group([]) }
        return tag("ul", ["class": "notes", "aria-label": label ?? "Notes"]) {
            for note in notes {
                tag("li", ["class": note.kind.rawValue]) {
                    if note.kind == .warning { tag("strong", "Warning. ") }
                    note.text
                }
            }
        }
    }
}

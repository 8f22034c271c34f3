// SPDX-License-Identifier: Apache-2.0
public import Foundation
public import Metrics
public import RunStore

/// A run's report as pages that need no network and no scripts.
///
/// The same run gives the same bytes. All text of the run is escaped, and the pages declare a policy under which they can load nothing.
public enum HTMLReport {
    /// Writes `index.html` into a folder, which is made if need be. When the run is large, its problems go to pages in `problems/` beside it, and the
    /// index stays below 2 MB.
    ///
    /// Each file is written under a temporary name and renamed, the index last. Pages of an older report that are not part of this one are removed.
    public static func write(record: RunRecord, tables: RunTables, to directory: URL) throws {
        try ReportFiles.write(files(record: record, tables: tables), to: directory)
    }

    /// A link in a heat table takes about 250 bytes of the index.
    private static let mostHeatLinks = 1500

    /// All files by relative path, the index last.
    static func files(
        record: RunRecord, tables: RunTables, limits: ProblemPages.Limits = .init()
    ) -> [(path: String, data: Data)] {
        let problems = ProblemPages(record: record, tables: tables, limits: limits)
        let index = PageShell(
            title: "\(tables.run) · BestOfN",
            content: index(record: record, tables: tables, problems: problems))
        return problems.files + [("index.html", index.data())]
    }

    private static func index(record: RunRecord, tables: RunTables, problems: ProblemPages) -> Markup {
        let anchors = tables.pools.indices.map { "pool-\($0 + 1)" }
        let heatHasLinks = tables.pools.reduce(0) { $0 + $1.overall.mixedProblems } <= mostHeatLinks
        return .group([
            tag("header") {
                tag(
                    "p", ["class": "eyebrow"],
                    "\(tables.benchmark) · \(NumberFormat.count(tables.problemCount, "problem")) · "
                        + "\(NumberFormat.count(tables.pools.count, "pool")) · \(NumberFormat.count(tables.selectors.count, "selector"))"
                )
                tag("h1", tables.run)
                summary(tables)
                if !tables.warnings.isEmpty {
                    tag("ul", ["class": "notes", "aria-label": "Warnings"]) {
                        for warning in tables.warnings {
                            tag("li", ["class": "warning"]) {
                                tag("strong", "Warning. ")
                                warning
                            }
                        }
                    }
                }
                if tables.pools.count > 1 {
                    tag("nav", ["aria-label": "Pools"]) {
                        tag("ul") {
                            for (pool, anchor) in zip(tables.pools, anchors) {
                                tag("li") { tag("a", ["href": "#\(anchor)"], "Pool \(pool.name)") }
                            }
                        }
                    }
                }
            },
            tables.ablation.map { AblationView(ablation: $0).markup } ?? .group([]),
            .group(
                tables.pools.indices.map { index in
                    PoolSection(
                        pool: tables.pools[index], selectors: tables.selectors, anchor: anchors[index],
                        hasHeadline: tables.pools.count > 1, problems: problems.sections[index],
                        links: problems.links[index], heatHasLinks: heatHasLinks
                    ).markup
                }),
            ProvenanceView(manifest: record.manifest).markup,
            tag("footer") { tag("p", "Made by BestOfN \(record.manifest.toolVersion).") },
        ])
    }

    /// The result in a sentence; with several pools, what is compared, because each pool's result stands in its own section.
    private static func summary(_ tables: RunTables) -> Markup {
        if tables.pools.count == 1, let pool = tables.pools.first { return tag("p", ["class": "lead"], pool.headline) }
        return tag("p", ["class": "lead"]) {
            "How often each selector picks a correct program out of the same candidates, between a random choice and an oracle that "
            "picks a correct one wherever there is one."
        }
    }
}

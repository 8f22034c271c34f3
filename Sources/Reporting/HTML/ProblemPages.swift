// SPDX-License-Identifier: Apache-2.0
import Foundation
import Metrics
import RunStore
import SelectorKit

/// The problems of all pools, rendered: on the index page if they are few, else on pages of their own that the index links to.
struct ProblemPages {
    /// What the index shows under each pool.
    private(set) var sections: [Markup] = []
    /// Where the index finds each problem, by its id, pool by pool.
    private(set) var links: [[String: String]] = []
    /// Pages beside the index, by relative path.
    private(set) var files: [(path: String, data: Data)] = []

    /// Sizes in bytes that keep pages quick to open. The defaults keep the index below 2 MB.
    struct Limits {
        /// The problems that the index takes in itself.
        var inline = 1_000_000
        /// The problems of one page beside it.
        var page = 700_000
        /// The links to single problems that the index takes in; beyond that it links to pages.
        var links = 600_000
    }

    /// The problems of one difficulty of one pool.
    private struct Group {
        var pool: PoolTable
        var title: String
        var problems: [(table: ProblemTable, anchor: String, rendered: RenderedMarkup)]

        var heading: String {
            "\(title == "overall" ? "All" : title.prefix(1).uppercased() + title.dropFirst()) problems"
        }
        var size: Int { problems.reduce(0) { $0 + $1.rendered.bytes.count } }
    }

    init(record: RunRecord, tables: RunTables, limits: Limits = Limits()) {
        let problems = Dictionary(
            record.problems.map { ($0.problem.id, $0.problem) }, uniquingKeysWith: { first, _ in first })
        let pools = zip(record.pools, tables.pools).enumerated().map { poolIndex, pair in
            Self.groups(
                of: pair.1, pool: pair.0, poolIndex: poolIndex, problems: problems, record: record, tables: tables)
        }
        let total = pools.joined().reduce(0) { $0 + $1.size }
        guard total > limits.inline else {
            sections = pools.map { groups in .group([Self.legend] + groups.map(Self.inline)) }
            links = pools.map { groups in
                Self.byID(groups.flatMap { $0.problems.map { ($0.table.id, "#\($0.anchor)") } })
            }
            return
        }
        var names: Set<String> = []
        let chunked = pools.map { groups in groups.map { Self.pages(of: $0, limit: limits.page, names: &names) } }
        let links = chunked.map { pool in pool.map { RenderedMarkup(Self.links(to: $0)) } }
        let linksFit = links.joined().reduce(0) { $0 + $1.bytes.count } <= limits.links
        self.links = chunked.map { pool in
            Self.byID(
                pool.joined().flatMap { page in page.problems.map { ($0.table.id, "\(page.path)#\($0.anchor)") } })
        }
        for (index, groups) in pools.enumerated() {
            let folds = groups.indices.map { group in
                Self.fold(groups[group]) {
                    linksFit ? .rendered(links[index][group]) : Self.ranges(of: chunked[index][group])
                }
            }
            sections.append(.group([Self.explanation] + folds))
            for (group, pages) in zip(groups, chunked[index]) {
                files += pages.indices.map { (pages[$0].path, Self.page($0, of: pages, group: group, run: tables.run)) }
            }
        }
    }

    private static func groups(
        of table: PoolTable, pool: PoolRecord, poolIndex: Int, problems: [String: Problem], record: RunRecord,
        tables: RunTables
    ) -> [Group] {
        let scores = Dictionary(record.selectors.map { ($0.label, $0.scores) }) { first, _ in first }
        let rendered = table.problems.enumerated().compactMap {
            index, entry -> (ProblemTable, String, RenderedMarkup)? in
            guard let problem = problems[entry.id], let candidates = pool.candidates[entry.id] else { return nil }
            let anchor = "p\(poolIndex)-\(index)"
            let view = ProblemView(
                table: entry, problem: problem, candidates: candidates, selectors: tables.selectors,
                scores: tables.selectors.map { scores[$0.label]?[pool.name]?[entry.id] }, anchor: anchor)
            return (entry, anchor, RenderedMarkup(view.markup))
        }
        guard !table.difficulties.isEmpty else { return [Group(pool: table, title: "overall", problems: rendered)] }
        return table.difficulties.map { group in
            Group(
                pool: table, title: group.title,
                problems: rendered.filter { ($0.0.difficulty?.rawValue ?? "unrated") == group.title })
        }.filter { !$0.problems.isEmpty }
    }

    private static func byID(_ links: [(String, String)]) -> [String: String] {
        Dictionary(links, uniquingKeysWith: { first, _ in first })
    }

    // MARK: On the index page

    private static func fold(_ group: Group, content: () -> Markup) -> Markup {
        tag("details", ["class": "group"]) {
            tag("summary") {
                group.heading
                " "
                tag("small", "\(group.problems.count)")
            }
            content()
        }
    }

    private static var legend: Markup {
        tag("p") {
            "A dot per candidate: "
            tag("span", ["class": "pass"], "●")
            " passed, "
            tag("span", ["class": "fail"], "○")
            " failed, ? no verdict."
        }
    }

    private static func inline(_ group: Group) -> Markup {
        fold(group) { .group(group.problems.map { .rendered($0.rendered) }) }
    }

    // MARK: On pages of their own

    private struct Page {
        var path: String
        var problems: ArraySlice<(table: ProblemTable, anchor: String, rendered: RenderedMarkup)>

        var range: String {
            guard let first = problems.first?.table.id, let last = problems.last?.table.id else { return "" }
            return first == last ? first : "\(first) to \(last)"
        }
    }

    private static func pages(of group: Group, limit: Int, names: inout Set<String>) -> [Page] {
        var pages: [Page] = []
        var start = 0
        var size = 0
        for index in 0..<(group.problems.count + 1) {
            let next = index < group.problems.count ? group.problems[index].rendered.bytes.count : Int.max / 2
            if index > start, size + next > limit {
                let name = ReportFiles.uniqueName("\(group.pool.name)-\(group.title)-\(pages.count + 1)", among: &names)
                pages.append(Page(path: "problems/\(name).html", problems: group.problems[start..<index]))
                start = index
                size = 0
            }
            size += next
        }
        return pages
    }

    private static var explanation: Markup {
        tag(
            "p",
            "Each problem has its candidates, choices and programs on another page. Beside its id: how many of its candidates passed."
        )
    }

    private static func links(to pages: [Page]) -> Markup {
        tag("ul", ["class": "index"]) {
            for page in pages {
                for problem in page.problems {
                    tag("li") {
                        tag("a", ["href": "\(page.path)#\(problem.anchor)"], problem.table.id)
                        " "
                        tag("small", "\(problem.table.correct)/\(problem.table.candidates.count)")
                    }
                }
            }
        }
    }

    private static func ranges(of pages: [Page]) -> Markup {
        tag("ul", ["class": "index"]) {
            for page in pages {
                tag("li") {
                    tag("a", ["href": page.path], page.range)
                    " "
                    tag("small", NumberFormat.count(page.problems.count, "problem"))
                }
            }
        }
    }

    private static func page(_ index: Int, of pages: [Page], group: Group, run: String) -> Data {
        let page = pages[index]
        let title = "\(group.pool.name): \(group.heading.lowercased())"
        func link(_ other: Int, _ text: String) -> [Markup] {
            guard pages.indices.contains(other) else { return [] }
            return [tag("li") { tag("a", ["href": String(pages[other].path.dropFirst("problems/".count))], text) }]
        }
        let content: Markup = .group([
            tag("p", ["class": "eyebrow"]) { tag("a", ["href": "../index.html"], "Report of \(run)") },
            tag("h1", title),
            tag("p", ["class": "muted"], "Page \(index + 1) of \(pages.count): \(page.range)"),
            tag("nav", ["aria-label": "Pages of this group"]) {
                tag("ul") {
                    link(index - 1, "Previous page")
                    link(index + 1, "Next page")
                }
            },
            legend,
            .group(page.problems.map { .rendered($0.rendered) }),
        ])
        return PageShell(title: "\(title), page \(index + 1) · \(run)", content: content).data()
    }
}

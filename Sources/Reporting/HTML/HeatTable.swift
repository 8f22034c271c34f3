// SPDX-License-Identifier: Apache-2.0
import Foundation
import Metrics
import SelectorKit

/// Selectors × problems at a glance: whose choice is right where. The problems go from easy to hard, within a difficulty from many correct candidates to few.
/// Problems whose candidates are all correct or all wrong would drown the others, and are told in words.
struct HeatTable {
    let pool: PoolTable
    let selectors: [SelectorSummary]
    let anchor: String
    /// Where each problem's details are, by id; empty if columns are not to be links.
    let links: [String: String]

    /// The height of a row and of its marks, in units of the drawing; a problem is one unit wide.
    private static let row = 10.0
    private static let mark = 8.0

    private struct Column {
        var problem: ProblemTable
        var title: String
    }

    var markup: Markup {
        let columns = self.columns
        guard columns.count > 1, !selectors.isEmpty else { return .group([]) }
        let height = Int(Self.row) * (selectors.count + 1)
        return .group([
            tag("h3", "Where each selector is right"),
            tag("p", sentence),
            tag("div", ["class": "heat"]) {
                tag("div", ["class": "heatlabels", "aria-hidden": "true"]) {
                    tag("div") { tag("small", "correct candidates") }
                    for selector in selectors { tag("div", ["title": selector.label], selector.label) }
                }
                tag("div") {
                    tag(
                        "svg",
                        [
                            "viewBox": "0 0 \(columns.count) \(height)", "preserveAspectRatio": "none", "role": "group",
                            "aria-label": description, "style": "height:\(Double(selectors.count + 1) * 1.5)rem",
                        ]
                    ) {
                        shares(columns)
                        for index in selectors.indices { row(index, columns) }
                        boundaries
                        hits(columns, height: height)
                    }
                    tag("div", ["class": "heataxis", "aria-hidden": "true"]) {
                        for group in groups {
                            tag("div", ["style": "flex:\(group.count) 1 0"], "\(group.title) \(group.count)")
                        }
                    }
                }
            },
        ])
    }

    // MARK: Order

    private var counted: [ProblemTable] { pool.problems.filter { $0.exclusion == nil } }
    private var mixed: [ProblemTable] { counted.filter { (1..<$0.candidates.count).contains($0.correct) } }

    private var columns: [Column] {
        let order = pool.difficulties.map(\.title)
        func place(_ problem: ProblemTable) -> Int {
            order.firstIndex(of: problem.difficulty?.rawValue ?? "unrated") ?? order.count
        }
        func wrong(_ problem: ProblemTable) -> Double {
            1 - Double(problem.correct) / Double(max(problem.candidates.count, 1))
        }
        return mixed.sorted { (place($0), wrong($0), $0.id) < (place($1), wrong($1), $1.id) }
            .map { Column(problem: $0, title: $0.difficulty?.rawValue ?? "unrated") }
    }

    /// Difficulties with the number of problems that are drawn.
    private var groups: [(title: String, count: Int)] {
        guard !pool.difficulties.isEmpty else { return [("mixed problems:", mixed.count)] }
        return pool.difficulties.map { group in
            (group.title, mixed.count { ($0.difficulty?.rawValue ?? "unrated") == group.title })
        }.filter { $0.1 > 0 }
    }

    // MARK: Words

    private var sentence: String {
        var text =
            "A column per problem with both correct and wrong candidates\(groups.count > 1 ? ", from easy to hard" : ""), those with most correct ones first. "
            + "A tall mark: the selector's choice is correct; a low one: it is wrong; between them: tied."
        guard let found = pool.disagreements else { return text }
        text +=
            " Of these \(NumberFormat.count(mixed.count, "problem")), every selector is right on \(found.everyoneRight), none on \(found.everyoneWrong), and on \(found.problems.count) they differ."
            + " Not drawn, because there is nothing to choose: \(found.allCorrect) with only correct candidates, \(found.allWrong) with only wrong ones."
        return text
    }

    private var description: String {
        "Right and wrong choices on \(NumberFormat.count(mixed.count, "problem")); pass@1 over all: "
            + pool.overall.rows.map { "\($0.label): \(NumberFormat.percent($0.passAt1)) %" }.joined(separator: ", ")
    }

    // MARK: Drawing

    /// The share of correct candidates: a column as high as the share.
    private func shares(_ columns: [Column]) -> Markup {
        var path = ""
        for run in runs(columns.map { Double($0.problem.correct) / Double(max($0.problem.candidates.count, 1)) }) {
            let height = run.value * Self.mark
            guard height > 0 else { continue }
            path += box(run, top: 1 + Self.mark - height, height: height)
        }
        return tag("path", ["class": "share", "d": path])
    }

    private func row(_ index: Int, _ columns: [Column]) -> Markup {
        let top = Self.row * Double(index + 1) + 1
        var paths = (right: "", tied: "", wrong: "")
        for run in runs(columns.map { $0.problem.choices[index].correctness ?? -1 }) where run.value >= 0 {
            switch run.value {
            case 1: paths.right += box(run, top: top, height: Self.mark)
            case 0: paths.wrong += box(run, top: top + Self.mark * 0.7, height: Self.mark * 0.3)
            default: paths.tied += box(run, top: top + Self.mark * 0.4, height: Self.mark * 0.6)
            }
        }
        return .group(
            [("right", paths.right), ("tied", paths.tied), ("wrong", paths.wrong)].filter { !$0.1.isEmpty }.map {
                tag("path", ["class": $0.0, "d": $0.1])
            })
    }

    /// Equal neighbours are drawn as one.
    private func runs(_ values: [Double]) -> [(start: Int, length: Int, value: Double)] {
        var runs: [(start: Int, length: Int, value: Double)] = []
        for (index, value) in values.enumerated() {
            if let last = runs.last, last.value == value {
                runs[runs.count - 1].length += 1
            } else {
                runs.append((index, 1, value))
            }
        }
        return runs
    }

    private func box(_ run: (start: Int, length: Int, value: Double), top: Double, height: Double) -> String {
        "M\(run.start) \(svgShort(top))h\(run.length)v\(svgShort(height))h-\(run.length)z"
    }

    @MarkupBuilder private var boundaries: [Markup] {
        let ends = groups.dropLast().reduce(into: [Int]()) { $0.append(($0.last ?? 0) + $1.count) }
        for end in ends {
            tag(
                "line",
                [
                    "class": "boundary", "x1": "\(end)", "x2": "\(end)", "y1": "0",
                    "y2": "\(Int(Self.row) * (selectors.count + 1))", "vector-effect": "non-scaling-stroke",
                ])
        }
    }

    /// Each column tells its problem and leads to it. The table of disagreements has links for the keyboard.
    @MarkupBuilder private func hits(_ columns: [Column], height: Int) -> [Markup] {
        if !links.isEmpty {
            for (index, column) in columns.enumerated() {
                if let link = links[column.problem.id] {
                    tag("a", ["href": link, "tabindex": "-1"]) {
                        tag("rect", ["class": "hit", "x": "\(index)", "width": "1", "height": "\(height)"]) {
                            tag("title", title(column))
                        }
                    }
                }
            }
        }
    }

    private func title(_ column: Column) -> String {
        let problem = column.problem
        let right = problem.choices.indices.filter { problem.choices[$0].correctness == 1 }.count
        return
            "\(problem.id)\(pool.difficulties.isEmpty ? "" : ", \(column.title)"): \(problem.correct) of \(problem.candidates.count) correct; \(right) of \(selectors.count) selectors right"
    }
}

/// The problems that split the selectors most evenly, with links to their candidates.
struct DisagreementTable {
    let disagreements: Disagreements
    let problems: [String: ProblemTable]
    let anchor: String
    let links: [String: String]

    /// The others are in the heat table and in the drill-down.
    private static let most = 40
    private static let open = 10

    var markup: Markup {
        let shown = disagreements.problems.prefix(Self.most)
        guard !shown.isEmpty else { return .group([]) }
        let first = Array(shown.prefix(Self.open))
        let rest = Array(shown.dropFirst(Self.open))
        return .group([
            tag("h3", "Where selectors disagree"), tag("p", sentence(shown.count)),
            table(first, id: "\(anchor)-disagreements", caption: "Those that split the selectors most evenly first."),
            rest.isEmpty
                ? .group([])
                : tag("details") {
                    tag("summary", "\(rest.count) more")
                    table(rest, id: "\(anchor)-disagreements-more", caption: "The next ones.")
                },
        ])
    }

    private func sentence(_ shown: Int) -> String {
        let count = disagreements.problems.count
        return "Some selectors are right and others wrong on \(NumberFormat.count(count, "problem"))"
            + (shown < count ? "; the \(shown) that split them most evenly are listed." : ".")
    }

    private func table(_ entries: [Disagreements.Problem], id: String, caption: String) -> Markup {
        scrolling(labelledBy: id) {
            tag("table", ["class": "disagreements"]) {
                tag("caption", ["id": id]) { tag("span", caption) }
                tag("thead") {
                    tag("tr") {
                        for title in ["Problem", "Correct candidates", "Right", "Wrong", "Tied"] {
                            tag("th", ["scope": "col"], title)
                        }
                    }
                }
                tag("tbody") {
                    for entry in entries {
                        tag("tr") {
                            tag("th", ["scope": "row"]) {
                                if let link = links[entry.id] { tag("a", ["href": link], entry.id) } else { entry.id }
                                if let difficulty = problems[entry.id]?.difficulty {
                                    " "
                                    tag("small", difficulty.rawValue)
                                }
                            }
                            tag("td", problems[entry.id].map { "\($0.correct) of \($0.candidates.count)" } ?? "")
                            for labels in [entry.right, entry.wrong, entry.tied] {
                                tag("td", labels.isEmpty ? NumberFormat.missing : labels.joined(separator: ", "))
                            }
                        }
                    }
                }
            }
        }
    }
}

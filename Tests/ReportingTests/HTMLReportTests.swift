// SPDX-License-Identifier: Apache-2.0
import Foundation
import Metrics
import RunStore
import SelectorKit
import Testing

@testable import Reporting

@Suite struct HTMLReportTests {
    private func pages(_ sample: SampleRun, limits: ProblemPages.Limits = .init()) -> [(path: String, data: Data)] {
        let record = sample.record()
        return HTMLReport.files(record: record, tables: RunTables(record: record, resamples: 200), limits: limits)
    }

    /// The index page of a sample, parsed.
    private func index(_ sample: SampleRun) throws -> ParsedElement {
        let page = try #require(pages(sample).last)
        return try #require(ParsedXML.html(page.data).root)
    }

    private static let small = SampleRun(selectors: 10, hasGaps: true)
    private static let twoPools = SampleRun(pools: ["gpt-4o-mini", "<i>&\"imported\""], selectors: 3, hasGaps: true)
    /// Large enough for pages of its own.
    private static let split = SampleRun(
        problems: 90, pools: ["../a b", "A B"], selectors: 8, hasGaps: true, programLength: 8)

    @Test func smallRunsAreOnePage() {
        #expect(pages(Self.small).map(\.path) == ["index.html"])
        #expect(pages(SampleRun()).map(\.path) == ["index.html"])
    }

    @Test(arguments: [small, twoPools, split])
    func pagesAreWellFormedAndHoldNothingForeign(sample: SampleRun) throws {
        let elements: Set<String> = [
            "html", "head", "meta", "link", "title", "style", "body", "a", "main", "header", "footer", "nav", "section",
            "h1", "h2",
            "h3", "p", "ul", "li", "dl", "dt", "dd", "div", "span", "small", "strong", "b", "i", "table", "caption",
            "thead", "tbody",
            "tfoot", "tr", "th", "td", "details", "summary", "pre", "code", "figure", "figcaption", "svg", "line",
            "rect", "circle", "text", "polyline", "polygon", "path", "br", "input", "label",
        ]
        for page in pages(sample) {
            let parsed = ParsedXML.html(page.data)
            #expect(parsed.complaints == [], "\(page.path)")
            let all = try #require(parsed.root).descendants
            #expect(Set(all.map(\.name)).isSubset(of: elements))
            let attributes = Set(all.flatMap(\.attributes.keys))
            #expect(!attributes.contains { $0.hasPrefix("on") || $0 == "src" || $0 == "srcset" })
            #expect(!String(decoding: page.data, as: UTF8.self).contains("://"), "nothing is loaded from anywhere")
        }
    }

    @Test func hostileTextIsShownAsText() throws {
        let shown =
            "<script>alert('x')</script> & ]]> </pre></details> \"quoted\" ␛[31m ␀ ␡ \u{FFFD}reversed\u{FFFD} ünï → 🐍"
        let root = try index(Self.small)
        #expect(root.all("pre").contains { $0.text == shown })
        #expect(root.all("code").contains { $0.text == "print('''\(shown)''')\nprint(1)\n" })
        #expect(
            root.all("li").contains { $0.text.hasSuffix("First message: The server closed the connection. \(shown)") })
    }

    @Test(arguments: [small, twoPools, split])
    func everyLinkLeadsSomewhereAndEveryIdIsUnique(sample: SampleRun) throws {
        let files = pages(sample)
        var ids: [String: Set<String>] = [:]
        var links: [(from: String, to: String)] = []
        for page in files {
            let all = try #require(ParsedXML.html(page.data).root).descendants
            let found = all.compactMap { $0.attributes["id"] }
            #expect(Set(found).count == found.count, "ids of \(page.path)")
            ids[page.path] = Set(found)
            links += all.filter { $0.name == "a" }.compactMap { $0.attributes["href"] }.map { (page.path, $0) }
            for labelled in all.compactMap({ $0.attributes["aria-labelledby"] }) { #expect(found.contains(labelled)) }
        }
        #expect(Set(files.map { $0.path.lowercased() }).count == files.count)
        for link in links {
            let parts = link.to.split(separator: "#", omittingEmptySubsequences: false)
            var path = parts[0].isEmpty ? link.from : String(parts[0])
            if link.from.hasPrefix("problems/"), !parts[0].isEmpty {
                path = path.hasPrefix("../") ? String(path.dropFirst(3)) : "problems/" + path
            }
            let targets = try #require(ids[path], "\(link.from) links to \(link.to)")
            if parts.count > 1 { #expect(targets.contains(String(parts[1])), "\(link.from) links to \(link.to)") }
        }
        if files.count > 1 {
            let problems = Set(
                ids.filter { $0.key != "index.html" }.flatMap { page, ids in ids.map { "\(page)#\($0)" } })
            let reached = Set(links.filter { $0.from == "index.html" && problems.contains($0.to) }.map(\.to))
            #expect(reached.count == 180)
        }
    }

    @Test func tablesAndFiguresSpeakToScreenReaders() throws {
        let all = try index(Self.twoPools).descendants
        for table in all where table.name == "table" {
            #expect(table.children.first?.name == "caption")
            for head in table.all("th") { #expect(["col", "row"].contains(head.attributes["scope"])) }
        }
        for figure in all where figure.name == "svg" {
            guard figure.attributes["role"] == "img" else {
                // A drawing with links in it.
                #expect(figure.attributes["role"] == "group" && figure.attributes["aria-label"]?.isEmpty == false)
                continue
            }
            #expect(figure.all("title").count == 1)
        }
        for region in all where region.attributes["class"] == "scroll" { #expect(region.attributes["tabindex"] == "0") }
    }

    @Test func theSameRunGivesTheSameBytes() {
        #expect(pages(Self.split).map(\.data) == pages(Self.split).map(\.data))
    }

    @Test func numbersOfThePageAreThoseOfTheTables() throws {
        let record = Self.small.record()
        let overall = RunTables(record: record, resamples: 200).pools[0].overall
        let root = try index(Self.small)
        let table = try #require(root.all("table").first { $0.attributes["class"] == "overview" })
        let rows = try #require(table.all("tbody").first).all("tr")
        // The three reference rows, and a line above the selectors that see tests.
        #expect(rows.count == overall.rows.count + 4)
        #expect(rows[1].all("td").first?.text == NumberFormat.percent(overall.programMean))
        #expect(rows[0].all("td").first?.text == NumberFormat.percent(overall.poolMean))
        #expect(rows.last?.all("td").first?.text == NumberFormat.percent(overall.oracle))
        let divider = try #require(rows.firstIndex { $0.attributes["class"] == "class" })
        let selectors = RunTables(record: record, resamples: 200).selectors
        for (expected, selector) in zip(overall.rows, selectors) {
            let place = try #require(
                rows.firstIndex { $0.all("th").first?.text.hasPrefix(expected.label + " ") == true })
            #expect((place > divider) == selector.usesTests)
            let row = rows[place]
            let estimate = try #require(expected.estimate)
            let text =
                "\(NumberFormat.percent(expected.passAt1)) [\(NumberFormat.percent(estimate.low)), \(NumberFormat.percent(estimate.high))]"
            #expect(row.all("td").first?.text == text)
            let gain = NumberFormat.points(expected.gain).replacingOccurrences(of: "-", with: "−")
            let p = NumberFormat.probability(try #require(expected.adjustedGainP))
            #expect(row.all("td").contains { $0.text.hasPrefix(gain + " [") && $0.text.hasSuffix("p \(p)") })
            #expect(row.all("th").first?.text.contains("incomplete: 32 of 36") == true)
        }
    }

    @Test func runsWithoutProblemsPoolsOrSelectorsHavePages() throws {
        for sample in [
            SampleRun(problems: 0), SampleRun(pools: []), SampleRun(selectors: 0),
            SampleRun(problems: 1, candidates: 1),
        ] {
            let page = try #require(pages(sample).last)
            #expect(ParsedXML.html(page.data).complaints == [])
        }
    }

    @Test func writingReplacesOldPagesAndNothingElse() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("report-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let large = Self.split.record()
        try HTMLReport.write(record: large, tables: RunTables(record: large, resamples: 200), to: folder)
        let problems = folder.appendingPathComponent("problems")
        #expect(try FileManager.default.contentsOfDirectory(atPath: problems.path).count > 2)
        let foreign = problems.appendingPathComponent("notes.html")
        try Data("<p>mine".utf8).write(to: foreign)

        let small = Self.small.record()
        try HTMLReport.write(record: small, tables: RunTables(record: small, resamples: 200), to: folder)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["index.html", "problems"])
        #expect(try FileManager.default.contentsOfDirectory(atPath: problems.path) == ["notes.html"])

        try FileManager.default.removeItem(at: foreign)
        try HTMLReport.write(record: small, tables: RunTables(record: small, resamples: 200), to: folder)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["index.html"])
    }

    @Test func fileNamesAreSafeAndUnique() {
        var names: Set<String> = []
        #expect(ReportFiles.uniqueName("../Ünï gpt-4.1-easy-1", among: &names) == "n-gpt-4-1-easy-1")
        #expect(ReportFiles.uniqueName("N_GPT 4 1 easy 1", among: &names) == "n-gpt-4-1-easy-1-2")
        #expect(ReportFiles.uniqueName("漢字", among: &names) == "problems")
        #expect(ReportFiles.uniqueName(String(repeating: "x", count: 300), among: &names).count == 100)
    }

    @Test func runawayTextsAreCutAndSayHowLongTheyWere() throws {
        var record = SampleRun(problems: 1, candidates: 2, selectors: 1).record()
        // One character of a million combining marks, and a program of as many lines.
        let id = record.problems[0].problem.id
        record.problems[0].problem.statement = "e" + String(repeating: "\u{301}", count: 1_000_000)
        record.pools[0].candidates[id]?[0].program = String(repeating: "x\r\n", count: 1_000_000)
        record.pools[0].candidates[id]?[1].verdict?.message = String(repeating: "m", count: 1_000_000)
        let page = try #require(
            HTMLReport.files(record: record, tables: RunTables(record: record, resamples: 200)).last)
        #expect(page.data.count < 500_000)
        let text = try #require(ParsedXML.html(page.data).root).text
        #expect(text.contains("… cut: the text has 2\u{202F}000\u{202F}001 bytes."))
        #expect(text.contains("… cut: the text has 3\u{202F}000\u{202F}000 bytes."))
    }

    @Test func linesAreCountedAsTheyAreShown() {
        #expect(CodeView.lineCount(of: "") == 1)
        #expect(CodeView.lineCount(of: "a") == 1)
        #expect(CodeView.lineCount(of: "a\nb\n") == 2)
        #expect(CodeView.lineCount(of: "a\r\nb\r\n") == 2)
        #expect(CodeView.lineCount(of: "a\rb") == 1)
    }

    /// The size of LiveCodeBench with all of the paper's methods. About 0.6 s in a release build for 21 MB of pages, several times that in a debug build.
    @Test(.tags(.large)) func theIndexOfALargeRunStaysSmall() {
        let files = pages(SampleRun(problems: 1055, selectors: 10, programLength: 6))
        #expect(files.count > 10)
        for file in files { #expect(file.data.count < 2_000_000, "\(file.path)") }
    }

    @Test func linksGiveWayToRangesWhenThereAreTooMany() throws {
        let files = pages(Self.twoPools, limits: .init(inline: 0, page: 50_000, links: 1000))
        let index = try #require(files.last)
        let root = try #require(ParsedXML.html(index.data).root)
        let lists = root.all("ul").filter { $0.attributes["class"] == "index" }
        let links = lists.flatMap { $0.all("a") }.compactMap { $0.attributes["href"] }
        #expect(links == files.dropLast().map(\.path))
        #expect(root.all("a").contains { $0.text.hasPrefix("abc000_a to abc0") })
    }

    @Test func aProblemLargerThanAPageGetsAPageOfItsOwn() {
        let files = pages(SampleRun(problems: 4), limits: .init(inline: 0, page: 10, links: 1000))
        #expect(
            files.map(\.path) == [
                "problems/gpt-4o-mini-easy-1.html", "problems/gpt-4o-mini-easy-2.html",
                "problems/gpt-4o-mini-medium-1.html",
                "problems/gpt-4o-mini-hard-1.html", "index.html",
            ])
    }
}

extension Tag {
    /// Takes seconds rather than milliseconds.
    @Tag static var large: Self
}

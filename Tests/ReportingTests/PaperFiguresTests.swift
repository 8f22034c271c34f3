// SPDX-License-Identifier: Apache-2.0
import Fixtures
import Foundation
import FoundationXML
import Metrics
import Testing

@testable import Reporting

@Suite struct PaperFiguresTests {
    private var run: PaperRun {
        var sample = SampleRun()
        sample.pools = [SampleRun.hostile, "b/../c"]
        let record = sample.record()
        return PaperRun(tables: RunTables(record: record, resamples: 200), seed: 1)
    }

    private func published() throws -> [PublishedResults] {
        try ["daj", "funprm"].map {
            try PublishedResults(file: SharedData.package.appendingPathComponent("reports/published/\($0).json"))
        }
    }

    /// The texts of an SVG file by their element.
    private final class Texts: NSObject, XMLParserDelegate {
        var elements: [String] = []
        var texts: [String: [String]] = [:]
        private var open: [(name: String, text: String)] = []

        func parser(
            _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
            attributes: [String: String]
        ) {
            elements.append(name)
            open.append((name, ""))
        }

        func parser(_ parser: XMLParser, foundCharacters string: String) {
            if !open.isEmpty { open[open.count - 1].text += string }
        }

        func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
            let last = open.removeLast()
            texts[last.name, default: []].append(last.text)
        }

        init?(_ data: Data) {
            super.init()
            let parser = XMLParser(data: data)
            parser.delegate = self
            guard parser.parse() else { return nil }
        }
    }

    @Test func everyFigureOfARunIsAFileOfItsOwn() throws {
        let files = PaperFigures.all([run], published: try published())
        #expect(
            files.map(\.name).filter { $0.hasPrefix("figure") }.prefix(2) == [
                "figure-2-ranking.svg", "figure-5-base-and-selectors.svg",
            ])
        #expect(files.count { $0.name.hasPrefix("figure-6-steps-livecodebench-") } == 2)
        #expect(files.count { $0.name.hasPrefix("best-of-n-") } == 2)
        #expect(Set(files.map(\.name)).count == files.count)
        for file in files {
            #expect(!file.name.contains("/") && !file.name.contains(".."), "\(file.name)")
            let svg = try #require(Texts(file.data), "\(file.name) is not well-formed")
            let text = String(decoding: file.data, as: UTF8.self)
            #expect(text.contains("xmlns=\"http://www.w3.org/2000/svg\""))
            // Print-ready: nothing beside the file, no dependence on the page's colours.
            #expect(!text.contains("currentColor") && !text.contains("<image") && !text.contains("href"))
            #expect(svg.texts["title"]?.first?.isEmpty == false, "\(file.name)")
            #expect(!text.contains("nan") && !text.contains("inf "))
        }
    }

    @Test func withoutPublishedRowsThereIsNoRanking() {
        #expect(!PaperFigures.all([run]).contains { $0.name.hasPrefix("figure-2") })
    }

    @Test func theRankingHoldsTheRunAmongPublishedRowsHighestFirst() throws {
        let file = try #require(PaperFigures.all([run], published: try published()).first)
        let texts = try #require(Texts(file.data)?.texts["text"])
        let values = texts.compactMap { $0.contains(".") ? Double($0) : nil }
        #expect(values == values.sorted(by: >))
        #expect(values.count == 2 * 6 + 6, "both pools' selectors and random choice, six published rows")
        #expect(texts.contains("FunPRM") && texts.contains("DaJ"))
        #expect(texts.joined(separator: " ").contains("arXiv:2601.22230v1"))
        #expect(values.contains(84.7) && values.contains(76.0))
    }

    @Test func bestAndBaseStandInFigureFive() throws {
        let tables = run.tables
        let file = try #require(PaperFigures.all([run]).first)
        let texts = try #require(Texts(file.data)?.texts["text"])
        for pool in tables.pools {
            for value in [pool.overall.poolMean, pool.overall.oracle] + pool.overall.rows.map(\.passAt1) {
                #expect(texts.contains(NumberFormat.percent(value)))
            }
        }
    }

    @Test func labelsThatAreTooLongLoseTheirMiddle() {
        let label = String(repeating: "W", count: 80)
        let fitted = FigureText.fitted(label, width: 250, size: 12)
        #expect(fitted.contains("…") && FigureText.width(fitted, size: 12) <= 250)
        #expect(FigureText.fitted("short", width: 250, size: 12) == "short")
        let lines = FigureText.lines("some words that fill a line and go on", width: 100, size: 10)
        #expect(lines.count > 1 && lines.joined(separator: " ") == "some words that fill a line and go on")
    }

    @Test func aLeaderboardIsDrawnWithTheRunAmongIt() throws {
        let table = try #require(
            LeaderboardTable(
                [
                    .init(name: "model <a> & b", kind: .model, values: ["p": 1, "q": 0.5]),
                    .init(name: "mine (pool)", kind: .selector, values: ["p": 1, "q": 0]),
                ], difficulties: ["p": "easy", "q": "hard"]))
        let view = LeaderboardView(table, title: "board", run: "r", remarks: ["pool: Mixed."])
        let figure = PaperFigures.leaderboard(view)
        let texts = try #require(Texts(figure.file())?.texts["text"])
        #expect(texts.contains("1. model <a> & b") && texts.contains("2. mine (pool) •"))
        #expect(texts.contains("75.0") && texts.contains("50.0"))
        #expect(figure.description.contains("2. mine (pool) • 50.0 %"))
        // And as tables.
        let paper = PaperTable(leaderboard: view)
        let markdown = MarkdownTable.render([paper])
        #expect(markdown.contains("| 2. mine (pool) •"))
        #expect(markdown.contains("overall (n = 2)"))
        #expect(LeaderboardText.render(view).contains("2. mine (pool) •"))
        #expect(LeaderboardText.render(view).contains("pool: Mixed."))
        let lines = CSVReader.lines(LeaderboardText.csv(table))
        #expect(lines.count == 1 + 2 * 3)
        #expect(lines[1].prefix(6) == ["1", "model <a> & b", "model", "easy", "1", "1.0"])
    }
}

// SPDX-License-Identifier: Apache-2.0
import Fixtures
import Foundation
import Metrics
import Testing

@testable import Reporting

@Suite struct PublishedResultsTests {
    private static let folder = SharedData.package.appendingPathComponent("reports/published")

    private static var files: [URL] {
        get throws {
            try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
                .filter { $0.pathExtension == "json" }.sorted { $0.path < $1.path }
        }
    }

    @Test func everyShippedFileReadsAndItsCountsGiveItsPercentages() throws {
        let files = try Self.files
        #expect(files.map(\.lastPathComponent) == ["daj.json", "dreamprm-code.json", "funprm.json"])
        for file in files {
            let results = try PublishedResults(file: file)
            #expect(results.problems == ["easy": 31, "medium": 39, "hard": 61, "overall": 131])
            for row in results.rows {
                for (column, percent) in row.passAt1 {
                    guard let solved = row.solved?[column], let problems = results.problems[column] else {
                        // Only the expectation of a random choice need not be a whole number of problems.
                        #expect(row.kind == .random, "\(file.lastPathComponent): \(row.method), \(column)")
                        continue
                    }
                    let exact = Double(solved) / Double(problems) * 100
                    #expect((exact * 10).rounded() / 10 == percent, "\(row.method), \(column): \(exact)")
                    // No other count gives the same percentage, so a derived one is not a guess.
                    for other in [solved - 1, solved + 1] {
                        #expect((Double(other) / Double(problems) * 1000).rounded() / 10 != percent)
                    }
                }
                if let solved = row.solved, solved.count == 4 {
                    #expect(
                        (solved["easy"] ?? 0) + (solved["medium"] ?? 0) + (solved["hard"] ?? 0) == solved["overall"],
                        "\(file.lastPathComponent): \(row.method)")
                }
            }
        }
    }

    @Test func whatThePapersSayIsThere() throws {
        let dream = try PublishedResults(file: Self.folder.appendingPathComponent("dreamprm-code.json"))
        #expect(dream.rows.map { $0.solved?["overall"] } == [101, 104, 105, 106])
        let fun = try PublishedResults(file: Self.folder.appendingPathComponent("funprm.json"))
        #expect(fun.rows.map { $0.passAt1["overall"] } == [80.9])
        let daj = try PublishedResults(file: Self.folder.appendingPathComponent("daj.json"))
        #expect(daj.rows.map { $0.passAt1["overall"] } == [77.1, 76.0, 68.7, 83.2, 84.7])
    }

    private static let valid = """
        {"formatVersion": 1, "name": "N", "source": {"title": "T", "identifier": "I", "url": "u", "place": "Table 1"},
         "benchmark": "livecodebench", "subset": "some", "model": "M", "problems": {"overall": 131},
         "rows": [{"method": "A", "kind": "selector", "passAt1": {"overall": 80.9}, "solved": {"overall": 106}}]}
        """

    @Test(arguments: [
        ("\"name\": \"N\", ", "", "p.json: field 'name': The key is missing."),
        ("131", "\"131\"", "p.json: field 'problems.overall': Expected a whole number."),
        ("131", "0", "p.json: field 'problems.overall': Expected a whole number of at least 1, not 0."),
        ("80.9", "809", "p.json: field 'rows[0].passAt1.overall': Expected a percentage, not 809.0."),
        ("106", "105", "p.json: field 'rows[0].solved.overall': 105 of 131 problems are 80.15 %, not 80.9 %."),
        (
            "{\"overall\": 80.9}", "{\"easy\": 80.9}",
            "p.json: field 'rows[0].passAt1.easy': 'problems' does not tell how many problems 'easy' has."
        ),
        (
            "\"formatVersion\": 1", "\"formatVersion\": 2",
            "p.json: field 'formatVersion': This version reads format 1, not 2."
        ),
        ("\"selector\"", "\"winner\"", "p.json: field 'rows[0].kind': The value cannot be read:"),
        ("{\"formatVersion\"", "[\"formatVersion\"", "p.json: The value cannot be read:"),
    ])
    func mistakesNameTheField(_ old: String, _ new: String, _ message: String) throws {
        let text = Self.valid.replacing(old, with: new)
        do {
            _ = try PublishedResults(Data(text.utf8), name: "p.json")
            Issue.record("no error for \(new)")
        } catch {
            #expect("\(error)".hasPrefix(message), "\(error)")
        }
    }

    @Test func publishedRowsAreMarkedAndKeptApart() throws {
        let published = try Self.files.map { try PublishedResults(file: $0) }
        let record = SampleRun().record()
        let run = PaperRun(tables: RunTables(record: record, resamples: 200), seed: 1)
        var table = PaperTable(runs: [run])
        let own = table.groups
        table.lay(published)
        // The run's own rows, and what is best among them, stay as they were.
        #expect(Array(table.groups.prefix(own.count)) == own)
        let added = table.groups.dropFirst(own.count)
        #expect(added.count == 3)
        for group in added {
            #expect(group.title.hasPrefix("Published: "))
            #expect(group.problems.last == 131)
            for row in group.rows {
                #expect(row.kind == .published && row.mark.contains("‡"))
                #expect(row.cells.allSatisfy { $0?.isBest != true && $0?.isCloseToBest != true })
            }
        }
        let markdown = MarkdownTable.render([table])
        #expect(markdown.contains("| ORM ‡"))
        #expect(markdown.contains("arXiv:2512.15000v1") && markdown.contains("n = 131"))
        // The whole value of 106 of 131, not the rounded percentage.
        let csv = CSVReader.lines(ResultsCSV.render([run], published: published))
        let line = try #require(csv.first { $0.contains("FunPRM") && $0.contains("published") })
        #expect(line.contains("\(106.0 / 131)") && line.contains("106") && line.contains("131"))
    }

    @Test func rowsOnAnotherBenchmarkAreLeftOutAloud() throws {
        var results = try PublishedResults(Data(Self.valid.utf8), name: "p.json")
        results.benchmark = "bigcodebench"
        let record = SampleRun().record()
        var table = PaperTable(runs: [PaperRun(tables: RunTables(record: record, resamples: 200), seed: 1)])
        let groups = table.groups
        table.lay([results])
        #expect(table.groups == groups)
        #expect(table.notes.last?.hasPrefix("Left out: N has numbers on bigcodebench only") == true)
    }
}

// SPDX-License-Identifier: Apache-2.0
import Foundation
import Metrics
import RunStore
import Testing

@testable import Reporting

@Suite struct PaperTextTests {
    @Test func everySpecialCharacterOfLaTeXIsEscaped() {
        #expect(
            LaTeXText.escape(##"a_b & 50 % #1 {x} $y$ ~ ^ \ < > | " `"##)
                == ##"a\_b \& 50 \% \#1 \{x\} \$y\$ \textasciitilde{} \textasciicircum{} \textbackslash{} \textless{} \textgreater{} \textbar{} \textquotedbl{} \textasciigrave{}"##
        )
        // At the front of a line of a table these would be read as an option of the line end before it.
        #expect(LaTeXText.escape("[best] *") == "{[}best{]} {*}")
        // No ligatures: the text is a name, not prose.
        #expect(LaTeXText.escape("--x ,, ''") == "-{}-x ,{}, '{}'")
    }

    @Test func unicodeIsPrintedOrNamed() {
        #expect(LaTeXText.escape("Šárka ß Łódź") == "Šárka ß Łódź")
        #expect(LaTeXText.escape("e\u{301}") == "é")
        #expect(LaTeXText.escape("α → ≥ −1 – …") == #"$\alpha$ $\to$ $\ge$ $-$1 -- \dots{}"#)
        #expect(LaTeXText.escape("中🐍") == #"\texttt{U+4E2D}\texttt{U+1F40D}"#)
        #expect(LaTeXText.escape("a\nb\u{0}\u{1B}\u{202E}c") == "a bc")
    }

    @Test func everySpecialCharacterOfMarkdownIsEscaped() {
        #expect(
            MarkdownTable.escape(#"a|b *c* _d_ `e` <f> [g] \ ~ $ &"#)
                == #"a\|b \*c\* \_d\_ \`e\` \<f> \[g\] \\ \~ \$ \&"#)
        #expect(MarkdownTable.escape("a\nb\u{1B}\u{202E}c") == "a b \u{FFFD}c")
    }

    @Test func columnsOfMarkdownAreAligned() {
        let table = PaperTable(
            caption: "C", stub: "Method",
            blocks: [.init(title: "b", columns: ["easy", "overall"])],
            groups: [
                .init(
                    title: "g", problems: [2, 4],
                    rows: [
                        .init(label: "x|y", kind: .selector, cells: [best(0.809), nil]),
                        .init(label: "oracle", kind: .oracle, cells: [close(0.5), .init(-0.021, isDifference: true)]),
                    ])
            ], notes: ["N."])
        #expect(
            MarkdownTable.render([table]) == """
                C

                | Method   | easy (n = 2) | overall (n = 4) |
                | -------- | -----------: | --------------: |
                | x\\|y     |     **80.9** |               – |
                | *oracle* |       50.0 † |            -2.1 |

                - N.

                """)
        #expect(MarkdownTable.render([table], bold: false).contains("|         80.9 |"))
    }

    private func best(_ value: Double) -> PaperTable.Cell {
        var cell = PaperTable.Cell(value)
        cell.isBest = true
        return cell
    }

    private func close(_ value: Double) -> PaperTable.Cell {
        var cell = PaperTable.Cell(value, low: 0.4, high: 0.61)
        cell.isCloseToBest = true
        return cell
    }

    @Test func laTeXHasAnEqualNumberOfCellsInEveryLine() throws {
        var sample = SampleRun()
        sample.pools = ["a_b", "c&d"]
        sample.hasGaps = true
        let record = sample.record()
        let run = PaperRun(tables: RunTables(record: record, resamples: 200), seed: 1)
        for intervals in [false, true] {
            let text = LaTeXTable.render([PaperTable(runs: [run])], intervals: intervals)
            let body = try #require(text.firstRange(of: "\\toprule")).upperBound
            let end = try #require(text.firstRange(of: "\\bottomrule")).lowerBound
            var lines = 0
            for line in text[body..<end].split(separator: "\n")
            where line.hasSuffix("\\\\") || line.hasSuffix("\\\\[-3pt]") {
                let separators = line.replacing("\\&", with: "").count { $0 == "&" }
                #expect(separators == (line.contains("\\multicolumn") ? 0 : 4), "\(line)")
                lines += 1
            }
            // The head; for both pools title, problems, five selectors, random and oracle; with intervals a second line for each row.
            #expect(lines == 1 + 2 * (2 + 7 * (intervals ? 2 : 1)), "\(text)")
        }
    }

    /// Proof where TeX is installed; the texts above are what it rests on elsewhere.
    @Test(.enabled(if: TeX.isPresent, "needs pdflatex with booktabs"))
    func laTeXCompiles() throws {
        var sample = SampleRun()
        sample.pools = ["[x] \(SampleRun.hostile)", "*y"]
        sample.hasGaps = true
        var record = sample.record()
        record.manifest.name = #"50% #1 {x} $y$ ~ ^ \ _ --- αβ→≥−中 "q" `b` |<>"#
        // Every letter that is passed on as it is.
        record.selectors[1].label = String(
            String.UnicodeScalarView((0xA0...0x17F).compactMap { UnicodeScalar($0 as UInt32) }))
        let run = PaperRun(tables: RunTables(record: record, resamples: 200), seed: 1)
        let tables = [PaperTable(runs: [run])]
        for intervals in [false, true] {
            let log = try TeX.compile(LaTeXTable.render(tables, intervals: intervals), packages: LaTeXTable.packages)
            #expect(!log.contains("\n!") && !log.contains("Missing character"), "\(log)")
        }
    }

    @Test func whatCSVHoldsIsReadBack() {
        let fields = ["plain", "a,b", "say \"x\"", "two\r\nlines", " space", "", "ünï"]
        let text = CSVText.render([fields, ["1"]])
        #expect(text == "plain,\"a,b\",\"say \"\"x\"\"\",\"two\r\nlines\",\" space\",,ünï\r\n1\r\n")
        #expect(CSVReader.lines(text) == [fields, ["1"]])
    }

    @Test func everyValueOfARunIsInItsCSV() throws {
        var sample = SampleRun()
        sample.pools = ["a", "b,\"c\""]
        let record = sample.record()
        let tables = RunTables(record: record, resamples: 200)
        let lines = CSVReader.lines(ResultsCSV.render([PaperRun(tables: tables, seed: 1)]))
        #expect(lines[0] == ResultsCSV.columns)
        #expect(lines.allSatisfy { $0.count == ResultsCSV.columns.count })
        // Two pools; overall and three difficulties; five selectors, random, random text and oracle.
        #expect(lines.count == 1 + 2 * 4 * 8)
        func value(_ line: [String], _ column: String) -> String {
            ResultsCSV.columns.firstIndex(of: column).map { line[$0] } ?? ""
        }
        for pool in tables.pools {
            for group in pool.groups {
                for row in group.rows {
                    let line = try #require(
                        lines.first {
                            value($0, "pool") == pool.name && value($0, "difficulty") == group.title
                                && value($0, "row") == row.label
                        })
                    // Full precision: the very same number.
                    #expect(Double(value(line, "pass_at_1")) == row.passAt1)
                    #expect(Double(value(line, "low")) == row.estimate?.low)
                    #expect(Double(value(line, "gain_p_adjusted")) == row.adjustedGainP)
                    #expect(Int(value(line, "problems")) == group.coverage.counted)
                    #expect(Double(value(line, "wall_seconds")) == row.wallSeconds)
                }
            }
        }
    }
}

/// A reader of RFC 4180 for these tests.
enum CSVReader {
    static func lines(_ text: String) -> [[String]] {
        var lines: [[String]] = []
        var line: [String] = []
        var field = ""
        var isQuoted = false
        // CR LF is one Character in Swift; scalars are what the format is about.
        let scalars = Array(text.unicodeScalars)
        var index = 0
        while index < scalars.count {
            let scalar = scalars[index]
            if isQuoted {
                if scalar == "\"" {
                    if index + 1 < scalars.count, scalars[index + 1] == "\"" {
                        field.unicodeScalars.append("\"")
                        index += 1
                    } else {
                        isQuoted = false
                    }
                } else {
                    field.unicodeScalars.append(scalar)
                }
            } else if scalar == "\"" {
                isQuoted = true
            } else if scalar == "," {
                line.append(field)
                field = ""
            } else if scalar == "\r" {
                index += 1
                lines.append(line + [field])
                line = []
                field = ""
            } else {
                field.unicodeScalars.append(scalar)
            }
            index += 1
        }
        return lines
    }
}

/// A TeX installation, where there is one.
enum TeX {
    private static let program = ["/usr/bin/pdflatex", "/usr/local/bin/pdflatex"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    static let isPresent: Bool = {
        guard program != nil else { return false }
        // An installation without booktabs cannot prove anything.
        let log = (try? compile("x", packages: LaTeXTable.packages)) ?? "\n!"
        return !log.contains("\n!")
    }()

    /// - Returns: the log of a document that holds `text` alone.
    static func compile(_ text: String, packages: [String]) throws -> String {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("tex-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let document =
            (["\\documentclass{article}"] + packages + ["\\begin{document}", text, "\\end{document}", ""])
            .joined(separator: "\n")
        try Data(document.utf8).write(to: folder.appendingPathComponent("t.tex"))
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program ?? "")
        // Draft mode: no PDF, so no fonts are drawn for it.
        process.arguments = ["-interaction=nonstopmode", "-draftmode", "t.tex"]
        process.currentDirectoryURL = folder
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return String(decoding: try Data(contentsOf: folder.appendingPathComponent("t.log")), as: UTF8.self)
    }
}

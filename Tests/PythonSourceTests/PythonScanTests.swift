// SPDX-License-Identifier: Apache-2.0
import Fixtures
import Foundation
import PythonSource
import Testing

@Suite struct PythonScanTests {
    private func code(_ text: String) -> [String] {
        PythonScan(text).lines.map { String(decoding: Array(text.utf8)[$0.code], as: UTF8.self) }
    }

    @Test func logicalLinesJoinBracketsStringsAndBackslashes() {
        let text = "a = [1,  # one\n  2]\n\n# note\nb = '''x\n# no comment\n'''\nc = 1 + \\\n  2  # end\n"
        #expect(code(text) == ["a = [1,  # one\n  2]", "b = '''x\n# no comment\n'''", "c = 1 + \\\n  2"])
        let scan = PythonScan(text)
        #expect(scan.lines.map(\.lines) == [0..<2, 4..<7, 7..<9])
        #expect(
            scan.comments.map { String(decoding: Array(text.utf8)[$0], as: UTF8.self) } == ["# one", "# note", "# end"])
        #expect(scan.multilineStrings.count == 1 && scan.physicalLineCount == 9 && scan.isWellFormed)
    }

    @Test func kindsAndDepthsAreTold() {
        let scan = PythonScan(
            "@d\nasync  def f():\n    'doc'\n    class A:\n\tdef g(self): return 1\ndefine = 1\nclass_ = 2\ndef\\\n h(): pass\n"
        )
        #expect(
            scan.lines.map(\.kind) == [
                .decorator, .function, .other, .classDefinition, .function, .other, .other, .function,
            ])
        #expect(scan.lines.map(\.depth) == [0, 0, 1, 1, 2, 0, 0, 0])
        #expect(scan.lines.map(\.opensBlock) == [false, true, false, true, false, false, false, false])
        #expect(scan.lines.map(\.isText) == [false, false, true, false, false, false, false, false])
        #expect(scan.lines[4].column == 8 && scan.isWellFormed)
    }

    @Test func onlyStringsThatCanBeDocstringsAreText() {
        for text in ["'a'", "r'a'", "U\"a\"", "'a' 'b'", "'''a\nb''' # c", "'a'\\\n'b'"] {
            #expect(PythonScan(text).lines.map(\.isText) == [true], "\(text)")
        }
        for text in ["b'a'", "f'a'", "'a' + 'b'", "('a')", "'a'.x", "'a';", "x", "rb'a'", "'a' r"] {
            #expect(PythonScan(text).lines.map(\.isText) == [false], "\(text)")
        }
    }

    @Test func everyLineEndCounts() {
        #expect(PythonScan("a\r\nb\rc\n").lines.map(\.lines) == [0..<1, 1..<2, 2..<3])
        #expect(PythonScan("a\u{2028}b\nc").lines.count == 2)
        #expect(PythonScan("").physicalLineCount == 0)
        #expect(PythonScan("a").physicalLineCount == 1)
        #expect(PythonScan("a\n  ").physicalLineCount == 2)
    }

    @Test(arguments: [
        "x = 'abc\n", "x = '''abc\n", "f(1\n", "f(]\n", "x)\n", "if x:\ny\n", "if x:\n", "  x\ny", "x\n  y\n",
        "if x:\n    y\n  z\n", "(", "'", "\"\"\"",
    ])
    func textThatDoesNotFitIsNotWellFormed(_ text: String) {
        #expect(!PythonScan(text).isWellFormed)
    }

    @Test(arguments: [
        "\\", "\\\n", "\\\ndef f(): pass", "\u{c}", "\u{feff}x", "x = '\\\n'", "x = '\\\r\n'", "\\x", "'\\", "#",
        "\n\n", "\r", "x\\",
    ])
    func oddTextDoesNoHarm(_ text: String) {
        let scan = PythonScan(text)
        for line in scan.lines {
            #expect(line.bytes.contains(line.code.lowerBound) && line.code.upperBound <= line.bytes.upperBound)
        }
        _ = normalised(text)
    }

    @Test func anyBytesAreSafe() {
        var state: UInt64 = 42
        let alphabet = Array("\"'\\\n\r#()[]{}: \tdefclass@xr".utf8) + [0, 0xff, 0xc3]
        for _ in 0..<5000 {
            var bytes: [UInt8] = []
            for _ in 0..<Int(state % 40) {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                bytes.append(alphabet[Int(state >> 33) % alphabet.count])
            }
            let scan = bytes.withUnsafeBufferPointer { PythonScan($0) }
            var end = 0
            for line in scan.lines {
                #expect(
                    line.bytes.lowerBound >= end && !line.code.isEmpty && line.code.upperBound <= line.bytes.upperBound)
                #expect(line.lines.upperBound <= scan.physicalLineCount)
                end = line.bytes.upperBound
            }
            let text = String(decoding: bytes, as: UTF8.self)
            let once = normalised(text)
            guard PythonScan(text).isWellFormed else { continue }
            #expect(PythonScan(once).isWellFormed && normalised(once) == once, "\(text.debugDescription)")
        }
    }

    @Test(.enabled(if: SharedData.isPresent, "needs the shared data pack beside the checkout (or BESTOFN_SHARED)"))
    func whatIsWellFormedAgreesWithTheVectors() throws {
        struct File: Decodable {
            struct Case: Decodable {
                var name: String
                var text: String
                var well_formed: Bool
            }
            var cases: [Case]
        }
        let file = try JSONDecoder().decode(File.self, from: Data(contentsOf: SharedData.vectors("steps.json")))
        #expect(file.cases.count == 51)
        for example in file.cases {
            #expect(PythonScan(example.text).isWellFormed == example.well_formed, "\(example.name)")
        }
    }
}

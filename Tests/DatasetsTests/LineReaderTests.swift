// SPDX-License-Identifier: Apache-2.0
@testable import Datasets
import Foundation
import Testing

@Suite struct LineReaderTests {
    /// The lines of a file, then the error that ends it, if any.
    private func read(_ bytes: [UInt8], maximumLineBytes: Int = 1000) throws -> [String] {
        try withFile(bytes) { file in
            let reader = try LineReader(file, maximumLineBytes: maximumLineBytes)
            var lines: [String] = []
            while true {
                do {
                    guard let line = try reader.next() else { return lines }
                    lines.append(line)
                } catch let error as DataError {
                    lines.append("\(error.line.map(String.init) ?? "-"): \(error.message)")
                }
            }
        }
    }

    private func read(_ text: String) throws -> [String] { try read(Array(text.utf8)) }

    @Test func linesComeWithoutTheirEnds() throws {
        #expect(try read("a\nbc\n\nd\n") == ["a", "bc", "", "d"])
        #expect(try read("a\r\nb\r\n") == ["a", "b"])
        #expect(try read("a\rb\n") == ["a\rb"])
    }

    @Test func theLastLineMayLackItsEnd() throws {
        #expect(try read("a\nb") == ["a", "b"])
        #expect(try read("a\nb\r") == ["a", "b"])
    }

    @Test func anEmptyFileHasNoLines() throws {
        #expect(try read("") == [])
        #expect(try read(gzip([])) == [])
    }

    @Test func aByteOrderMarkIsPassedOver() throws {
        #expect(try read("\u{feff}a\n\u{feff}b\n") == ["a", "\u{feff}b"])
    }

    @Test func gzipIsToldByItsFirstBytes() throws {
        #expect(try read(gzip(Array("a\nb".utf8))) == ["a", "b"])
    }

    @Test func gzipMembersFollowOneAnother() throws {
        let members = gzip(Array("a\nb".utf8)) + gzip([]) + gzip(Array("c\nd\n".utf8))
        #expect(try read(members) == ["a", "bc", "d"])
        #expect(try read(members + [0, 0, 0]) == ["a", "bc", "d"])
    }

    @Test func aTruncatedGzipNamesTheLineReached() throws {
        let whole = gzip(Array("a\nb\nc\n".utf8))
        for length in [whole.count - 1, whole.count - 8] {
            #expect(
                try read(Array(whole.prefix(length))) == [
                    "a", "b", "c", "4: The gzip data ends too early: the file is truncated. Copy or download it again.",
                ])
        }
        #expect(
            try read(Array(whole.prefix(18))) == [
                "a", "2: The gzip data ends too early: the file is truncated. Copy or download it again.",
            ])
    }

    @Test func aDamagedGzipNamesTheLineReached() throws {
        var bytes = gzip(Array("a\nb\n".utf8))
        bytes[bytes.count - 6] ^= 1
        #expect(
            try read(bytes).last
                == "3: The gzip data is damaged (incorrect data check). Copy or download the file again.")
    }

    @Test func otherBytesBehindGzipAreAnError() throws {
        #expect(
            try read(gzip(Array("a\n".utf8)) + Array("more".utf8)) == [
                "a", "2: The file goes on after the end of its gzip data. Copy or download it again.",
            ])
    }

    @Test func bytesThatAreNotUTF8AreAnErrorOfTheirLine() throws {
        #expect(
            try read(Array("a\n".utf8) + [98, 0xff, 10] + Array("c\n".utf8)) == [
                "a", "2: Byte 2 of the line is not valid UTF-8. Convert the file to UTF-8.", "c",
            ])
    }

    @Test func aLineBeyondTheCapIsRefused() throws {
        let long = [UInt8](repeating: 97, count: 11)
        let message = "The line is longer than 10 bytes, which is more than is read. Is this a JSON Lines file?"
        #expect(
            try read(Array("a\n".utf8) + long + [10, 98, 10], maximumLineBytes: 10) == ["a", "2: \(message)", "b"])
        #expect(try read(long, maximumLineBytes: 10) == ["1: \(message)"])
        #expect(try read(Array(long.prefix(10)), maximumLineBytes: 10) == ["aaaaaaaaaa"])
    }

    @Test func aLineThatGrowsWithoutEndIsNotHeldInMemory() throws {
        let endless = [UInt8](repeating: 97, count: 3 << 20)
        #expect(try read(endless, maximumLineBytes: 1 << 20).count == 1)
    }

    @Test func aMissingFileIsAnErrorThatNamesIt() {
        #expect {
            _ = try LineReader(URL(fileURLWithPath: "/nonexistent/rows.jsonl"))
        } throws: {
            "\($0)" == "/nonexistent/rows.jsonl: The file cannot be opened: No such file or directory."
        }
    }

    @Test func filesOfOtherKindsAreCalledByTheirNames() throws {
        #expect(try read("PAR1....") == ["1: This is a Parquet file. Give JSON Lines, plain or gzip-compressed."])
    }

    @Test func linesAcrossPiecesAreWhole() throws {
        let lines = (0..<40_000).map { "\($0) " + String(repeating: "x", count: $0 % 97) }
        #expect(try read(Array(lines.joined(separator: "\n").utf8)) == lines)
    }
}

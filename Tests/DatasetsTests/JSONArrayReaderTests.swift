// SPDX-License-Identifier: Apache-2.0
@testable import Datasets
import Foundation
import Testing

@Suite struct JSONArrayReaderTests {
    /// The elements with their lines, then the error that ends the list, if any.
    private func read(_ bytes: [UInt8]) throws -> [String] {
        try withFile(bytes) { file in
            let reader = try JSONArrayReader(file)
            var elements: [String] = []
            while true {
                do {
                    guard let text = try reader.withNextElement({ String(decoding: $0, as: UTF8.self) }) else {
                        return elements
                    }
                    elements.append("\(reader.lineNumber) \(text)")
                } catch let error as DataError {
                    elements.append("\(error.line ?? 0): \(error.message)")
                }
            }
        }
    }

    private func read(_ text: String) throws -> [String] { try read(Array(text.utf8)) }

    @Test func elementsComeAsTheyAreWritten() throws {
        #expect(
            try read("[\n  {\"a\": \"]},\\\"\",\n   \"b\": [1]},\n\n  [\"x\", \"y\"] , 3\n]\n") == [
                "2 {\"a\": \"]},\\\"\",\n   \"b\": [1]}", "5 [\"x\", \"y\"] ", "5 3\n",
            ])
    }

    @Test func anEmptyListHasNoElements() throws {
        #expect(try read(" [ ] ") == [])
        #expect(try read(gzip(Array("\u{feff}[]".utf8))) == [])
    }

    @Test func whatIsWrongSaysWhere() throws {
        #expect(try read("[1,\n2").last == "2: The list has no end: the file is truncated. Copy or download it again.")
        #expect(
            try read("[1,\n\"2").last == "2: The list has no end: the file is truncated. Copy or download it again.")
        #expect(try read("[1] x").last == "1: There is something after the end of the list.")
        #expect(try read("{}") == ["1: The file is not a JSON list."])
    }

    @Test func manyElementsAcrossPiecesAreWhole() throws {
        let elements = (0..<20_000).map { "{\"n\": \($0), \"text\": \"\(String(repeating: "\\\"", count: $0 % 53))\"}" }
        let text = "[" + elements.joined(separator: ",\n") + "]"
        #expect(try read(text) == elements.enumerated().map { "\($0 + 1) \($1)" })
    }
}

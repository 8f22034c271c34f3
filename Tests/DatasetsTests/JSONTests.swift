// SPDX-License-Identifier: Apache-2.0
@testable import Datasets
import Testing
import JSONReading

@Suite struct JSONTests {
    private func row<Result>(_ text: String, _ body: (JSONRow) throws -> Result) throws -> Result {
        let bytes = Array(text.utf8)
        return try bytes.withUnsafeBytes { try body(try JSONRow($0)) }
    }

    private func message(_ text: String) -> String? {
        do {
            try row(text) { _ in }
            return nil
        } catch {
            return (error as? RowError)?.message
        }
    }

    @Test func valuesKeepTheTextOfTheFile() throws {
        let text = #"{"a": [1.0, 1, 1e400, 123456789012345678901234567890, NaN, -Infinity], "b" :{"x":[ ]} ,"c":null}"#
        try row(text) { (row: JSONRow) throws in
            #expect(row["a"]?.json == "[1.0, 1, 1e400, 123456789012345678901234567890, NaN, -Infinity]")
            #expect(row["b"]?.json == #"{"x":[ ]}"#)
            #expect(row["c"] == nil)
            #expect(row.names == ["a", "b", "c"])
        }
    }

    @Test func escapesAreResolved() throws {
        let text = try row(#"{"a": "\"\\\/\n\t\r\b\f\u00e9\ud83d\ude00 \\n é"}"#) { try $0.string("a") }
        #expect(text == "\"\\/\n\t\r\u{8}\u{c}é😀 \\n é")
    }

    @Test func halfACharacterIsAnErrorOrReplaced() throws {
        try row(#"{"a": "x\ud83dy", "b": "\ude00\u0041", "c": "\ud83d\u0041"}"#) { (row: JSONRow) throws in
            #expect(throws: RowError.self) { try row.string("a") }
            #expect(try row.lenientString("a") == "x\u{fffd}y")
            #expect(try row.lenientString("b") == "\u{fffd}A")
            #expect(try row.lenientString("c") == "\u{fffd}A")
        }
    }

    @Test func stringsEndAtTheirOwnQuotes() throws {
        try row(#"{"a": "\\", "b": "\\\"", "c\"": "{[,:]}"}"#) { (row: JSONRow) throws in
            #expect(try row.string("a") == "\\")
            #expect(try row.string("b") == "\\\"")
            #expect(try row.string("c\"") == "{[,:]}")
        }
    }

    @Test func theLastOfEqualNamesCounts() throws {
        let last = try row(#"{"a": 1, "a": 2}"#) { try $0.integer("a") }
        #expect(last == 2)
    }

    @Test func numbersAreRead() throws {
        try row(#"{"a": 1e-06, "b": -12, "c": 3.0, "d": 3.5}"#) { (row: JSONRow) throws in
            #expect(try row.number("a") == 1e-6)
            #expect(try row.integer("b") == -12)
            #expect(try row.integer("c") == 3)
            #expect(throws: RowError.self) { try row.integer("d") }
        }
    }

    @Test(arguments: [
        (#""a""#, "The row is not a JSON object. Expected one object per line, such as {\"task_id\": …}."),
        (#"{"a": 1"#, "The row is not valid JSON: ',' or '}' is missing (byte 8)."),
        (#"{"a": "x}"#, "The row is not valid JSON: a string has no closing quote (byte 7)."),
        (#"{"a": 1} x"#, "The row is not valid JSON: there is something after the end of the JSON value (byte 10)."),
        (#"{a: 1}"#, "The row is not valid JSON: a field's name in double quotes should be here (byte 2)."),
        (#"{"a": 01}"#, "The row is not valid JSON: a number begins with 0 (byte 9)."),
        (#"{"a": 1.}"#, "The row is not valid JSON: a number has no digits after its point (byte 9)."),
        (#"{"a": -}"#, "The row is not valid JSON: a number has no digits (byte 8)."),
        (#"{"a": True}"#, "The row is not valid JSON: a value cannot begin with 'T' (byte 7)."),
        (
            #"{"a": nul}"#,
            "The row is not valid JSON: an unknown word begins here; text must be in double quotes (byte 7)."
        ),
        (#"{"a": [1 2]}"#, "The row is not valid JSON: ',' or ']' is missing (byte 10)."),
        ("   ", "The row is empty."),
    ])
    func textThatIsNotJSONSaysWhere(_ text: String, _ expected: String) {
        #expect(message(text) == expected)
    }

    @Test func deepNestingIsAnErrorAndNoCrash() {
        let text = "{\"a\": " + String(repeating: "[", count: 100_000)
        #expect(message(text)?.contains("nested too deeply") == true)
    }

    @Test func writtenStringsReadBack() throws {
        let text = "a\"\\\n\r\t\u{1}é😀\u{7f}"
        let read = try row("{\"a\": \(JSONText.string(text))}") { try $0.string("a") }
        #expect(read == text)
    }
}

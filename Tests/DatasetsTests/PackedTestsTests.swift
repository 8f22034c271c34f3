// SPDX-License-Identifier: Apache-2.0
@testable import Datasets
import Foundation
import SelectorKit
import Testing
import JSONReading

/// Private tests of LiveCodeBench, packed by Python.
@Suite struct PackedTestsTests {
    private let expected = [TestExample(input: "1 2\n", output: "3\n", kind: .standardInput)]

    private func tests(_ json: String, maximumBytes: Int = 1 << 20) throws -> [TestExample] {
        try Array(json.utf8).withUnsafeBytes { bytes in
            try PackedTests(maximumBytes: maximumBytes).tests(JSONValue(bytes, 0..<bytes.count))
        }
    }

    private func message(_ json: String, maximumBytes: Int = 1 << 20) -> String {
        do {
            return "\(try tests(json, maximumBytes: maximumBytes))"
        } catch {
            return (error as? RowError)?.message ?? "\(error)"
        }
    }

    private func pickle(_ bytes: [UInt8]) throws -> String {
        try bytes.withUnsafeBytes {
            String(decoding: try PickledString.find(in: $0, field: "private_test_cases"), as: UTF8.self)
        }
    }

    /// base64(zlib(pickle(json, protocol))) by Python 3.11.
    @Test(arguments: [
        "eJxrYIqwYmBgiK5WyswrKC1RslJQMlQwislT0lFQyi8tgQoZQwRKUotLSioLUkFCxSUpmXlKtbGFDHoAe1wTcQ==",
        "eJxrYI6wYmBgiK5WyswrKC1RslJQMlQwislT0lFQyi8tgQoZQwRKUotLSioLUkFCxSUpmXlKtbGFDHoAe58Tcg==",
        "eJxrYJlqxwABPVbR1UqZeQWlJUpWCkqGCkYxeUo6Ckr5pSVQIWOIQElqcUlJZUEqSKi4JCUzT6k2dooeALEqFJ0=",
        "eJxrYJ1qxwABPVbR1UqZeQWlJUpWCkqGCkYxeUo6Ckr5pSVQIWOIQElqcUlJZUEqSKi4JCUzT6k2dooeALFyFJ4=",
        "eJxrYJm6lJMBDCLmARnRXAqjgGhQPRpao4AmQCkzr6C0RMlKQclQwSgmT0lnNKWNApoApfzSEmhSMx5NaKOAZkCpJLW4pKSyIBWU1IpLUjLzlEbTGgmglit2ih4AmnBBUQ==",
        "eJxrYOm1YoCA6GqlzLyC0hIlKwUlQwWjmDwlHQWl/NISqJAxRKAktbikpLIgFSRUXJKSmadUGztFDwB7iBPL",
    ])
    func everyPickleProtocolIsRead(_ text: String) throws {
        #expect(try tests("\"\(text)\"") == expected)
    }

    @Test func plainJSONIsReadToo() throws {
        #expect(try tests(#""[{\"input\": \"1 2\\n\", \"output\": \"3\\n\", \"testtype\": \"stdin\"}]""#) == expected)
        #expect(try tests(#"[{"input": "1 2\n", "output": "3\n", "testtype": "stdin"}]"#) == expected)
        #expect(try tests(#""[]""#) == [])
    }

    @Test func whatIsPackedHereReadsBack() throws {
        for size in [0, 255, 256, 70_000, 300_000] {
            let json =
                "[" + String(repeating: " ", count: size)
                + #"{"input": "1 2\n", "output": "3\n", "testtype": "stdin"}]"#
            #expect(try tests("\"\(PackedTests.pack(json))\"") == expected)
        }
    }

    @Test func picklesAreWrittenAsPythonWritesThem() {
        #expect(PickledString.encode("ab") == [0x80, 4, 0x95, 6, 0, 0, 0, 0, 0, 0, 0, 0x8c, 2, 0x61, 0x62, 0x94, 0x2e])
        let long = String(repeating: "a", count: 65536)
        #expect(PickledString.encode(long) == [0x80, 4, 0x58, 0, 0, 1, 0] + Array(long.utf8) + [0x94, 0x2e])
    }

    @Test func aPickleThatDoesMoreIsRefusedByName() {
        // pickle.dumps(os.system, 4) begins so.
        #expect(throws: RowError.self) { try self.pickle([0x80, 4, 0x8c, 2, 0x6f, 0x73, 0x93, 0x2e]) }
        let attack = Data([0x80, 2, 0x63, 0x6f, 0x73, 0x0a, 0x2e])
        let refusal =
            "The pickle holds more than a text: operation GLOBAL (0x63). It is not read, because unpickling can run code."
        do {
            _ = try pickle(Array(attack))
            Issue.record("read")
        } catch {
            #expect((error as? RowError)?.message == refusal)
        }
    }

    @Test(
        arguments: [
            [0x80, 4, 0x2e], [0x80, 4, 0x8c, 5, 0x61], [0x80, 4], [0x80, 1, 0x8c, 0, 0x2e],
            [0x80, 4, 0x8c, 0, 0x8c, 0, 0x2e], [],
            [0x80, 4, 0x8d, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
            [0x80, 4, 0x8d, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
        ] as [[UInt8]])
    func brokenPicklesAreErrors(_ bytes: [UInt8]) {
        #expect(throws: RowError.self) { try self.pickle(bytes) }
    }

    @Test func whatCannotBeUnpackedSaysWhy() {
        #expect(message("\"@@\"").contains("'@' is no character of base64"))
        #expect(message("\"eJw=\"").contains("the data ends too early"))
        #expect(message("\"AAAA\"").contains("unknown compression method"))
        #expect(message("\"\"").contains("The field is empty"))
        #expect(message("7") == "Expected text, found 7.")
    }

    @Test func aBombIsStopped() {
        let bomb = PackedTests.pack(String(repeating: " ", count: 5 << 20))
        #expect(bomb.utf8.count < 10_000)
        #expect(message("\"\(bomb)\"").contains("they unpack to more than 1 MiB"))
    }

    @Test func testsOfAnUnknownKindAreErrors() {
        #expect(
            message(#"[{"input": "", "output": "", "testtype": "x"}]"#)
                == "Test 1: 'x' is no kind of test. Known: stdin, functional.")
        #expect(
            message(#"[{"input": 1, "output": "", "testtype": "stdin"}]"#) == "Test 1 'input': Expected text, found 1.")
    }
}

// SPDX-License-Identifier: Apache-2.0
import Execution
import Foundation
import Testing

/// The reader of marshalled answers: right for what Python writes, and never led astray by what it does not.
@Suite struct PythonMarshalTests {
    /// What CPython's `marshal.dumps(value, 2)` gives, in hexadecimal, and the value as our descriptions show it.
    static let samples: [(hex: String, text: String)] = [
        ("4e", "None"), ("54", "True"), ("46", "False"),
        ("69ffffffff", "-1"), ("6900000080", "-2147483648"),
        ("6c03000000000000000200", "2147483648"), ("6cfdffffff000000000200", "-2147483648"),
        ("67000000000000f83f", "1.5"),
        ("79000000000000f03f00000000000000c0", "(1.0+-2.0j)"),
        ("7503000000c3a974", "'ét'"), ("7303000000616263", "bytes(3)"),
        ("5b02000000690100000069020000 00".replacingOccurrences(of: " ", with: ""), "[1, 2]"),
        ("28010000004e", "(None,)"), ("2800000000", "()"),
        ("7b750100000061690100000030", "{'a': 1}"), ("7b30", "{}"),
        ("3c010000006901000000", "{1}"), ("3e010000006901000000", "{1}"),
    ]

    @Test(arguments: samples) func readsWhatPythonWrites(_ sample: (hex: String, text: String)) throws {
        #expect(try PythonMarshal.decode(bytes(sample.hex)).description == sample.text)
    }

    @Test(arguments: samples) func refusesEveryPart(_ sample: (hex: String, text: String)) {
        let whole = bytes(sample.hex)
        for count in 0..<whole.count {
            #expect(throws: PythonMarshal.Failure.self) { try PythonMarshal.decode(whole.prefix(count)) }
        }
        #expect(throws: PythonMarshal.Failure.self) { try PythonMarshal.decode(whole + [0x4E]) }
    }

    @Test func keepsLoneSurrogatesApart() throws {
        let first = try PythonMarshal.decode(bytes("7503000000eda080"))
        let second = try PythonMarshal.decode(bytes("7503000000eda081"))
        #expect(try first.equals(first))
        #expect(try !first.equals(second))
    }

    @Test func refusesImpossibleLengths() {
        for kind in ["5b", "28", "3c", "3e", "75", "73", "6c"] {
            for length in ["ffffff7f", "ffffffff", "00000080", "02000000"] {
                #expect(throws: PythonMarshal.Failure.self) { try PythonMarshal.decode(bytes(kind + length + "4e")) }
            }
        }
    }

    @Test func refusesDepthInsteadOfOverflowing() throws {
        func nested(_ depth: Int) -> [UInt8] {
            Array(repeatElement([0x28, 1, 0, 0, 0], count: depth).joined()) + [0x4E]
        }
        _ = try PythonMarshal.decode(nested(PythonMarshal.mostDepth))
        for depth in [PythonMarshal.mostDepth + 1, 1_000_000] {
            #expect(throws: PythonMarshal.Failure.self) { try PythonMarshal.decode(nested(depth)) }
        }
        let dictionaries = [UInt8](repeating: 0x7B, count: 1_000_000)
        #expect(throws: PythonMarshal.Failure.self) { try PythonMarshal.decode(dictionaries) }
    }

    /// Random changes of sound messages: the reader must refuse them or give a value, and what it gives must be usable.
    @Test func survivesRandomMessages() throws {
        var random = Random(state: 20_240_901)
        let sound = Self.samples.map { bytes($0.hex) }
        var refused = 0
        var read = 0
        for _ in 0..<40_000 {
            var members: [UInt8] = [[0x5B, 0x28, 0x3C][random.below(3)], UInt8(3), 0, 0, 0]
            for _ in 0..<3 { members += sound[random.below(sound.count)] }
            for _ in 0...random.below(4) {
                switch random.below(3) {
                case 0: members[random.below(members.count)] = UInt8(random.below(256))
                case 1: members.remove(at: random.below(members.count))
                default: members.insert(UInt8(random.below(256)), at: random.below(members.count + 1))
                }
                if members.isEmpty { members = [0x4E] }
            }
            do {
                let value = try PythonMarshal.decode(members)
                _ = try? value.equals(value)
                _ = value.description
                read += 1
            } catch {
                refused += 1
            }
        }
        // Both must have happened often, or the messages were not worth sending.
        #expect(refused > 1000)
        #expect(read > 1000)
    }

    private func bytes(_ hex: String) -> [UInt8] {
        let digits = Array(hex.utf8)
        return stride(from: 0, to: digits.count, by: 2).compactMap {
            UInt8(String(decoding: digits[$0...$0 + 1], as: UTF8.self), radix: 16)
        }
    }
}

/// A small generator with a fixed seed, so that a failure can be repeated.
private struct Random {
    var state: UInt64

    mutating func below(_ bound: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int((state >> 33) % UInt64(bound))
    }
}

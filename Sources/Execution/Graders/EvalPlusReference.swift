// SPDX-License-Identifier: Apache-2.0
import Foundation

/// What a problem's canonical solution gave on one of its two test sets.
package struct Reference: Sendable {
    package enum Tests: Sendable {
        /// The candidate's process gets the inputs and returns answers, which are compared here.
        case answers(inputs: SealedMemory, expected: ExpectedValues)
        /// Some value cannot leave the interpreter: inputs and expected values, for a comparison in the candidate's process.
        case inProcess(SealedMemory)
    }

    package var tests: Tests
    /// The seconds that the canonical solution took on each test.
    package var seconds: [Double]

    package init(tests: Tests, seconds: [Double]) {
        self.tests = tests
        self.seconds = seconds
    }
}

/// The expected values of one test set, as the reference run encoded them (`grade_evalplus.py`): long ones by their digests.
package struct ExpectedValues: Sendable {
    /// One test's expected value.
    struct Value: Sendable {
        private static let floats: UInt8 = 1
        private static let unsafe: UInt8 = 2
        private static let digest: UInt8 = 4
        private static let typed: UInt8 = 8

        fileprivate let flags: UInt8
        /// The value in marshal's format, or as typed JSON, or the summary of a long value.
        let body: ArraySlice<UInt8>

        /// Whether it is a float, or a non-empty list or tuple of floats alone.
        var holdsFloats: Bool { flags & Self.floats != 0 }
        /// Whether an answer of the same bytes is known to be equal: not where a NaN or bytes are inside.
        var equalsSameBytes: Bool { flags & Self.unsafe == 0 }
        /// The summary of a long value.
        var summary: ValueSummary? { flags & Self.digest != 0 ? ValueSummary(body) : nil }

        /// The value of a short one.
        func decoded() throws -> PythonValue {
            if flags & Self.typed != 0 { return try PythonValue(wire: try PythonJSON.parse(body)) }
            return try body.withUnsafeBytes { buffer in try PythonMarshal.decode(buffer) }
        }
    }

    struct Malformed: Error {}

    /// The frames in which the values came: marshalled lists of byte strings.
    let frames: [Data]
    let values: [Value]

    /// - Throws: for frames that the reference run would not have sent.
    init(frames: [Data]) throws {
        self.frames = frames
        var values: [Value] = []
        for frame in frames {
            let bytes = [UInt8](frame)
            for range in try bytes.withUnsafeBytes({ buffer in try PythonMarshal.byteStrings(buffer) }) {
                guard let flags = bytes[range].first else { throw Malformed() }
                let value = Value(flags: flags, body: bytes[range].dropFirst())
                if value.flags & 4 != 0, value.summary == nil { throw Malformed() }
                values.append(value)
            }
        }
        self.values = values
    }
}

/// What stands for a value of more than 64 KiB: its first five bytes, its size and its digest.
struct ValueSummary: Sendable, Equatable {
    private static let headSize = 5
    private static let count = headSize + 8 + 16

    let head: [UInt8]
    let size: UInt64
    let digest: [UInt8]

    init?(_ bytes: ArraySlice<UInt8>) {
        guard bytes.count == Self.count else { return nil }
        head = Array(bytes.prefix(Self.headSize))
        size = bytes.dropFirst(Self.headSize).prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
        digest = Array(bytes.suffix(16))
    }

    /// Whether a value that begins like this can equal one that begins like `other`, though their bytes differ.
    static func mayBeEqual(_ head: some Collection<UInt8>, _ other: some Collection<UInt8>) -> Bool {
        guard let kind = head.first, let otherKind = other.first else { return false }
        let sets: Set<UInt8> = [UInt8(ascii: "<"), UInt8(ascii: ">")]
        guard kind == otherKind || sets.contains(kind) && sets.contains(otherKind) else { return false }
        switch kind {
        // Sequences and sets of different lengths are not equal; of one length, they may hold 1 for 1.0.
        case UInt8(ascii: "["), UInt8(ascii: "("), UInt8(ascii: "<"), UInt8(ascii: ">"):
            return head.prefix(headSize).dropFirst().elementsEqual(other.prefix(headSize).dropFirst())
        case UInt8(ascii: "{"): return true
        // A text or an integer has one encoding, and nothing else equals an integer of this size.
        default: return false
        }
    }
}

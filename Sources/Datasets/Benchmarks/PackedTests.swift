// SPDX-License-Identifier: Apache-2.0
import Foundation
import SelectorKit
import JSONReading

/// The private tests of LiveCodeBench: JSON text, or base64 of zlib of a pickle of that text.
///
/// Keeps its buffers from row to row. Nothing is unpickled but one string.
struct PackedTests {
    static let field = "private_test_cases"
    /// What the tests of one problem may unpack to, so that a few kilobytes cannot fill the memory.
    static let maximumBytes = 1 << 30

    private let unpacked = RawBuffer()
    private let maximum: Int

    init(maximumBytes: Int = PackedTests.maximumBytes) { maximum = maximumBytes }

    func tests(_ value: JSONValue) throws(RowError) -> [TestExample] {
        if value.kind == .array { return try TestExample.list(value.bytes, field: Self.field) }
        guard let body = value.stringBody else { throw JSONRow.mismatch(Self.field, "text", value) }
        guard let first = body.first(where: { $0 != 0x20 }) else {
            throw RowError(field: Self.field, "The field is empty. A problem without private tests says \"[]\".")
        }
        if first == UInt8(ascii: "[") {
            return try withBytes(of: try JSONRow.exact(value, Self.field)) { (text) throws(RowError) in
                try TestExample.list(text, field: Self.field)
            }
        }
        try unpack(body)
        let text = try PickledString.find(in: unpacked.bytes, field: Self.field)
        if let offset = UTF8Check.firstInvalidByte(of: text) {
            throw RowError(field: Self.field, "Byte \(offset + 1) of the unpacked tests is not valid UTF-8.")
        }
        return try TestExample.list(text, field: Self.field)
    }

    /// Base64 of zlib data, piece by piece into `unpacked`.
    private func unpack(_ text: UnsafeRawBufferPointer) throws(RowError) {
        unpacked.count = 0
        var decoder = Base64Decoder(text)
        let piece = RawBuffer()
        do throws(Inflater.Failure) {
            let inflater = try Inflater()
            var used = 0
            while true {
                if used == piece.count {
                    piece.count = 0
                    used = 0
                    guard try decoder.next(into: piece) else {
                        throw Inflater.Failure(description: "the data ends too early")
                    }
                }
                let (consumed, produced, ended) = try inflater.inflate(
                    UnsafeRawBufferPointer(rebasing: piece.bytes[used...]), into: unpacked.room(1 << 16))
                used += consumed
                unpacked.count += produced
                if unpacked.count > maximum {
                    throw Inflater.Failure(description: "they unpack to more than \(maximum >> 20) MiB")
                }
                if ended { return }
            }
        } catch {
            throw RowError(
                field: Self.field,
                "The tests cannot be unpacked: \(error.description). Expected JSON text, or base64 of zlib of a pickled text, as LiveCodeBench writes."
            )
        }
    }
}

/// Decodes base64 from the body of a JSON string, piece by piece. White space is passed over, escaped or not.
struct Base64Decoder {
    private static let pieceSize = 1 << 16
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 0xff, count: 256)
        for (value, character) in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8.enumerated() {
            values[Int(character)] = UInt8(value)
        }
        return values
    }()

    private let text: UnsafeRawBufferPointer
    private var position = 0
    private var bits: UInt32 = 0
    private var bitCount = 0

    init(_ text: UnsafeRawBufferPointer) { self.text = text }

    /// Appends the next bytes; false at the end.
    mutating func next(into buffer: RawBuffer) throws(Inflater.Failure) -> Bool {
        let room = buffer.room(Self.pieceSize)
        var written = 0
        try Self.values.withUnsafeBufferPointer { values throws(Inflater.Failure) in
            while position < text.count, written < Self.pieceSize {
                let byte = text[position]
                position += 1
                let value = values[Int(byte)]
                if value == 0xff {
                    if try skip(byte) { continue } else { break }
                }
                bits = bits << 6 | UInt32(value)
                bitCount += 6
                if bitCount >= 8 {
                    bitCount -= 8
                    room[written] = UInt8(truncatingIfNeeded: bits >> UInt32(bitCount))
                    written += 1
                }
            }
        }
        buffer.count += written
        return written > 0
    }

    /// Whether reading goes on after a character outside the alphabet.
    private mutating func skip(_ byte: UInt8) throws(Inflater.Failure) -> Bool {
        switch byte {
        case UInt8(ascii: "="):
            position = text.count
            return false
        case 0x20, 0x09, 0x0a, 0x0d: return true
        case UInt8(ascii: "\\") where position < text.count:
            let escaped = text[position]
            if escaped == UInt8(ascii: "n") || escaped == UInt8(ascii: "r") || escaped == UInt8(ascii: "/") {
                if escaped != UInt8(ascii: "/") { position += 1 }
                return true
            }
        default: break
        }
        throw Inflater.Failure(description: "'\(Character(UnicodeScalar(byte)))' is no character of base64")
    }
}

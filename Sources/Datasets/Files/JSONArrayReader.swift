// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Reads a file that is one JSON array, element by element, holding one element at a time.
///
/// A class because it stands at a place in an open file; not shared between tasks.
final class JSONArrayReader {
    let file: String
    /// The line on which the element read last begins, from 1.
    private(set) var lineNumber = 1

    private var source: ByteSource?
    private let buffer = RawBuffer()
    private var consumed = 0
    private var isBegun = false
    private let maximum: Int

    init(_ url: URL, maximumElementBytes: Int = LineReader.maximumLineBytes) throws(DataError) {
        file = url.relativePath
        maximum = maximumElementBytes
        do { source = try ByteSource(path: url.path) } catch { throw DataError(file: file, message: error.message) }
    }

    /// Gives the text of the next element to `body`; nil at the end. The bytes are valid UTF-8 and only there while `body` runs.
    func withNextElement<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) throws -> Result? {
        guard let range = try nextRange() else { return nil }
        let text = UnsafeRawBufferPointer(rebasing: buffer.bytes[range])
        if let offset = UTF8Check.firstInvalidByte(of: text) {
            throw error("Byte \(offset + 1) of the element is not valid UTF-8. Convert the file to UTF-8.")
        }
        return try body(text)
    }

    private func nextRange() throws(DataError) -> Range<Int>? {
        guard source != nil else { return nil }
        dropConsumed()
        if !isBegun {
            guard try peek() == UInt8(ascii: "[") else { throw end("The file is not a JSON list.") }
            consumed += 1
            isBegun = true
            if try peek() == UInt8(ascii: "]") { return try finish() }
        } else {
            switch try peek() {
            case UInt8(ascii: ","): consumed += 1
            case UInt8(ascii: "]"): return try finish()
            case nil: throw end("The list has no closing bracket: the file is truncated. Copy or download it again.")
            default: throw end("',' or ']' is missing between two elements of the list.")
            }
        }
        _ = try peek()
        dropConsumed()
        let length = try elementLength()
        consumed = length
        return 0..<length
    }

    /// Where the element at the front of the buffer ends: at a comma or bracket outside its own brackets and strings.
    private func elementLength() throws(DataError) -> Int {
        var depth = 0
        var position = 0
        while true {
            if position >= buffer.count {
                guard buffer.count <= maximum else {
                    throw end("An element of the list is longer than \(maximum >> 20) MiB.")
                }
                guard try fill() else {
                    throw end("The list has no end: the file is truncated. Copy or download it again.")
                }
            }
            switch buffer.bytes[position] {
            case UInt8(ascii: "\""):
                position = try stringEnd(from: position)
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if depth == 0 { return position }
                depth -= 1
            case UInt8(ascii: ","):
                if depth == 0 { return position }
            default: break
            }
            position += 1
        }
    }

    private func stringEnd(from start: Int) throws(DataError) -> Int {
        var position = start + 1
        while true {
            while position >= buffer.count {
                guard buffer.count <= maximum else {
                    throw end("An element of the list is longer than \(maximum >> 20) MiB.")
                }
                guard try fill() else {
                    throw end("A string of the list has no end: the file is truncated. Copy or download it again.")
                }
            }
            switch buffer.bytes[position] {
            case UInt8(ascii: "\""): return position + 1
            case UInt8(ascii: "\\"): position += 2
            default: position += 1
            }
        }
    }

    /// The next byte that is not white space, which is not consumed.
    private func peek() throws(DataError) -> UInt8? {
        while true {
            while consumed < buffer.count {
                let byte = buffer.bytes[consumed]
                guard byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d else { return byte }
                consumed += 1
            }
            guard try fill() else { return nil }
        }
    }

    private func finish() throws(DataError) -> Range<Int>? {
        consumed += 1
        if try peek() != nil { throw end("There is something after the end of the list.") }
        source = nil
        return nil
    }

    private func dropConsumed() {
        lineNumber += buffer.bytes.prefix(consumed).reduce(0) { $0 + ($1 == 10 ? 1 : 0) }
        buffer.removeFirst(consumed)
        consumed = 0
    }

    private func fill() throws(DataError) -> Bool {
        do { return try source?.fill(buffer) ?? false } catch { throw end(error.message) }
    }

    private func error(_ message: String) -> DataError { DataError(file: file, line: lineNumber, message: message) }

    /// An error after which nothing more can be read.
    private func end(_ message: String) -> DataError {
        source = nil
        return error(message)
    }
}

// SPDX-License-Identifier: Apache-2.0
import Foundation
import JSONReading

/// Reads a file that is one JSON array, element by element, holding one element at a time.
///
/// A class because it stands at a place in an open file; not shared between tasks.
final class JSONArrayReader {
    let file: String
    /// The line on which the element read last begins, from 1.
    private(set) var lineNumber = 1

    private var source: ByteSource?
    private let buffer = RawBuffer()
    /// Where reading stands in the buffer: at an element from when it is found to when the next is asked for.
    private var position = 0
    private var elementLength = 0
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
        if isBegun {
            countLines(of: elementLength)
            position += elementLength
            switch try peek() {
            case UInt8(ascii: ","): position += 1
            case UInt8(ascii: "]"): return try finish()
            case nil: throw end("The list has no closing bracket: the file is truncated. Copy or download it again.")
            default: throw end("',' or ']' is missing between two elements of the list.")
            }
        } else {
            guard try begin() == UInt8(ascii: "[") else { throw end("The file is not a JSON list.") }
            position += 1
            isBegun = true
            if try peek() == UInt8(ascii: "]") { return try finish() }
        }
        _ = try peek()
        elementLength = try findElementLength()
        return position..<position + elementLength
    }

    /// How far the comma or bracket is that ends the element: the next one outside its own brackets and strings.
    private func findElementLength() throws(DataError) -> Int {
        var depth = 0
        var length = 0
        while true {
            switch try byte(at: length) {
            case UInt8(ascii: "\""):
                length = try stringEnd(from: length)
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if depth == 0 { return length }
                depth -= 1
            case UInt8(ascii: ","):
                if depth == 0 { return length }
            default: break
            }
            length += 1
        }
    }

    private func stringEnd(from quote: Int) throws(DataError) -> Int {
        var offset = quote + 1
        while true {
            switch try byte(at: offset) {
            case UInt8(ascii: "\""): return offset + 1
            case UInt8(ascii: "\\"): offset += 2
            default: offset += 1
            }
        }
    }

    /// A byte of the element that begins at `position`.
    private func byte(at offset: Int) throws(DataError) -> UInt8 {
        while position + offset >= buffer.count {
            guard offset <= maximum else {
                throw end("An element of the list is longer than \(maximum) bytes, which is more than is read.")
            }
            guard try fill() else {
                throw end("The list has no end: the file is truncated. Copy or download it again.")
            }
        }
        return buffer.bytes[position + offset]
    }

    /// The next byte that is not white space, at `position`.
    private func peek() throws(DataError) -> UInt8? {
        while true {
            while position < buffer.count {
                let byte = buffer.bytes[position]
                guard byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d else { return byte }
                if byte == 0x0a { lineNumber += 1 }
                position += 1
            }
            guard try fill() else { return nil }
        }
    }

    /// The first byte of the file behind white space and a byte order mark.
    private func begin() throws(DataError) -> UInt8? {
        while buffer.count < 3, try fill() {}
        if buffer.bytes.starts(with: [0xef, 0xbb, 0xbf]) { position = 3 }
        return try peek()
    }

    private func finish() throws(DataError) -> Range<Int>? {
        position += 1
        if try peek() != nil { throw end("There is something after the end of the list.") }
        source = nil
        return nil
    }

    private func countLines(of length: Int) {
        lineNumber += buffer.bytes[position..<position + length].reduce(0) { $0 + ($1 == 10 ? 1 : 0) }
    }

    /// Puts what is not read yet at the front of the buffer and appends to it.
    private func fill() throws(DataError) -> Bool {
        buffer.removeFirst(position)
        position = 0
        do { return try source?.fill(buffer) ?? false } catch { throw end(error.message) }
    }

    private func error(_ message: String) -> DataError { DataError(file: file, line: lineNumber, message: message) }

    /// An error after which nothing more can be read.
    private func end(_ message: String) -> DataError {
        source = nil
        return error(message)
    }
}

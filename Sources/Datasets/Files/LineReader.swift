// SPDX-License-Identifier: Apache-2.0
public import Foundation
import JSONReading

/// Reads a text file line by line, plain or gzip-compressed, holding one line at a time.
///
/// Lines end in `\n` or `\r\n`; the last one may lack its end. Bytes that are not UTF-8 are an error of their line. After an error
/// of one line, reading goes on with the next; after an error of the file, it is at its end.
///
/// A class because it stands at a place in an open file; not shared between tasks.
public final class LineReader {
    /// The longest line that is read: longer ones are an error, so that a wrong file cannot fill the memory.
    public static let maximumLineBytes = 512 << 20

    /// The file as the user named it.
    public let file: String
    /// The number of the line read last, from 1.
    public private(set) var lineNumber = 0

    private let maximum: Int
    private var source: ByteSource?
    private let buffer = RawBuffer()
    /// Where the next line begins in the buffer.
    private var start = 0
    /// How far the buffer was searched for a line end.
    private var searched = 0

    /// - Parameter maximumLineBytes: the length from which a line is refused.
    /// - Throws: `DataError` when the file cannot be opened.
    public init(_ url: URL, maximumLineBytes: Int = LineReader.maximumLineBytes) throws(DataError) {
        file = url.relativePath
        maximum = maximumLineBytes
        do { source = try ByteSource(path: url.path) } catch { throw DataError(file: file, message: error.message) }
    }

    /// Gives the next line to `body`, without its line end; nil at the end of the file.
    ///
    /// The bytes are valid UTF-8 and only there while `body` runs.
    public func withNextLine<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) throws -> Result? {
        guard let range = try nextRange() else { return nil }
        return try body(UnsafeRawBufferPointer(rebasing: buffer.bytes[range]))
    }

    /// The next line as text, without its line end; nil at the end of the file.
    public func next() throws -> String? {
        try withNextLine { String(decoding: $0, as: UTF8.self) }
    }

    private func nextRange() throws(DataError) -> Range<Int>? {
        guard source != nil else { return nil }
        lineNumber += 1
        while true {
            if let end = findLineEnd() {
                let range = start..<end
                start = end + 1
                return try checked(range)
            }
            guard buffer.count - start <= maximum else {
                source = nil
                throw tooLong
            }
            guard try fill() else {
                source = nil
                if start < buffer.count { return try checked(start..<buffer.count) }
                lineNumber -= 1
                return nil
            }
        }
    }

    /// Puts the line that was begun at the front of the buffer and appends to it.
    private func fill() throws(DataError) -> Bool {
        buffer.removeFirst(start)
        searched -= start
        start = 0
        do {
            return try source?.fill(buffer) ?? false
        } catch {
            source = nil
            throw self.error(error.message)
        }
    }

    private func findLineEnd() -> Int? {
        let bytes = buffer.bytes
        guard searched < bytes.count, let base = bytes.baseAddress else { return nil }
        guard let found = memchr(base + searched, 10, bytes.count - searched) else {
            searched = bytes.count
            return nil
        }
        let end = UnsafeRawPointer(found) - base
        searched = end + 1
        return end
    }

    private func checked(_ range: Range<Int>) throws(DataError) -> Range<Int> {
        var range = range
        if range.count > maximum { throw tooLong }
        if let last = range.last, buffer.bytes[last] == 13 { range = range.dropLast() }
        // A byte order mark, which editors on Windows write.
        if lineNumber == 1, buffer.bytes[range].starts(with: [0xef, 0xbb, 0xbf]) { range = range.dropFirst(3) }
        if let offset = UTF8Check.firstInvalidByte(of: UnsafeRawBufferPointer(rebasing: buffer.bytes[range])) {
            throw error("Byte \(offset + 1) of the line is not valid UTF-8. Convert the file to UTF-8.")
        }
        return range
    }

    private var tooLong: DataError {
        error("The line is longer than \(maximum) bytes, which is more than is read. Is this a JSON Lines file?")
    }

    private func error(_ message: String) -> DataError { DataError(file: file, line: lineNumber, message: message) }
}

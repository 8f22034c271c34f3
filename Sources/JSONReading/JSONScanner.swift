// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Text that is not JSON.
package struct JSONSyntaxError: Error, Hashable {
    /// The offset of the offending byte.
    package var offset: Int
    package var message: String

    package init(offset: Int, message: String) {
        self.offset = offset
        self.message = message
    }
}

/// Walks over JSON text without building values, so that a row's fields can be cut out as they are written.
///
/// Accepts what Python's `json` writes and reads: beside standard JSON the words `NaN`, `Infinity` and `-Infinity`. The text must be valid UTF-8 and
/// outlive the scanner.
package struct JSONScanner {
    package static let maximumDepth = 512

    package let bytes: UnsafeRawBufferPointer
    package var position: Int

    package init(_ bytes: UnsafeRawBufferPointer, at position: Int = 0) {
        self.bytes = bytes
        self.position = position
    }

    /// The next byte that is not white space, which is not consumed; nil at the end.
    package mutating func peek() -> UInt8? {
        while position < bytes.count {
            let byte = bytes[position]
            guard byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 else { return byte }
            position += 1
        }
        return nil
    }

    /// Consumes `byte` if it comes next.
    package mutating func take(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        position += 1
        return true
    }

    /// Checks that nothing follows.
    package mutating func expectEnd() throws(JSONSyntaxError) {
        if peek() != nil { throw error("there is something after the end of the JSON value") }
    }

    /// Steps over one value and returns where it stands.
    package mutating func value(depth: Int = 0) throws(JSONSyntaxError) -> Range<Int> {
        guard depth < Self.maximumDepth else { throw error("values are nested too deeply") }
        guard let first = peek() else { throw error("the text ends where a value should be") }
        let start = position
        switch first {
        case UInt8(ascii: "\""): try skipString()
        case UInt8(ascii: "{"): try skipObject(depth: depth)
        case UInt8(ascii: "["):
            try elements { scanner throws(JSONSyntaxError) in _ = try scanner.value(depth: depth + 1) }
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try skipNumber()
        case UInt8(ascii: "t"): try skipWord("true")
        case UInt8(ascii: "f"): try skipWord("false")
        case UInt8(ascii: "n"): try skipWord("null")
        case UInt8(ascii: "N"): try skipWord("NaN")
        case UInt8(ascii: "I"): try skipWord("Infinity")
        default: throw error("a value cannot begin with '\(Character(UnicodeScalar(first)))'")
        }
        return start..<position
    }

    /// Calls `body` at the beginning of each element of the array that comes next; `body` steps over the element.
    package mutating func elements(
        _ body: (inout JSONScanner) throws(JSONSyntaxError) -> Void
    ) throws(JSONSyntaxError) {
        guard take(UInt8(ascii: "[")) else { throw error("a list should begin here") }
        if take(UInt8(ascii: "]")) { return }
        repeat { try body(&self) } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "]")) else { throw error("',' or ']' is missing") }
    }

    /// Calls `body` behind each key of the object that comes next; `body` steps over the value.
    package mutating func fields(
        _ body: (inout JSONScanner, _ key: JSONValue) throws(JSONSyntaxError) -> Void
    ) throws(JSONSyntaxError) {
        guard take(UInt8(ascii: "{")) else { throw error("an object should begin here") }
        if take(UInt8(ascii: "}")) { return }
        repeat {
            let key = try key()
            try body(&self, key)
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "}")) else { throw error("',' or '}' is missing") }
    }

    /// Steps over one value and returns it.
    package mutating func next(depth: Int = 0) throws(JSONSyntaxError) -> JSONValue {
        JSONValue(bytes, try value(depth: depth))
    }

    /// Steps over a field's name and the colon behind it.
    private mutating func key() throws(JSONSyntaxError) -> JSONValue {
        guard peek() == UInt8(ascii: "\"") else { throw error("a field's name in double quotes should be here") }
        let start = position
        try skipString()
        let key = JSONValue(bytes, start..<position)
        guard take(UInt8(ascii: ":")) else { throw error("':' is missing") }
        return key
    }

    /// Calls `body` with the range of each key, quotes included, and of each value of the object that comes next.
    package mutating func members(
        depth: Int = 0, _ body: (_ key: Range<Int>, _ value: Range<Int>) throws(JSONSyntaxError) -> Void
    ) throws(JSONSyntaxError) {
        guard take(UInt8(ascii: "{")) else { throw error("an object should begin here") }
        if take(UInt8(ascii: "}")) { return }
        repeat {
            guard peek() == UInt8(ascii: "\"") else { throw error("a field's name in double quotes should be here") }
            let start = position
            try skipString()
            let key = start..<position
            guard take(UInt8(ascii: ":")) else { throw error("':' is missing") }
            try body(key, try value(depth: depth + 1))
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "}")) else { throw error("',' or '}' is missing") }
    }

    private mutating func skipObject(depth: Int) throws(JSONSyntaxError) {
        try members(depth: depth) { (_, _) throws(JSONSyntaxError) in }
    }

    private mutating func skipString() throws(JSONSyntaxError) {
        let start = position
        guard let base = bytes.baseAddress else { throw error("the text is empty") }
        var from = position + 1
        while from < bytes.count, let found = memchr(base + from, 0x22, bytes.count - from) {
            let quote = UnsafeRawPointer(found) - base
            var backslashes = 0
            while quote - 1 - backslashes > start, bytes[quote - 1 - backslashes] == 0x5c { backslashes += 1 }
            if backslashes % 2 == 0 {
                position = quote + 1
                return
            }
            from = quote + 1
        }
        throw error("a string has no closing quote")
    }

    private mutating func skipNumber() throws(JSONSyntaxError) {
        if bytes[position] == UInt8(ascii: "-") {
            position += 1
            if position < bytes.count, bytes[position] == UInt8(ascii: "I") { return try skipWord("Infinity") }
        }
        let first = position
        guard skipDigits() > 0 else { throw error("a number has no digits") }
        if bytes[first] == UInt8(ascii: "0"), position - first > 1 { throw error("a number begins with 0") }
        if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
            position += 1
            guard skipDigits() > 0 else { throw error("a number has no digits after its point") }
        }
        if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
            position += 1
            if position < bytes.count, bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-") {
                position += 1
            }
            guard skipDigits() > 0 else { throw error("a number has no digits in its exponent") }
        }
    }

    private mutating func skipDigits() -> Int {
        let start = position
        while position < bytes.count, bytes[position] &- 0x30 < 10 { position += 1 }
        return position - start
    }

    private mutating func skipWord(_ word: StaticString) throws(JSONSyntaxError) {
        let count = word.utf8CodeUnitCount
        guard let base = bytes.baseAddress, bytes.count - position >= count,
            memcmp(base + position, word.utf8Start, count) == 0
        else { throw error("an unknown word begins here; text must be in double quotes") }
        position += count
    }

    package func error(_ message: String) -> JSONSyntaxError { JSONSyntaxError(offset: position, message: message) }
}

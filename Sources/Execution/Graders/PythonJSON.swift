// SPDX-License-Identifier: Apache-2.0

/// JSON as Python's `json` module reads it: `NaN`, `Infinity` and `-Infinity` are numbers, whole numbers have any size, and whole and
/// floating numbers stay apart. Objects become `.dict`, arrays `.list`.
package struct PythonJSON {
    package struct Failure: Error, CustomStringConvertible {
        package var description: String
    }

    private let bytes: [UInt8]
    private var position = 0

    /// Parses one JSON text.
    package static func parse(_ text: some Sequence<UInt8>) throws(Failure) -> PythonValue {
        var parser = PythonJSON(bytes: Array(text))
        let value = try parser.value(depth: 0)
        parser.skipBlanks()
        guard parser.position == parser.bytes.count else { throw parser.failure("Extra data") }
        return value
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private func failure(_ message: String) -> Failure { Failure(description: "\(message) at byte \(position)") }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipBlanks() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private mutating func take(_ word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard position + count <= bytes.count else { return false }
        let matches = word.withUTF8Buffer { buffer in bytes[position..<position + count].elementsEqual(buffer) }
        if matches { position += count }
        return matches
    }

    private mutating func value(depth: Int) throws(Failure) -> PythonValue {
        // Python's own scanner recurses and gives up near a thousand.
        guard depth < 990 else { throw failure("Nested too deeply") }
        skipBlanks()
        guard let byte = current else { throw failure("Expecting value") }
        switch byte {
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "n") where take("null"): return .none
        case UInt8(ascii: "t") where take("true"): return .bool(true)
        case UInt8(ascii: "f") where take("false"): return .bool(false)
        case UInt8(ascii: "N") where take("NaN"): return .float(.nan)
        case UInt8(ascii: "I") where take("Infinity"): return .float(.infinity)
        case UInt8(ascii: "-") where take("-Infinity"): return .float(-.infinity)
        default: return try number()
        }
    }

    private mutating func array(depth: Int) throws(Failure) -> PythonValue {
        position += 1
        var items: [PythonValue] = []
        skipBlanks()
        if current == UInt8(ascii: "]") {
            position += 1
            return .list(items)
        }
        while true {
            items.append(try value(depth: depth + 1))
            skipBlanks()
            switch current {
            case UInt8(ascii: ","): position += 1
            case UInt8(ascii: "]"):
                position += 1
                return .list(items)
            default: throw failure("Expecting ',' delimiter")
            }
        }
    }

    private mutating func object(depth: Int) throws(Failure) -> PythonValue {
        position += 1
        var entries: [(key: PythonValue, value: PythonValue)] = []
        var places: [String: Int] = [:]
        skipBlanks()
        if current == UInt8(ascii: "}") {
            position += 1
            return .dict(entries)
        }
        while true {
            skipBlanks()
            guard current == UInt8(ascii: "\"") else { throw failure("Expecting property name") }
            let key = try string()
            skipBlanks()
            guard current == UInt8(ascii: ":") else { throw failure("Expecting ':' delimiter") }
            position += 1
            let item = try value(depth: depth + 1)
            // The last of equal keys wins, at the place of the first.
            if let place = places[key] {
                entries[place].value = item
            } else {
                places[key] = entries.count
                entries.append((.string(key), item))
            }
            skipBlanks()
            switch current {
            case UInt8(ascii: ","): position += 1
            case UInt8(ascii: "}"):
                position += 1
                return .dict(entries)
            default: throw failure("Expecting ',' delimiter")
            }
        }
    }

    private mutating func number() throws(Failure) -> PythonValue {
        let start = position
        if current == UInt8(ascii: "-") { position += 1 }
        let digits = position
        while let byte = current, (0x30...0x39).contains(byte) { position += 1 }
        guard position > digits, !(bytes[digits] == 0x30 && position > digits + 1) else {
            position = start
            throw failure("Expecting value")
        }
        var isWhole = true
        if current == UInt8(ascii: "."), position + 1 < bytes.count, (0x30...0x39).contains(bytes[position + 1]) {
            isWhole = false
            position += 1
            while let byte = current, (0x30...0x39).contains(byte) { position += 1 }
        }
        if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
            var end = position + 1
            if end < bytes.count, bytes[end] == UInt8(ascii: "+") || bytes[end] == UInt8(ascii: "-") { end += 1 }
            let exponent = end
            while end < bytes.count, (0x30...0x39).contains(bytes[end]) { end += 1 }
            if end > exponent {
                isWhole = false
                position = end
            }
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isWhole {
            if let value = Int(text) { return .int(BigInteger(value)) }
            guard let value = BigInteger(text, radix: 10) else { throw failure("Expecting value") }
            return .int(value)
        }
        // Double(_:) refuses what overflows; Python reads infinity.
        return .float(Double(text) ?? (text.hasPrefix("-") ? -.infinity : .infinity))
    }

    private mutating func string() throws(Failure) -> String {
        position += 1
        var text: [UInt8] = []
        while let byte = current {
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                try escape(into: &text)
            case 0..<0x20:
                throw failure("Invalid control character")
            default:
                text.append(byte)
            }
        }
        throw failure("Unterminated string")
    }

    private mutating func escape(into text: inout [UInt8]) throws(Failure) {
        guard let byte = current else { throw failure("Unterminated string") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            var unit = try hexUnit()
            if (0xD800..<0xDC00).contains(unit), position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
                bytes[position + 1] == UInt8(ascii: "u")
            {
                let mark = position
                position += 2
                let low = try hexUnit()
                if (0xDC00..<0xE000).contains(low) {
                    unit = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
                } else {
                    position = mark
                }
            }
            // A lone surrogate keeps its own three bytes, so that it equals only itself; a Swift string shows it as U+FFFD marks.
            Self.append(unit, to: &text)
        default: throw failure("Invalid \\escape")
        }
    }

    private mutating func hexUnit() throws(Failure) -> UInt32 {
        guard position + 4 <= bytes.count,
            let unit = UInt32(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
        else { throw failure("Invalid \\uXXXX escape") }
        position += 4
        return unit
    }

    private static func append(_ scalar: UInt32, to text: inout [UInt8]) {
        switch scalar {
        case 0..<0x80: text.append(UInt8(scalar))
        case 0x80..<0x800: text += [UInt8(0xC0 | scalar >> 6), UInt8(0x80 | scalar & 63)]
        case 0x800..<0x10000:
            text += [UInt8(0xE0 | scalar >> 12), UInt8(0x80 | scalar >> 6 & 63), UInt8(0x80 | scalar & 63)]
        default:
            text += [
                UInt8(0xF0 | scalar >> 18), UInt8(0x80 | scalar >> 12 & 63), UInt8(0x80 | scalar >> 6 & 63),
                UInt8(0x80 | scalar & 63),
            ]
        }
    }
}

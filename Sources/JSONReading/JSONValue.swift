// SPDX-License-Identifier: Apache-2.0
import Foundation

/// One value of JSON text, as it is written there. The text must be checked by `JSONScanner` and outlive the value.
package struct JSONValue {
    package enum Kind: String {
        case string = "text", number, boolean = "true or false", null, array = "a list", object = "an object"
    }

    package let bytes: UnsafeRawBufferPointer

    package init(_ text: UnsafeRawBufferPointer, _ range: Range<Int>) {
        bytes = UnsafeRawBufferPointer(rebasing: text[range])
    }

    package var kind: Kind {
        switch bytes[0] {
        case UInt8(ascii: "\""): .string
        case UInt8(ascii: "["): .array
        case UInt8(ascii: "{"): .object
        case UInt8(ascii: "t"), UInt8(ascii: "f"): .boolean
        case UInt8(ascii: "n"): .null
        default: .number
        }
    }

    /// The value as it is written.
    package var json: String { String(decoding: bytes, as: UTF8.self) }

    package var boolean: Bool? { kind == .boolean ? bytes[0] == UInt8(ascii: "t") : nil }

    /// NaN and the infinities are numbers here, as for Python.
    package var number: Double? {
        guard kind == .number else { return nil }
        if let short = shortDecimal { return short }
        switch json {
        case "NaN": return .nan
        case "Infinity": return .infinity
        case "-Infinity": return -.infinity
        case let text: return Double(text)
        }
    }

    /// A number of few digits without an exponent, of which the division of two exact numbers gives the nearest Double.
    private var shortDecimal: Double? {
        guard bytes.count <= 17 else { return nil }
        let isNegative = bytes[0] == UInt8(ascii: "-")
        var digits: Int64 = 0
        var decimals: Int?
        for byte in bytes[(isNegative ? 1 : 0)...] {
            let digit = byte &- 0x30
            if digit < 10 {
                digits = digits * 10 + Int64(digit)
                decimals? += 1
            } else if byte == UInt8(ascii: "."), decimals == nil {
                decimals = 0
            } else {
                return nil
            }
        }
        // 2⁵³ and 10²² are the bounds of exactness; -0 keeps its sign.
        guard digits < 1 << 53 else { return nil }
        let value = Double(digits) / Self.powersOfTen[decimals ?? 0]
        return isNegative ? -value : value
    }

    private static let powersOfTen: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17,
    ]

    package var integer: Int? { kind == .number ? Int(json) ?? number.flatMap(Int.init(exactly:)) : nil }

    /// The text between the quotes, still escaped.
    package var stringBody: UnsafeRawBufferPointer? {
        kind == .string ? UnsafeRawBufferPointer(rebasing: bytes[1..<bytes.count - 1]) : nil
    }

    /// The text that a string stands for. Nil for other kinds, for a wrong escape and for half of a surrogate pair, which Swift's text cannot hold.
    package var string: String? { string(replacingSurrogates: false) }

    /// The text that a string stands for, with U+FFFD for halves of surrogate pairs.
    package var lenientString: String? { string(replacingSurrogates: true) }

    private func string(replacingSurrogates: Bool) -> String? {
        guard let body = stringBody else { return nil }
        guard let base = body.baseAddress, memchr(base, 0x5c, body.count) != nil else {
            return String(decoding: body, as: UTF8.self)
        }
        var isValid = true
        let text = String(unsafeUninitializedCapacity: body.count) { room in
            guard let count = JSONEscapes.resolve(body, into: room, replacingSurrogates: replacingSurrogates) else {
                isValid = false
                return 0
            }
            return count
        }
        return isValid ? text : nil
    }

    /// Whether this is the string `text`, which needs no escapes and is not written with any.
    package func holds(_ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard bytes.count == count + 2, kind == .string, let base = bytes.baseAddress else { return false }
        return memcmp(base + 1, text.utf8Start, count) == 0
    }

    /// The elements of an array; nil for other kinds.
    package var elements: [JSONValue]? {
        guard kind == .array else { return nil }
        var values: [JSONValue] = []
        var scanner = JSONScanner(bytes)
        try? scanner.elements { scanner throws(JSONSyntaxError) in
            values.append(JSONValue(scanner.bytes, try scanner.value()))
        }
        return values
    }
}

/// Resolves the escapes of JSON strings.
package enum JSONEscapes {
    /// Writes the text that `body` stands for into `room`, which is at least as long, and returns its length; nil for a wrong escape.
    package static func resolve(
        _ body: UnsafeRawBufferPointer, into room: UnsafeMutableBufferPointer<UInt8>, replacingSurrogates: Bool = false
    ) -> Int? {
        guard let base = body.baseAddress, let target = room.baseAddress else { return body.count == 0 ? 0 : nil }
        var read = 0
        var written = 0
        while read < body.count {
            let escape = memchr(base + read, 0x5c, body.count - read).map { UnsafeRawPointer($0) - base } ?? body.count
            memcpy(target + written, base + read, escape - read)
            written += escape - read
            guard escape < body.count else { break }
            guard escape + 1 < body.count else { return nil }
            read = escape + 2
            let code = body[escape + 1]
            if code == UInt8(ascii: "u") {
                guard let scalar = scalar(body, at: &read, replacing: replacingSurrogates) else { return nil }
                for unit in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter {
                    target[written] = unit
                    written += 1
                }
            } else {
                guard let plain = plain(code) else { return nil }
                target[written] = plain
                written += 1
            }
        }
        return written
    }

    private static func plain(_ code: UInt8) -> UInt8? {
        switch code {
        case UInt8(ascii: "n"): 10
        case UInt8(ascii: "t"): 9
        case UInt8(ascii: "r"): 13
        case UInt8(ascii: "b"): 8
        case UInt8(ascii: "f"): 12
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): code
        default: nil
        }
    }

    /// The character whose hexadecimal digits stand at `position`, with its second half where it has one.
    private static func scalar(_ body: UnsafeRawBufferPointer, at position: inout Int, replacing: Bool)
        -> UnicodeScalar?
    {
        guard let first = unit(body, at: position) else { return nil }
        position += 4
        if let scalar = UnicodeScalar(first) { return scalar }
        if first < 0xdc00, position + 6 <= body.count, body[position] == 0x5c, body[position + 1] == UInt8(ascii: "u"),
            let second = unit(body, at: position + 2), second >= 0xdc00, second <= 0xdfff
        {
            position += 6
            return UnicodeScalar(0x10000 + (UInt32(first) - 0xd800) << 10 + UInt32(second) - 0xdc00)
        }
        return replacing ? "\u{fffd}" : nil
    }

    private static func unit(_ body: UnsafeRawBufferPointer, at position: Int) -> UInt16? {
        guard position + 4 <= body.count else { return nil }
        var unit: UInt16 = 0
        for byte in body[position..<position + 4] {
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - 48
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - 87
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - 55
            default: return nil
            }
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }
}

// SPDX-License-Identifier: Apache-2.0
public import Foundation
import JSONReading

/// A JSON value: what is sent to servers, whose fields users may add to, and what they answer, which is not always what one expects.
public enum JSON: Sendable, Hashable {
    case null
    case boolean(Bool)
    case integer(Int)
    case number(Double)
    case text(String)
    case list([JSON])
    case object([String: JSON])

    /// - Throws: an error when `data` is not one JSON value.
    public init(_ data: Data) throws {
        self = try data.withJSONScanner { scanner throws(JSONSyntaxError) in try Self.read(&scanner, depth: 0) }
    }

    private static func read(_ scanner: inout JSONScanner, depth: Int) throws(JSONSyntaxError) -> JSON {
        guard depth < JSONScanner.maximumDepth else { throw scanner.error("values are nested too deeply") }
        switch scanner.peek() {
        case UInt8(ascii: "{"):
            var fields: [String: JSON] = [:]
            try scanner.fields { scanner, key throws(JSONSyntaxError) in
                guard let name = key.lenientString else { throw scanner.error("a field's name has a wrong escape") }
                fields[name] = try read(&scanner, depth: depth + 1)
            }
            return .object(fields)
        case UInt8(ascii: "["):
            var items: [JSON] = []
            try scanner.elements { scanner throws(JSONSyntaxError) in
                items.append(try read(&scanner, depth: depth + 1))
            }
            return .list(items)
        default:
            let value = try scanner.next(depth: depth)
            switch value.kind {
            case .string:
                guard let text = value.lenientString else { throw scanner.error("a text has a wrong escape") }
                return .text(text)
            case .boolean: return .boolean(value.boolean == true)
            case .null: return .null
            default:
                if let integer = value.integer { return .integer(integer) }
                guard let number = value.number, number.isFinite else {
                    throw scanner.error("a number is not finite")
                }
                return .number(number)
            }
        }
    }

    public subscript(key: String) -> JSON? {
        if case .object(let fields) = self { fields[key] } else { nil }
    }

    public subscript(index: Int) -> JSON? {
        if case .list(let items) = self, items.indices.contains(index) { items[index] } else { nil }
    }

    public var text: String? {
        if case .text(let text) = self { text } else { nil }
    }

    public var number: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    public var integer: Int? {
        if case .integer(let value) = self { value } else { nil }
    }

    public var list: [JSON]? {
        if case .list(let items) = self { items } else { nil }
    }

    public var object: [String: JSON]? {
        if case .object(let fields) = self { fields } else { nil }
    }

    /// This object with the fields of `other` laid over it; a null removes a field.
    public func overlaid(with other: [String: JSON]) -> JSON {
        guard case .object(var fields) = self else { return self }
        for (key, value) in other { fields[key] = value == .null ? nil : value }
        return .object(fields)
    }
}

extension JSON: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .boolean(value)
        } else if let value = try? container.decode(Int.self) {
            self = .integer(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .text(value)
        } else if let value = try? container.decode([JSON].self) {
            self = .list(value)
        } else {
            self = .object(try container.decode([String: JSON].self))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .boolean(let value): try container.encode(value)
        case .integer(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .text(let value): try container.encode(value)
        case .list(let value): try container.encode(value)
        case .object(let value): try container.encode(value)
        }
    }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral {
    public init(stringLiteral value: String) { self = .text(value) }
    public init(integerLiteral value: Int) { self = .integer(value) }
    public init(booleanLiteral value: Bool) { self = .boolean(value) }
}

extension JSON: ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral {
    public init(arrayLiteral elements: JSON...) { self = .list(elements) }
    public init(dictionaryLiteral elements: (String, JSON)...) {
        self = .object(Dictionary(elements) { $1 })
    }
}

extension Data {
    /// Reads one JSON value from its bytes.
    func withJSONScanner<Value>(
        _ read: (inout JSONScanner) throws(JSONSyntaxError) -> Value
    ) throws(JSONSyntaxError) -> Value {
        let outcome: Result<Value, JSONSyntaxError> = withUnsafeBytes { bytes in
            if let offset = UTF8Check.firstInvalidByte(of: bytes) {
                return .failure(JSONSyntaxError(offset: offset, message: "the text is not valid UTF-8"))
            }
            var scanner = JSONScanner(bytes)
            do throws(JSONSyntaxError) {
                let value = try read(&scanner)
                try scanner.expectEnd()
                return .success(value)
            } catch {
                return .failure(error)
            }
        }
        return try outcome.get()
    }
}

// SPDX-License-Identifier: Apache-2.0

extension PythonValue {
    /// Decodes a value that a candidate's process sent: tagged JSON, see `wire.py`.
    ///
    /// - Throws: `PythonJSON.Failure` for anything that the encoder would not have written.
    package init(wire: PythonValue) throws(PythonJSON.Failure) {
        switch wire {
        case .none, .bool, .int, .string: self = wire
        case .list(let parts):
            guard case .string(let tag)? = parts.first else { throw Self.malformed("no tag") }
            self = try Self.tagged(tag, Array(parts.dropFirst()))
        default: throw Self.malformed("an unexpected JSON value")
        }
    }

    private static func malformed(_ what: String) -> PythonJSON.Failure {
        PythonJSON.Failure(description: "Malformed answer: \(what)")
    }

    private static func tagged(_ tag: String, _ parts: [PythonValue]) throws(PythonJSON.Failure) -> PythonValue {
        switch tag {
        case "i":
            guard case .string(let hex)? = parts.first, let value = BigInteger(hex, radix: 16) else {
                throw malformed("integer")
            }
            return .int(value)
        case "f": return .float(try double(parts.first))
        case "c":
            guard parts.count == 2 else { throw malformed("complex number") }
            return .complex(try double(parts[0]), try double(parts[1]))
        case "b":
            guard case .string(let hex)? = parts.first, let bytes = bytes(hex: hex) else { throw malformed("bytes") }
            return .bytes(bytes)
        case "l": return .list(try values(parts))
        case "t": return .tuple(try values(parts))
        case "s", "z": return .set(try values(parts))
        case "d":
            var entries: [(key: PythonValue, value: PythonValue)] = []
            for part in parts {
                guard case .list(let pair) = part, pair.count == 2 else { throw malformed("dictionary") }
                entries.append((try PythonValue(wire: pair[0]), try PythonValue(wire: pair[1])))
            }
            return .dict(entries)
        case "n":
            guard parts.count == 3, case .list(let lengths) = parts[1], case .list(let elements) = parts[2] else {
                throw malformed("array")
            }
            return .array(try values(elements), shape: try shape(lengths, count: elements.count))
        case "y":
            guard case .string(let hex)? = parts.first, let bytes = bytes(hex: hex) else { throw malformed("string") }
            return .surrogates(bytes)
        case "q": return try ratio(parts)
        case "g", "u":
            guard parts.count == 2, case .string(let type) = parts[0] else { throw malformed("instance") }
            return .instance(of: type, try PythonValue(wire: parts[1]))
        case "e":
            guard case .string(let type)? = parts.first else { throw malformed("iterator") }
            return .iterator(type, try values(Array(parts.dropFirst())))
        case "o":
            guard case .string(let name)? = parts.first else { throw malformed("object") }
            return .opaque(name)
        default: throw malformed("tag '\(tag)'")
        }
    }

    /// A `Decimal` or `Fraction`, which equals the number of the same value. Ratios that no double holds exactly equal nothing that JSON can say.
    private static func ratio(_ parts: [PythonValue]) throws(PythonJSON.Failure) -> PythonValue {
        guard parts.count == 3, case .string(let type) = parts[0], case .string(let top) = parts[1],
            case .string(let bottom) = parts[2],
            let numerator = BigInteger(top, radix: 16), let denominator = BigInteger(bottom, radix: 16)
        else { throw malformed("number") }
        guard let whole = denominator.small else { return .opaque(type) }
        if whole == 1 { return .instance(of: type, .int(numerator)) }
        guard let count = numerator.small, count.magnitude < 1 << 53, whole > 0, whole < 1 << 53,
            whole & (whole - 1) == 0
        else {
            return .opaque(type)
        }
        return .instance(of: type, .float(Double(count) / Double(whole)))
    }

    private static func shape(_ lengths: [PythonValue], count: Int) throws(PythonJSON.Failure) -> [Int] {
        var shape: [Int] = []
        var product = 1
        for length in lengths {
            guard case .int(let number) = length, let value = number.small, value >= 0 else { throw malformed("shape") }
            let (next, overflow) = product.multipliedReportingOverflow(by: value)
            guard !overflow else { throw malformed("shape") }
            product = next
            shape.append(value)
        }
        guard product == count else { throw malformed("shape") }
        return shape
    }

    private static func values(_ parts: [PythonValue]) throws(PythonJSON.Failure) -> [PythonValue] {
        var values: [PythonValue] = []
        values.reserveCapacity(parts.count)
        for part in parts { values.append(try PythonValue(wire: part)) }
        return values
    }

    /// Python's `float.hex()`: `0x1.8p+1`, `inf`, `-inf`, `nan`.
    private static func double(_ part: PythonValue?) throws(PythonJSON.Failure) -> Double {
        guard case .string(let text)? = part, let value = Double(text) else { throw malformed("float") }
        return value
    }

    private static func bytes(hex: String) -> [UInt8]? {
        let digits = Array(hex.utf8)
        guard digits.count % 2 == 0 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 2)
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let byte = UInt8(String(decoding: digits[index...index + 1], as: UTF8.self), radix: 16) else {
                return nil
            }
            bytes.append(byte)
        }
        return bytes
    }
}

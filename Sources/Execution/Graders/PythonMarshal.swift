// SPDX-License-Identifier: Apache-2.0

/// Reads the plain values of Python's `marshal` format, version 2: None, bool, int, float, complex, str, bytes, tuple, list, dict, set, frozenset.
///
/// Made for bytes from an untrusted process: every length is checked against what is there, depth and number of values are limited, and nothing is
/// ever executed. Format: CPython's `Python/marshal.c`.
package struct PythonMarshal {
    package struct Failure: Error, Equatable, CustomStringConvertible {
        package var description: String
    }

    /// Nesting beyond this is refused.
    package static let mostDepth = 400
    /// So many values in one message are the most.
    package static let mostValues = 8_000_000

    private let bytes: UnsafeRawBufferPointer
    private var position = 0
    private var values = 0

    /// Decodes one value that takes up all of `bytes`.
    package static func decode(_ bytes: some Sequence<UInt8>) throws(Failure) -> PythonValue {
        let array = Array(bytes)
        let result = array.withUnsafeBytes { buffer -> Result<PythonValue, Failure> in
            do throws(Failure) {
                return .success(try decode(buffer))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    static func decode(_ bytes: UnsafeRawBufferPointer) throws(Failure) -> PythonValue {
        var reader = PythonMarshal(bytes: bytes)
        let value = try reader.value(depth: 0)
        guard reader.position == bytes.count else { throw reader.failure("more bytes than the value has") }
        return value
    }

    /// The members of a marshalled list of byte strings, as ranges of `bytes`.
    static func byteStrings(_ bytes: UnsafeRawBufferPointer) throws(Failure) -> [Range<Int>] {
        var reader = PythonMarshal(bytes: bytes)
        guard try reader.byte() == UInt8(ascii: "[") else { throw reader.failure("not a list") }
        let count = try reader.count(smallest: 5)
        var ranges: [Range<Int>] = []
        ranges.reserveCapacity(count)
        for _ in 0..<count {
            guard try reader.byte() == UInt8(ascii: "s") else { throw reader.failure("not a byte string") }
            ranges.append(try reader.range())
        }
        guard reader.position == bytes.count else { throw reader.failure("more bytes than the list has") }
        return ranges
    }

    private init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    private func failure(_ what: String) -> Failure { Failure(description: "\(what) at byte \(position)") }

    private mutating func byte() throws(Failure) -> UInt8 {
        guard position < bytes.count else { throw failure("the end is missing") }
        defer { position += 1 }
        return bytes[position]
    }

    private mutating func load<Number: FixedWidthInteger>(_ type: Number.Type) throws(Failure) -> Number {
        let size = MemoryLayout<Number>.size
        guard bytes.count - position >= size else { throw failure("the end is missing") }
        defer { position += size }
        return Number(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: type))
    }

    /// A number of members, of which each takes up at least `smallest` bytes.
    private mutating func count(smallest: Int) throws(Failure) -> Int {
        let count = Int(try load(Int32.self))
        guard count >= 0, count <= (bytes.count - position) / smallest else { throw failure("an impossible length") }
        return count
    }

    /// The bytes of a string.
    private mutating func range() throws(Failure) -> Range<Int> {
        let size = try count(smallest: 1)
        defer { position += size }
        return position..<position + size
    }

    private mutating func double() throws(Failure) -> Double {
        Double(bitPattern: try load(UInt64.self))
    }

    private mutating func value(depth: Int) throws(Failure) -> PythonValue {
        guard depth <= Self.mostDepth else { throw failure("nested too deeply") }
        values += 1
        guard values <= Self.mostValues else { throw failure("too many values") }
        let code = try byte()
        switch code {
        case UInt8(ascii: "N"): return .none
        case UInt8(ascii: "T"): return .bool(true)
        case UInt8(ascii: "F"): return .bool(false)
        case UInt8(ascii: "i"): return .int(BigInteger(Int(try load(Int32.self))))
        case UInt8(ascii: "l"): return .int(try long())
        case UInt8(ascii: "g"): return .float(try double())
        case UInt8(ascii: "y"): return .complex(try double(), try double())
        case UInt8(ascii: "u"): return string(try range())
        case UInt8(ascii: "s"): return .bytes([UInt8](bytes[try range()]))
        case UInt8(ascii: "["): return .list(try members(depth: depth))
        case UInt8(ascii: "("): return .tuple(try members(depth: depth))
        case UInt8(ascii: "<"), UInt8(ascii: ">"): return .set(try members(depth: depth))
        case UInt8(ascii: "{"): return .dict(try entries(depth: depth))
        case UInt8(ascii: "."): return .opaque("ellipsis")
        case UInt8(ascii: "S"): return .opaque("type")
        default: throw failure("a value of an unknown kind")
        }
    }

    private mutating func members(depth: Int) throws(Failure) -> [PythonValue] {
        let count = try count(smallest: 1)
        var members: [PythonValue] = []
        // A member takes up much more memory than its bytes do: it has to be there before its place is made.
        members.reserveCapacity(min(count, 1 << 12))
        for _ in 0..<count { members.append(try value(depth: depth + 1)) }
        return members
    }

    private mutating func entries(depth: Int) throws(Failure) -> [(key: PythonValue, value: PythonValue)] {
        var entries: [(key: PythonValue, value: PythonValue)] = []
        while true {
            guard position < bytes.count else { throw failure("the end is missing") }
            if bytes[position] == UInt8(ascii: "0") {
                position += 1
                return entries
            }
            let key = try value(depth: depth + 1)
            entries.append((key, try value(depth: depth + 1)))
        }
    }

    private mutating func long() throws(Failure) -> BigInteger {
        let length = Int(try load(Int32.self))
        let count = abs(length)
        guard count <= (bytes.count - position) / 2 else { throw failure("an impossible length") }
        var digits: [UInt16] = []
        digits.reserveCapacity(count)
        for _ in 0..<count { digits.append(try load(UInt16.self)) }
        return BigInteger(isNegative: length < 0, digits15: digits)
    }

    private func string(_ range: Range<Int>) -> PythonValue {
        let text = UnsafeRawBufferPointer(rebasing: bytes[range])
        // Python writes lone surrogates as if they were characters.
        guard let valid = String(validating: text, as: UTF8.self) else { return .surrogates([UInt8](text)) }
        return .string(valid)
    }
}

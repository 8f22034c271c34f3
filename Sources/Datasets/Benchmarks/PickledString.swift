// SPDX-License-Identifier: Apache-2.0

/// Reads a pickle of one Python `str`, protocols 2 to 5, and writes one.
///
/// A general unpickler would run code of the file's choice; this one knows no operation but those that make up one string.
enum PickledString {
    /// The string's bytes.
    static func find(in pickle: UnsafeRawBufferPointer, field: String) throws(RowError) -> UnsafeRawBufferPointer {
        var position = 0
        var found: Range<Int>?

        func number(_ width: Int) throws(RowError) -> Int {
            guard pickle.count - position >= width else {
                throw RowError(field: field, "The pickled text ends too early.")
            }
            var number: UInt64 = 0
            for index in 0..<width { number |= UInt64(pickle[position + index]) << UInt64(8 * index) }
            position += width
            guard let count = Int(exactly: number) else {
                throw RowError(field: field, "The pickled text has an impossible length.")
            }
            return count
        }
        func text(lengthWidth: Int) throws(RowError) {
            let count = try number(lengthWidth)
            guard found == nil else { throw RowError(field: field, "The pickle holds more than one text.") }
            guard pickle.count - position >= count else {
                throw RowError(field: field, "The pickled text ends too early.")
            }
            found = position..<position + count
            position += count
        }

        while position < pickle.count {
            let operation = pickle[position]
            position += 1
            switch operation {
            case 0x80:  // PROTO
                let version = try number(1)
                guard (2...5).contains(version) else {
                    throw RowError(field: field, "The pickle has protocol \(version); known are 2 to 5.")
                }
            case 0x95: _ = try number(8)  // FRAME
            case 0x8c: try text(lengthWidth: 1)  // SHORT_BINUNICODE
            case 0x58: try text(lengthWidth: 4)  // BINUNICODE
            case 0x8d: try text(lengthWidth: 8)  // BINUNICODE8
            case 0x94: break  // MEMOIZE
            case 0x71: _ = try number(1)  // BINPUT
            case 0x72: _ = try number(4)  // LONG_BINPUT
            case 0x2e:  // STOP
                guard let found else { throw RowError(field: field, "The pickle holds no text.") }
                return UnsafeRawBufferPointer(rebasing: pickle[found])
            default:
                throw RowError(
                    field: field,
                    "The pickle holds more than a text: operation \(name(operation)). It is not read, because unpickling can run code."
                )
            }
        }
        throw RowError(field: field, "The pickle has no end.")
    }

    /// The protocol 4 pickle of `text`, byte for byte as Python writes it.
    static func encode(_ text: String) -> [UInt8] {
        let bytes = Array(text.utf8)
        var body: [UInt8] = []
        switch bytes.count {
        case ..<0x100: body += [0x8c, UInt8(bytes.count)]
        case ..<0x1_0000_0000: body += [0x58] + littleEndian(bytes.count, width: 4)
        default: body += [0x8d] + littleEndian(bytes.count, width: 8)
        }
        body += bytes + [0x94, 0x2e]
        // Python puts long texts outside its frames, and the two operations that are left are too short for one.
        if bytes.count >= 1 << 16 { return [0x80, 4] + body }
        return [0x80, 4, 0x95] + littleEndian(body.count, width: 8) + body
    }

    private static func littleEndian(_ number: Int, width: Int) -> [UInt8] {
        (0..<width).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    }

    private static func name(_ operation: UInt8) -> String {
        let hexadecimal = "0x" + String(operation, radix: 16)
        return names[operation].map { "\($0) (\(hexadecimal))" } ?? hexadecimal
    }

    private static let names: [UInt8: String] = [
        0x63: "GLOBAL", 0x52: "REDUCE", 0x93: "STACK_GLOBAL", 0x62: "BUILD", 0x69: "INST", 0x6f: "OBJ", 0x81: "NEWOBJ",
        0x92: "NEWOBJ_EX",
        0x82: "EXT1", 0x83: "EXT2", 0x84: "EXT4", 0x50: "PERSID", 0x51: "BINPERSID", 0x5d: "EMPTY_LIST",
        0x7d: "EMPTY_DICT", 0x29: "EMPTY_TUPLE",
        0x28: "MARK", 0x61: "APPEND", 0x65: "APPENDS", 0x73: "SETITEM", 0x75: "SETITEMS", 0x85: "TUPLE1",
        0x86: "TUPLE2", 0x87: "TUPLE3",
        0x74: "TUPLE", 0x4e: "NONE", 0x4b: "BININT1", 0x4d: "BININT2", 0x4a: "BININT", 0x43: "SHORT_BINBYTES",
        0x42: "BINBYTES", 0x56: "UNICODE",
        0x54: "BINSTRING", 0x55: "SHORT_BINSTRING", 0x68: "BINGET", 0x6a: "LONG_BINGET", 0x88: "NEWTRUE",
        0x89: "NEWFALSE", 0x47: "BINFLOAT",
    ]
}

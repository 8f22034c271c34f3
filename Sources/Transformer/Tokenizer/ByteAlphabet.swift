// SPDX-License-Identifier: Apache-2.0

/// The characters with which byte-level vocabularies write bytes: printable Latin-1 stands for itself, the other 68 bytes for U+0100 to U+0143.
enum ByteAlphabet {
    /// The byte that each character below U+0144 stands for; nil for those that stand for none.
    private static let bytes: [UInt8?] = {
        var bytes = [UInt8?](repeating: nil, count: 0x144)
        var next = 0x100
        for byte in UInt8.min...UInt8.max {
            switch byte {
            case 0x21...0x7e, 0xa1...0xac, 0xae...0xff: bytes[Int(byte)] = byte
            default:
                bytes[next] = byte
                next += 1
            }
        }
        return bytes
    }()

    /// Appends the bytes that `text`, valid UTF-8, stands for. Where a character stands for no byte, the text's own bytes are appended instead.
    ///
    /// - Returns: Whether every character stands for a byte.
    static func append(_ text: UnsafeRawBufferPointer, to room: inout [UInt8]) -> Bool {
        let start = room.count
        var position = 0
        let table = bytes
        while position < text.count {
            var scalar = Int(text[position])
            position += 1
            // Every character of the alphabet takes one byte or two.
            if scalar >= 0xc2, scalar < 0xc6, position < text.count {
                scalar = (scalar & 0x1f) << 6 | Int(text[position] & 0x3f)
                position += 1
            } else if scalar >= 0x80 {
                scalar = table.count
            }
            guard scalar < table.count, let byte = table[scalar] else {
                room.removeSubrange(start...)
                room.append(contentsOf: text)
                return false
            }
            room.append(byte)
        }
        return true
    }
}

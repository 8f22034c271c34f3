// SPDX-License-Identifier: Apache-2.0

/// Writes arbitrary text so that it is valid both as an element's text and in a quoted attribute.
enum MarkupEscaping {
    /// Appends the text with its markup characters as entities.
    ///
    /// Characters that a page may not hold, or that would make a program look other than it is, are made visible: C0 controls as their symbols (U+2400 and
    /// following), other controls, non-characters and bidirectional overrides as U+FFFD. CR LF becomes LF.
    static func append(_ text: String, to bytes: inout [UInt8]) {
        var text = text
        text.withUTF8 { utf8 in
            var index = 0
            while index < utf8.count {
                let byte = utf8[index]
                let next = index + 1 < utf8.count ? utf8[index + 1] : 0
                switch byte {
                case UInt8(ascii: "&"): bytes += "&amp;".utf8
                case UInt8(ascii: "<"): bytes += "&lt;".utf8
                case UInt8(ascii: ">"): bytes += "&gt;".utf8
                case UInt8(ascii: "\""): bytes += "&quot;".utf8
                case UInt8(ascii: "'"): bytes += "&#39;".utf8
                case UInt8(ascii: "\t"), UInt8(ascii: "\n"): bytes.append(byte)
                case UInt8(ascii: "\r"): if next != UInt8(ascii: "\n") { bytes += symbol(for: byte) }
                case 0..<0x20: bytes += symbol(for: byte)
                case 0x7F: bytes += symbol(for: 0x21)
                case 0xC2, 0xE2, 0xEF, 0xF0...0xF4:
                    let length = byte == 0xC2 ? 2 : byte < 0xF0 ? 3 : 4
                    let sequence = utf8[index..<min(index + length, utf8.count)]
                    if isHidden(sequence) { bytes += [0xEF, 0xBF, 0xBD] } else { bytes += sequence }
                    index += length - 1
                default: bytes.append(byte)
                }
                index += 1
            }
        }
    }

    /// The symbol of a control character, from U+2400 on.
    private static func symbol(for control: UInt8) -> [UInt8] { [0xE2, 0x90, 0x80 + control] }

    /// Whether a multi-byte sequence is a C1 control, a bidirectional control or a non-character.
    private static func isHidden(_ sequence: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        guard let scalar = String(decoding: sequence, as: UTF8.self).unicodeScalars.first?.value else { return false }
        switch scalar {
        case 0x80...0x9F, 0x202A...0x202E, 0x2066...0x2069: return true
        default: return scalar & 0xFFFE == 0xFFFE
        }
    }
}

// SPDX-License-Identifier: Apache-2.0

/// Writes JSON whose bytes depend on nothing but the values: fields in the order given, no optional escapes.
package enum JSONText {
    package static func string(_ text: String) -> String {
        var bytes: [UInt8] = [UInt8(ascii: "\"")]
        bytes.reserveCapacity(text.utf8.count + 2)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            case 0x0a: bytes += Array("\\n".utf8)
            case 0x0d: bytes += Array("\\r".utf8)
            case 0x09: bytes += Array("\\t".utf8)
            case ..<0x20:
                let digits = String(byte, radix: 16)
                bytes += Array(("\\u00" + (byte < 0x10 ? "0" : "") + digits).utf8)
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
        return String(decoding: bytes, as: UTF8.self)
    }

    /// An object of values that are JSON already.
    package static func object(_ fields: [(name: String, json: String)]) -> String {
        "{" + fields.map { "\(string($0.name)): \($0.json)" }.joined(separator: ", ") + "}"
    }

    /// A list of values that are JSON already.
    package static func list(_ values: [String]) -> String { "[" + values.joined(separator: ", ") + "]" }
}

// SPDX-License-Identifier: Apache-2.0
import Foundation
import SelectorKit

/// How floating numbers are written in canonical texts.
enum CanonicalFloats {
    /// Every value by its own text: for benchmarks that compare exactly.
    case exact
    /// To six decimals, or to seven digits where those are fewer: for benchmarks that compare with a tolerance. Values close to one another have the
    /// same text unless a rounding boundary lies between them.
    case rounded
}

extension PythonValue {
    /// What a program returned, as an output to compare: its canonical text, or a failure where no text can stand for the value.
    func output(floats: CanonicalFloats) -> ProgramOutput {
        var writer = CanonicalWriter(floats: floats, room: Grader.outputCharacters)
        writer.write(self)
        if let name = writer.incomparable { return .failed(reason: "returned an object: \(name.prefix(60))") }
        return writer.room < 0 ? .failed(reason: ProgramFailureReason.output) : .output(writer.text)
    }
}

/// Writes a value so that values which Python calls equal have the same text: `1`, `1.0` and `True` are `1`, the members of sets and
/// dictionaries are sorted. Values that JSON has are written as JSON.
private struct CanonicalWriter {
    let floats: CanonicalFloats
    /// Characters that may still be written; negative when there were too many.
    var room: Int
    var text = ""
    /// The type of an object that nothing equals, not even its own text.
    var incomparable: String?

    mutating func write(_ value: PythonValue) {
        guard room >= 0, incomparable == nil else { return }
        if let integer = value.integer {
            add(integer.canonicalText)
            return
        }
        switch value {
        case .none: add("null")
        case .bool, .int: break  // Integers, written above.
        case .float(let number): add(Self.text(of: number, floats))
        case .complex(let real, let imaginary):
            if imaginary == 0 {
                add(Self.text(of: real, floats))
            } else {
                add("complex(\(Self.text(of: real, floats)), \(Self.text(of: imaginary, floats)))")
            }
        case .string(let string): add(Self.quoted(string))
        case .surrogates(let bytes): add("surrogates(\(Self.hex(bytes)))")
        case .bytes(let bytes): add("bytes(\(Self.hex(bytes)))")
        case .list(let items): write(items, "[", "]")
        case .tuple(let items): write(items, "(", ")")
        case .set(let items): add("set(\(sorted(items.map { part($0) }).joined(separator: ", ")))")
        case .array(let items, let shape): write(items, "array(\(shape), ", ")")
        case .dict(let entries):
            let parts = entries.map { "\(part($0.key)): \(part($0.value))" }
            add("{\(sorted(parts).joined(separator: ", "))}")
        case .instance(_, let base): write(base)
        case .iterator(let name, let items): write(items, "\(name)(", ")")
        case .opaque(let name): incomparable = name
        }
    }

    private mutating func add(_ part: String) {
        room -= part.utf8.count
        if room >= 0 { text += part }
    }

    private mutating func write(_ items: [PythonValue], _ open: String, _ close: String) {
        add(open)
        for (index, item) in items.enumerated() where room >= 0 {
            if index > 0 { add(", ") }
            write(item)
        }
        add(close)
    }

    /// The text of a member that has to be sorted before it is written.
    private mutating func part(_ value: PythonValue) -> String {
        var writer = CanonicalWriter(floats: floats, room: room)
        writer.write(value)
        if writer.room < 0 { room = -1 }
        incomparable = incomparable ?? writer.incomparable
        return writer.text
    }

    /// In an order that does not depend on the machine's language.
    private func sorted(_ parts: [String]) -> [String] { parts.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } }

    private static func text(of number: Double, _ floats: CanonicalFloats) -> String {
        var number = number
        if number.isNaN { return "NaN" }
        if number.isInfinite { return number < 0 ? "-Infinity" : "Infinity" }
        if floats == .rounded {
            number = Double(String(format: abs(number) < 10 ? "%.6f" : "%.6e", number)) ?? number
        }
        if let integer = BigInteger(exactly: number) { return integer.canonicalText }
        return "\(number)"
    }

    private static func quoted(_ string: String) -> String {
        var bytes: [UInt8] = [UInt8(ascii: "\"")]
        for byte in string.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            case 0..<0x20: bytes += "\\u00\(hex([byte]))".utf8
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
}

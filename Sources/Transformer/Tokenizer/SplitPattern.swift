// SPDX-License-Identifier: Apache-2.0

/// How text is cut into pieces before encoding: the regular expressions of Qwen2.5 and of Llama 3, which differ in the length of numbers.
struct SplitPattern: Sendable {
    /// How many digits a piece may have.
    var longestNumber: Int

    /// - Returns: Nil for a regular expression that is not one of the two.
    init?(_ expression: String) {
        switch expression {
        case Self.expression(number: #"\p{N}"#): longestNumber = 1
        case Self.expression(number: #"\p{N}{1,3}"#): longestNumber = 3
        default: return nil
        }
    }

    static func expression(number: String) -> String {
        #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"# + number
            + #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
    }
}

/// Cuts text as the regular expression of `SplitPattern` does, in one walk. Every byte belongs to a piece.
struct PieceScanner {
    private enum Kind { case letter, number, space, lineBreak, other }

    /// Valid UTF-8.
    private let text: UnsafeBufferPointer<UInt8>
    private let longestNumber: Int
    private var position: Int
    private let end: Int

    init(_ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ pattern: SplitPattern) {
        self.text = text
        longestNumber = pattern.longestNumber
        position = range.lowerBound
        end = range.upperBound
    }

    /// The next piece; nil at the end.
    mutating func next() -> Range<Int>? {
        let start = position
        guard start < end else { return nil }
        position = pieceEnd(start)
        return start..<position
    }

    private func pieceEnd(_ start: Int) -> Int {
        let first = kind(start)
        if text[start] == UInt8(ascii: "'"), let end = contractionEnd(start + 1) { return end }
        if first.kind == .letter { return runEnd(first.end, of: .letter) }
        if first.kind == .number {
            var end = first.end
            for _ in 1..<longestNumber where end < self.end {
                let next = kind(end)
                if next.kind == .number { end = next.end } else { break }
            }
            return end
        }
        if first.kind != .lineBreak, first.end < end {
            let second = kind(first.end)
            if second.kind == .letter { return runEnd(second.end, of: .letter) }
            if second.kind == .other, text[start] == UInt8(ascii: " ") { return otherEnd(second.end) }
        }
        return first.kind == .other ? otherEnd(first.end) : spaceEnd(start)
    }

    /// ` ?[^\s\p{L}\p{N}]+[\r\n]*` behind its first sign.
    private func otherEnd(_ from: Int) -> Int { runEnd(runEnd(from, of: .other), of: .lineBreak) }

    /// `\s*[\r\n]+|\s+(?!\S)|\s+`: up to the last line break if there is one; else all but the last space, which belongs to the word behind it.
    private func spaceEnd(_ start: Int) -> Int {
        var position = start
        var lastStart = start
        var breakEnd: Int?
        while position < end {
            let next = kind(position)
            guard next.kind == .space || next.kind == .lineBreak else { break }
            if next.kind == .lineBreak { breakEnd = next.end }
            lastStart = position
            position = next.end
        }
        if let breakEnd { return breakEnd }
        return position == end || lastStart == start ? position : lastStart
    }

    /// The end of `'s`, `'t`, `'re`, `'ve`, `'m`, `'ll` or `'d` in any case; nil if something else stands behind the apostrophe.
    private func contractionEnd(_ start: Int) -> Int? {
        guard start < end else { return nil }
        let second = start + 1 < end ? text[start + 1] | 0x20 : 0
        switch text[start] | 0x20 {
        case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"): return start + 1
        case UInt8(ascii: "r"), UInt8(ascii: "v"): return second == UInt8(ascii: "e") ? start + 2 : nil
        case UInt8(ascii: "l"): return second == UInt8(ascii: "l") ? start + 2 : nil
        // U+017F, the long s, is an s in another case.
        case 0xe5: return text[start] == 0xc5 && start + 1 < end && text[start + 1] == 0xbf ? start + 2 : nil
        default: return nil
        }
    }

    private func runEnd(_ from: Int, of wanted: Kind) -> Int {
        var position = from
        while position < end {
            let next = kind(position)
            guard next.kind == wanted else { break }
            position = next.end
        }
        return position
    }

    /// The kind of the character at `position` and where it ends.
    private func kind(_ position: Int) -> (kind: Kind, end: Int) {
        let byte = text[position]
        guard byte >= 0x80 else { return (Self.kind(ascii: byte), position + 1) }
        let length = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4
        var code = UInt32(byte) & (0x7f >> UInt32(length))
        for offset in 1..<length { code = code << 6 | UInt32(text[position + offset]) & 0x3f }
        return (Unicode.Scalar(code).map { Self.kind($0) } ?? .other, position + length)
    }

    private static func kind(ascii byte: UInt8) -> Kind {
        if (byte | 0x20) &- 0x61 < 26 { return .letter }
        if byte &- 0x30 < 10 { return .number }
        if byte == 0x0a || byte == 0x0d { return .lineBreak }
        return byte == 0x20 || byte &- 0x09 < 5 ? .space : .other
    }

    private static func kind(_ scalar: Unicode.Scalar) -> Kind {
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: .letter
        case .decimalNumber, .letterNumber, .otherNumber: .number
        default: scalar.properties.isWhitespace ? .space : .other
        }
    }
}

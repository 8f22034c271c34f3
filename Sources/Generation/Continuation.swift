// SPDX-License-Identifier: Apache-2.0
import PythonSource

/// A program that was begun, with what a model wrote after its beginning.
public struct Continuation: Sendable, Hashable {
    /// Begins with the given prefix, byte for byte.
    public let program: String
    /// Whether nothing was added but white space.
    public let isBlank: Bool
    /// Whether the model gave the prefix once more, which was taken off.
    public let repeatsPrefix: Bool
    /// What the prefix defines and the model's text defines again, sorted. The later definition wins in Python, so the program does not simply go on.
    public let redefined: [String]

    /// Joins what a model wrote in its own turn, which had been opened with a fence and the prefix: all up to the closing fence.
    public init(of prefix: String, prefilled text: String) {
        // Some servers answer with the whole turn.
        let opening = Array((ContinuationPrompt.fence + prefix).utf8)
        let written = Array(text.utf8)
        let repeatsTurn = written.starts(with: opening)
        let own = repeatsTurn ? written[opening.count...] : written[...]
        let beginsLine = prefix.utf8.last.map(Self.endsLine) ?? true
        self.init(
            prefix, FencedText.untilFence(own, beginsLine: beginsLine), canContinueLine: true,
            repeatsTurn: repeatsTurn)
    }

    /// Joins what a model answered when it was asked to go on: its last fenced block, or the whole answer where it reads as code.
    ///
    /// Nothing is stripped or dedented: the block may go on inside a class.
    public init(of prefix: String, answer: String) {
        let block =
            FencedText.lastBlock(Array(answer.utf8)) ?? (CodeRecognition.isCode(answer) ? Array(answer.utf8) : [])
        self.init(prefix, block[...], canContinueLine: false, repeatsTurn: false)
    }

    private init(_ prefix: String, _ written: ArraySlice<UInt8>, canContinueLine: Bool, repeatsTurn: Bool) {
        let prefixBytes = Array(prefix.utf8)
        let repetition = Self.repetition(of: prefixBytes, in: written)
        var rest = written.dropFirst(repetition ?? 0)
        isBlank = rest.allSatisfy(Self.isBlank)
        repeatsPrefix = repeatsTurn || repetition != nil
        let mustBeginLine = !canContinueLine || repetition != nil
        if mustBeginLine, !isBlank, let last = prefixBytes.last, let first = rest.first,
            !Self.endsLine(last), !Self.endsLine(first)
        {
            rest = [0x0a] + rest
        }
        program = prefix + String(decoding: rest, as: UTF8.self)
        redefined = isBlank ? [] : Redefinitions.names(in: program, after: prefixBytes.count)
    }

    /// How many bytes at the beginning of a text repeat the prefix, blanks at the prefix's end left out where the text lacks them; nil where it begins otherwise.
    private static func repetition(of prefix: [UInt8], in text: ArraySlice<UInt8>) -> Int? {
        let code = prefix.prefix((prefix.lastIndex { !isBlank($0) } ?? -1) + 1)
        guard !code.isEmpty, text.starts(with: code) else { return nil }
        let blanks = prefix[code.count...]
        let rest = text.dropFirst(code.count)
        // `return 1` does not repeat itself in `return 10`.
        guard rest.first.map(isBlank) ?? true else { return nil }
        return code.count + zip(blanks, rest).prefix { $0 == $1 }.count
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }
    private static func endsLine(_ byte: UInt8) -> Bool { byte == 0x0a || byte == 0x0d }
}

/// Fences as models write them around programs.
enum FencedText {
    /// What stands before the first line that is a closing fence: three backticks behind at most three blanks, since deeper ones belong to docstrings.
    static func untilFence(_ text: ArraySlice<UInt8>, beginsLine: Bool) -> ArraySlice<UInt8> {
        var at = beginsLine ? text.startIndex : lineEnd(text, text.startIndex)
        while at < text.endIndex {
            if let fence = fence(text, at), fence.indentation <= 3 { return text[..<at] }
            at = lineEnd(text, at)
        }
        return text
    }

    /// The last block's lines as they are; its closing fence may be missing. Nil where no line opens a block.
    static func lastBlock(_ text: [UInt8]) -> [UInt8]? {
        var block: [UInt8]?
        var open: (start: Int, fence: Fence)?
        var at = 0
        while at < text.count {
            let next = lineEnd(text[...], at)
            if let fence = fence(text[...], at) {
                if let current = open {
                    if fence.isBare, fence.length >= current.fence.length,
                        fence.indentation <= current.fence.indentation + 3
                    {
                        block = Array(text[current.start..<at])
                        open = nil
                    }
                } else {
                    open = (next, fence)
                }
            }
            at = next
        }
        if let open { block = Array(text[open.start...]) }
        return block
    }

    private struct Fence {
        var indentation: Int
        var length: Int
        /// Whether nothing follows in its line.
        var isBare: Bool
    }

    private static func fence(_ text: ArraySlice<UInt8>, _ start: Int) -> Fence? {
        let line = text[start..<lineEnd(text, start)]
        let indentation = line.prefix { $0 == 0x20 || $0 == 0x09 }.count
        let length = line.dropFirst(indentation).prefix { $0 == UInt8(ascii: "`") }.count
        guard length >= 3 else { return nil }
        let rest = line.dropFirst(indentation + length)
        // Backticks further on in the line make it inline code.
        guard !rest.contains(UInt8(ascii: "`")) else { return nil }
        return Fence(indentation: indentation, length: length, isBare: rest.allSatisfy { $0 <= 0x20 })
    }

    /// Behind the line feed that ends the line.
    private static func lineEnd(_ text: ArraySlice<UInt8>, _ start: Int) -> Int {
        text[start...].firstIndex(of: 0x0a).map { $0 + 1 } ?? text.endIndex
    }
}

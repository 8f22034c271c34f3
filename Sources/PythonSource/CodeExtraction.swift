// SPDX-License-Identifier: Apache-2.0

/// Cuts programs out of what language models say.
public enum CodeExtraction {
    /// The prompt style that LiveCodeBench's rule depends on.
    public enum LiveCodeBenchStyle: Sendable { case chat, codeLlama, base }

    /// LiveCodeBench's `extract_code` (commit 28fef95e).
    ///
    /// - Returns: the program, empty where the rule finds none; nil where the official function returns nothing at all, which is the case for
    ///   every CodeLlama answer.
    public static func liveCodeBench(_ text: String, style: LiveCodeBenchStyle = .chat) -> String? {
        switch style {
        case .codeLlama: nil
        case .base: stripped(text)
        case .chat: betweenLastFences(text)
        }
    }

    /// LiveCodeBench's rule, completed where it finds nothing: after a single fence line the lines that follow it, without any fence the whole text.
    public static func liveCodeBenchLenient(_ text: String) -> String {
        let lines = lines(text)
        let fences = lines.indices.filter { hasFence(lines[$0]) }
        guard let last = fences.last else { return text }
        return fences.count >= 2 ? betweenLastFences(text) : join(lines[(last + 1)...])
    }

    /// The last fenced block, whose fence may be missing at the end; nil where no line opens a block.
    ///
    /// A line that begins with three or more backticks or tildes opens a block, and one of nothing but at least as many of the same closes it. Whatever
    /// stands behind the opening fence names the language. A fence's indentation is removed from its lines, as far as they have it.
    public static func lastFencedBlock(_ text: String) -> String? { fencedBlocks(text).last }

    /// All fenced blocks, in order.
    public static func fencedBlocks(_ text: String) -> [String] {
        var blocks: [String] = []
        var open: (mark: UInt8, length: Int, indentation: Int)?
        var content: [Substring.UTF8View] = []
        for line in lines(text) {
            let fence = fence(line)
            if let current = open {
                if let fence, fence.mark == current.mark, fence.length >= current.length, fence.isBare {
                    blocks.append(joinLines(content))
                    open = nil
                } else {
                    content.append(line.dropFirst(min(current.indentation, indentation(line))))
                }
            } else if let fence {
                open = (fence.mark, fence.length, indentation(line))
                content = []
            }
        }
        if open != nil { blocks.append(joinLines(content)) }
        return blocks
    }

    /// The text without white space around it, by Python's notion of white space.
    public static func stripped(_ text: String) -> String {
        let scalars = text.unicodeScalars
        guard let first = scalars.firstIndex(where: { !isPythonSpace($0) }),
            let last = scalars.lastIndex(where: { !isPythonSpace($0) })
        else { return "" }
        return String(text[first..<scalars.index(after: last)])
    }

    private static func betweenLastFences(_ text: String) -> String {
        let lines = lines(text)
        let fences = lines.indices.filter { hasFence(lines[$0]) }
        guard fences.count >= 2 else { return "" }
        return join(lines[(fences[fences.count - 2] + 1)..<fences[fences.count - 1]])
    }

    private static func lines(_ text: String) -> [Substring.UTF8View] {
        text.utf8.split(separator: 10, omittingEmptySubsequences: false)
    }

    /// Neighbouring lines of one text, with what is between them.
    private static func join(_ lines: ArraySlice<Substring.UTF8View>) -> String {
        joinLines(Array(lines))
    }

    private static func joinLines(_ lines: [Substring.UTF8View]) -> String {
        lines.map { String(Substring($0)) }.joined(separator: "\n")
    }

    private static func hasFence(_ line: Substring.UTF8View) -> Bool {
        var run = 0
        for byte in line {
            run = byte == UInt8(ascii: "`") ? run + 1 : 0
            if run == 3 { return true }
        }
        return false
    }

    private static func indentation(_ line: Substring.UTF8View) -> Int {
        line.prefix { $0 == 0x20 || $0 == 0x09 }.count
    }

    private static func fence(_ line: Substring.UTF8View) -> (mark: UInt8, length: Int, isBare: Bool)? {
        let text = line.drop { $0 == 0x20 || $0 == 0x09 }
        guard let mark = text.first, mark == UInt8(ascii: "`") || mark == UInt8(ascii: "~") else { return nil }
        let length = text.prefix { $0 == mark }.count
        let rest = text.dropFirst(length)
        // Backticks further on in the line make it inline code.
        guard length >= 3, !rest.contains(UInt8(ascii: "`")) else { return nil }
        return (mark, length, rest.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0d })
    }

    /// What Python's `str.isspace` accepts.
    private static func isPythonSpace(_ scalar: UnicodeScalar) -> Bool {
        switch scalar.value {
        case 0x09...0x0d, 0x1c...0x20, 0x85, 0xa0, 0x1680, 0x2000...0x200a, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000: true
        default: false
        }
    }
}

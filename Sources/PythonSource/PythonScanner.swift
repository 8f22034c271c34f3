// SPDX-License-Identifier: Apache-2.0

/// The scanner behind `PythonScan`: one pass over the bytes, in the way of Python's tokenizer.
///
/// Lines end in `\n`, `\r\n` or `\r`. A backslash hides the quote behind it in raw strings too. An f-string is scanned as a plain string, so that
/// one with its own quotes nested inside (Python 3.12) may be taken for several.
struct PythonScanner {
    /// What a byte means outside strings.
    private enum Role: UInt8 {
        case code, blank, lineEnd, comment, quote, open, close, backslash
    }

    private static let roles: [Role] = {
        var roles = [Role](repeating: .code, count: 256)
        for (text, role) in [
            (" \t\u{c}", Role.blank), ("\n\r", .lineEnd), ("#", .comment), ("\"'", .quote), ("([{", .open),
            (")]}", .close), ("\\", .backslash),
        ] {
            for byte in text.utf8 { roles[Int(byte)] = role }
        }
        return roles
    }()

    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0
    private var physicalLine = 0
    private var result = PythonScan()
    /// The closing brackets that are waited for.
    private var closers: [UInt8] = []
    /// The columns of the blocks around the current line.
    private var columns = [0]
    private var blockIsDue = false

    init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    mutating func scan() -> PythonScan {
        Self.roles.withUnsafeBufferPointer { roles in
            while position < bytes.count { scanLine(roles) }
        }
        if blockIsDue { result.isWellFormed = false }
        result.physicalLineCount = physicalLine
        return result
    }

    /// One logical line, or one blank or comment-only physical line.
    private mutating func scanLine(_ roles: UnsafeBufferPointer<Role>) {
        let start = position
        let firstLine = physicalLine
        let column = skipIndentation()
        guard position < bytes.count else {
            physicalLine += 1
            return
        }
        switch roles[Int(bytes[position])] {
        case .lineEnd: return skipLineEnd()
        case .comment:
            skipComment()
            return skipLineEnd()
        default: break
        }
        let codeStart = position
        let (codeEnd, isText) = scanCode(roles)
        // Nothing but a backslash.
        guard codeEnd > codeStart else { return }
        var line = PythonScan.LogicalLine(
            bytes: start..<position, code: codeStart..<codeEnd, lines: firstLine..<physicalLine, column: column,
            kind: .other,
            opensBlock: bytes[codeEnd - 1] == UInt8(ascii: ":"), isText: isText, depth: 0)
        line.kind = kind(line.code)
        enterBlock(column)
        line.depth = columns.count - 1
        blockIsDue = line.opensBlock
        result.lines.append(line)
    }

    private mutating func skipIndentation() -> Int {
        var column = 0
        while position < bytes.count {
            switch bytes[position] {
            case 0x20: column += 1
            case 0x09: column = (column / 8 + 1) * 8
            case 0x0c: column = 0
            default: return column
            }
            position += 1
        }
        return column
    }

    /// Goes behind the end of the logical line; says where its code ends and whether it is nothing but strings.
    private mutating func scanCode(_ roles: UnsafeBufferPointer<Role>) -> (end: Int, isText: Bool) {
        var end = position
        var isText = true
        while position < bytes.count {
            switch roles[Int(bytes[position])] {
            case .code:
                let word = position
                repeat { position += 1 } while position < bytes.count && roles[Int(bytes[position])] == .code
                end = position
                if isText { isText = isTextPrefix(word..<end, roles) }
            case .blank: position += 1
            case .comment: skipComment()
            case .quote:
                skipString()
                end = position
            case .open:
                closers.append(bytes[position] == UInt8(ascii: "(") ? UInt8(ascii: ")") : bytes[position] + 2)
                position += 1
                end = position
                isText = false
            case .close:
                if closers.popLast() != bytes[position] { result.isWellFormed = false }
                position += 1
                end = position
                isText = false
            case .backslash:
                position += 1
                if position < bytes.count, roles[Int(bytes[position])] == .lineEnd {
                    skipLineEnd()
                } else {
                    end = position
                    isText = false
                }
            case .lineEnd:
                skipLineEnd()
                if closers.isEmpty { return (end, isText) }
            }
        }
        // The text ends without a line end, or inside brackets.
        if !closers.isEmpty {
            result.isWellFormed = false
            closers = []
        }
        if !endsInLineEnd { physicalLine += 1 }
        return (end, isText)
    }

    private var endsInLineEnd: Bool { bytes.last == 0x0a || bytes.last == 0x0d }

    private mutating func skipComment() {
        let start = position
        while position < bytes.count, bytes[position] != 0x0a, bytes[position] != 0x0d { position += 1 }
        result.comments.append(start..<position)
    }

    private mutating func skipLineEnd() {
        physicalLine += 1
        guard position < bytes.count else { return }
        let isReturn = bytes[position] == 0x0d
        position += 1
        if isReturn, position < bytes.count, bytes[position] == 0x0a { position += 1 }
    }

    /// Goes behind the string whose opening quote stands here. A string in single quotes that its line does not close ends there.
    private mutating func skipString() {
        let start = position
        let firstLine = physicalLine
        let quote = bytes[position]
        let isTriple = position + 2 < bytes.count && bytes[position + 1] == quote && bytes[position + 2] == quote
        position += isTriple ? 3 : 1
        var isClosed = false
        scan: while position < bytes.count {
            switch bytes[position] {
            case quote:
                guard isTriple else {
                    position += 1
                    isClosed = true
                    break scan
                }
                if position + 2 < bytes.count, bytes[position + 1] == quote, bytes[position + 2] == quote {
                    position += 3
                    isClosed = true
                    break scan
                }
                position += 1
            case UInt8(ascii: "\\"):
                position += 1
                guard position < bytes.count else { break scan }
                if bytes[position] == 0x0a || bytes[position] == 0x0d { skipLineEnd() } else { position += 1 }
            case 0x0a, 0x0d:
                guard isTriple else { break scan }
                skipLineEnd()
            default: position += 1
            }
        }
        if !isClosed { result.isWellFormed = false }
        if physicalLine > firstLine { result.multilineStrings.append(start..<position) }
    }

    /// Whether a word is a prefix of a string that can be a docstring, and the string follows.
    private func isTextPrefix(_ word: Range<Int>, _ roles: UnsafeBufferPointer<Role>) -> Bool {
        guard word.count == 1, word.upperBound < bytes.count, roles[Int(bytes[word.upperBound])] == .quote else {
            return false
        }
        let letter = bytes[word.lowerBound] | 0x20
        return letter == UInt8(ascii: "r") || letter == UInt8(ascii: "u")
    }

    private mutating func enterBlock(_ column: Int) {
        guard let current = columns.last else { return }
        if column > current {
            if !blockIsDue { result.isWellFormed = false }
            columns.append(column)
        } else {
            if blockIsDue { result.isWellFormed = false }
            while columns.count > 1, let last = columns.last, last > column { columns.removeLast() }
            if columns.last != column { result.isWellFormed = false }
        }
    }

    private func kind(_ code: Range<Int>) -> PythonScan.LogicalLine.Kind {
        switch bytes[code.lowerBound] {
        case UInt8(ascii: "@"): return .decorator
        case UInt8(ascii: "d"): return isWord("def", at: code.lowerBound, before: code.upperBound) ? .function : .other
        case UInt8(ascii: "c"):
            return isWord("class", at: code.lowerBound, before: code.upperBound) ? .classDefinition : .other
        case UInt8(ascii: "a"):
            guard isWord("async", at: code.lowerBound, before: code.upperBound) else { return .other }
            var next = code.lowerBound + 5
            while next < code.upperBound, bytes[next] == 0x20 || bytes[next] == 0x09 { next += 1 }
            return isWord("def", at: next, before: code.upperBound) ? .function : .other
        default: return .other
        }
    }

    /// Whether the word stands here, and blanks or a backslash follow it.
    private func isWord(_ word: StaticString, at start: Int, before end: Int) -> Bool {
        let count = word.utf8CodeUnitCount
        guard start + count < end else { return false }
        for offset in 0..<count where bytes[start + offset] != word.utf8Start[offset] { return false }
        let next = bytes[start + count]
        return next == 0x20 || next == 0x09 || next == 0x0c || next == UInt8(ascii: "\\")
    }
}

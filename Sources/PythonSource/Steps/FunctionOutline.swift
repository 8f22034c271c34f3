// SPDX-License-Identifier: Apache-2.0

/// The functions of a program, by its logical lines alone.
public struct FunctionOutline: Sendable, Hashable {
    public struct Function: Sendable, Hashable {
        public var name: String
        /// Whether it stands directly in a class body.
        public var isMethod: Bool
        /// Whether it stands inside another function.
        public var isNested: Bool
        /// Physical lines from 1: the first decorator's, or that of `def`, to the last of its body.
        public var lines: ClosedRange<Int>
        /// From the start of its first line to behind the end of its last.
        public var bytes: Range<Int>
        public var docstring: Docstring?
    }

    public struct Docstring: Sendable, Hashable {
        /// Behind the end of its last line.
        public var end: Int
        /// From 1.
        public var lastLine: Int
    }

    /// In order of their beginnings. Functions inside `if`, `try`, `for`, `while`, `with` and `match` are left out.
    public let functions: [Function]
    /// Behind the end of the last line of code, and that line's number from 1.
    public let codeEnd: Int
    public let lastLine: Int

    /// - Parameter bytes: the text that was scanned.
    public init(_ scan: PythonScan, in bytes: UnsafeBufferPointer<UInt8>) {
        enum Block { case module, classBody, function, other }
        var blocks = [Block.module]
        var found: [Function] = []
        /// Functions whose bodies are not over, by their depth and place in `found`.
        var open: [(depth: Int, index: Int)] = []
        var decorators: Int?
        for (index, line) in scan.lines.enumerated() {
            while let last = open.last, last.depth >= line.depth {
                Self.close(&found[last.index], before: index, scan)
                open.removeLast()
            }
            let depth = min(line.depth, blocks.count - 1)
            blocks.removeSubrange((depth + 1)...)
            if line.kind == .decorator {
                if decorators == nil { decorators = index }
                continue
            }
            defer { decorators = nil }
            if line.kind == .function, !blocks.contains(.other) {
                let first = scan.lines[decorators ?? index]
                var function = Function(
                    name: Self.name(line, bytes), isMethod: blocks.last == .classBody,
                    isNested: blocks.contains(.function), lines: first.lines.lowerBound + 1...line.lines.upperBound,
                    bytes: first.bytes.lowerBound..<line.bytes.upperBound, docstring: nil)
                if line.opensBlock {
                    let next = index + 1
                    if next < scan.lines.count, scan.lines[next].isText, scan.lines[next].depth > line.depth {
                        function.docstring = Docstring(
                            end: scan.lines[next].bytes.upperBound, lastLine: scan.lines[next].lines.upperBound)
                    }
                    open.append((line.depth, found.count))
                }
                found.append(function)
            }
            if line.opensBlock {
                switch line.kind {
                case .function: blocks.append(.function)
                case .classDefinition: blocks.append(.classBody)
                case .decorator, .other: blocks.append(.other)
                }
            }
        }
        for entry in open { Self.close(&found[entry.index], before: scan.lines.count, scan) }
        functions = found
        codeEnd = scan.lines.last?.bytes.upperBound ?? 0
        lastLine = scan.lines.last?.lines.upperBound ?? 0
    }

    /// The function's body ends with the logical line before `index`.
    private static func close(_ function: inout Function, before index: Int, _ scan: PythonScan) {
        let last = scan.lines[index - 1]
        function.lines = function.lines.lowerBound...last.lines.upperBound
        function.bytes = function.bytes.lowerBound..<last.bytes.upperBound
    }

    /// The identifier after `def`.
    private static func name(_ line: PythonScan.LogicalLine, _ bytes: UnsafeBufferPointer<UInt8>) -> String {
        var at = line.code.lowerBound
        func skipBlanks() {
            while at < line.code.upperBound, " \t\u{c}\\\r\n".utf8.contains(bytes[at]) { at += 1 }
        }
        if bytes[at] == UInt8(ascii: "a") {
            at += 5
            skipBlanks()
        }
        at += 3
        skipBlanks()
        let start = at
        while at < line.code.upperBound, !" \t\u{c}\\\r\n([:".utf8.contains(bytes[at]) { at += 1 }
        return String(decoding: bytes[start..<at], as: UTF8.self)
    }
}

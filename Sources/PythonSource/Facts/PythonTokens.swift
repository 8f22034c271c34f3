// SPDX-License-Identifier: Apache-2.0

/// A word, number, string or operator of Python text.
public struct PythonToken: Sendable, Hashable {
    public enum Kind: Sendable, Hashable { case name, keyword, number, string, mark }

    public var kind: Kind
    /// Offsets into the text's UTF-8.
    public var bytes: Range<Int>

    public init(kind: Kind, bytes: Range<Int>) {
        self.kind = kind
        self.bytes = bytes
    }
}

/// The tokens of logical lines, in the way of Python's tokenizer; comments and line ends are no tokens.
///
/// `match`, `case`, `type` and `_` are names. Any text is accepted.
struct PythonTokenizer {
    private let bytes: UnsafeBufferPointer<UInt8>

    init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    /// The tokens between two offsets, where no string is begun.
    func tokens(in range: Range<Int>) -> [PythonToken] {
        var tokens: [PythonToken] = []
        var at = range.lowerBound
        while at < range.upperBound {
            let byte = bytes[at]
            if byte <= 0x20 || byte == UInt8(ascii: "\\") {
                at += 1
                continue
            }
            if byte == UInt8(ascii: "#") {
                while at < range.upperBound, bytes[at] != 0x0a, bytes[at] != 0x0d { at += 1 }
                continue
            }
            let start = at
            let kind: PythonToken.Kind
            if isQuote(byte) {
                at = stringEnd(at, range.upperBound)
                kind = .string
            } else if isDigit(byte)
                || (byte == UInt8(ascii: ".") && at + 1 < range.upperBound && isDigit(bytes[at + 1]))
            {
                at = numberEnd(at, range.upperBound)
                kind = .number
            } else if isLetter(byte) {
                while at < range.upperBound, isLetter(bytes[at]) || isDigit(bytes[at]) { at += 1 }
                if at < range.upperBound, isQuote(bytes[at]), isStringPrefix(start..<at) {
                    at = stringEnd(at, range.upperBound)
                    kind = .string
                } else {
                    kind = PythonWords.keywords.contains(text(start..<at)) ? .keyword : .name
                }
            } else {
                at += markLength(at, range.upperBound)
                kind = .mark
            }
            tokens.append(PythonToken(kind: kind, bytes: start..<at))
        }
        return tokens
    }

    func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

    private func isQuote(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") }
    private func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
    private func isLetter(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "_") || byte >= 0x80 || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7a)
    }

    private func isStringPrefix(_ range: Range<Int>) -> Bool {
        range.count <= 2 && bytes[range].allSatisfy { "rbfu".utf8.contains($0 | 0x20) }
    }

    private func stringEnd(_ start: Int, _ limit: Int) -> Int {
        let quote = bytes[start]
        let isTriple = start + 2 < limit && bytes[start + 1] == quote && bytes[start + 2] == quote
        var at = start + (isTriple ? 3 : 1)
        while at < limit {
            if bytes[at] == UInt8(ascii: "\\") {
                at += 2
            } else if bytes[at] == quote {
                guard isTriple else { return at + 1 }
                if at + 2 < limit, bytes[at + 1] == quote, bytes[at + 2] == quote { return at + 3 }
                at += 1
            } else if !isTriple, bytes[at] == 0x0a || bytes[at] == 0x0d {
                return at
            } else {
                at += 1
            }
        }
        return limit
    }

    private func numberEnd(_ start: Int, _ limit: Int) -> Int {
        var at = start
        let isPrefixed =
            at + 1 < limit && bytes[at] == UInt8(ascii: "0") && "xob".utf8.contains(bytes[at + 1] | 0x20)
        while at < limit {
            let byte = bytes[at]
            if isDigit(byte) || isLetter(byte) || byte == UInt8(ascii: ".") {
                at += 1
            } else if !isPrefixed, byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-"),
                bytes[at - 1] | 0x20 == UInt8(ascii: "e"), at > start
            {
                at += 1
            } else {
                break
            }
        }
        return at
    }

    /// By longest match.
    private func markLength(_ at: Int, _ limit: Int) -> Int {
        func next(_ offset: Int) -> UInt8 { at + offset < limit ? bytes[at + offset] : 0 }
        let equals = UInt8(ascii: "=")
        let first = bytes[at]
        switch first {
        case UInt8(ascii: "*"), UInt8(ascii: "/"), UInt8(ascii: "<"), UInt8(ascii: ">"):
            if next(1) == first { return next(2) == equals ? 3 : 2 }
            return next(1) == equals ? 2 : 1
        case UInt8(ascii: "-"):
            return next(1) == equals || next(1) == UInt8(ascii: ">") ? 2 : 1
        case UInt8(ascii: "."):
            return next(1) == first && next(2) == first ? 3 : 1
        case UInt8(ascii: "+"), UInt8(ascii: "%"), UInt8(ascii: "@"), UInt8(ascii: "&"), UInt8(ascii: "|"),
            UInt8(ascii: "^"), UInt8(ascii: "="), UInt8(ascii: "!"), UInt8(ascii: ":"):
            return next(1) == equals ? 2 : 1
        default: return 1
        }
    }
}

/// The tokens of a program in order, without comments and line ends.
public func pythonTokens(_ program: String) -> [PythonToken] {
    var program = program
    return program.withUTF8 { bytes in
        let tokenizer = PythonTokenizer(bytes)
        return PythonScan(bytes).lines.flatMap { tokenizer.tokens(in: $0.code) }
    }
}

/// Words that mean something to Python itself.
enum PythonWords {
    static let keywords: Set<String> = [
        "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del",
        "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal",
        "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
    ]

    static let builtins: Set<String> = [
        "abs", "aiter", "all", "anext", "any", "ascii", "bin", "bool", "breakpoint", "bytearray", "bytes", "callable",
        "chr", "classmethod", "compile", "complex", "copyright", "credits", "delattr", "dict", "dir", "divmod",
        "enumerate", "eval", "exec", "exit", "filter", "float", "format", "frozenset", "getattr", "globals", "hasattr",
        "hash", "help", "hex", "id", "input", "int", "isinstance", "issubclass", "iter", "len", "license", "list",
        "locals", "map", "max", "memoryview", "min", "next", "object", "oct", "open", "ord", "pow", "print",
        "property", "quit", "range", "repr", "reversed", "round", "set", "setattr", "slice", "sorted", "staticmethod",
        "str", "sum", "super", "tuple", "type", "vars", "zip", "Ellipsis", "NotImplemented", "__name__", "__file__",
        "__doc__", "__builtins__", "__debug__", "__import__", "__class__", "__annotations__", "__spec__",
        "BaseException", "Exception", "ArithmeticError", "AssertionError", "AttributeError", "BufferError",
        "BlockingIOError", "BrokenPipeError", "ChildProcessError", "ConnectionError", "EOFError", "EnvironmentError",
        "ExceptionGroup", "FileExistsError", "FileNotFoundError", "FloatingPointError", "GeneratorExit", "IOError",
        "ImportError", "IndentationError", "IndexError", "InterruptedError", "IsADirectoryError", "KeyError",
        "KeyboardInterrupt", "LookupError", "MemoryError", "ModuleNotFoundError", "NameError", "NotADirectoryError",
        "NotImplementedError", "OSError", "OverflowError", "PermissionError", "ProcessLookupError", "RecursionError",
        "ReferenceError", "RuntimeError", "StopAsyncIteration", "StopIteration", "SyntaxError", "SystemError",
        "SystemExit", "TabError", "TimeoutError", "TypeError", "UnboundLocalError", "UnicodeDecodeError",
        "UnicodeEncodeError", "UnicodeError", "UnicodeTranslateError", "ValueError", "ZeroDivisionError", "Warning",
        "DeprecationWarning", "RuntimeWarning", "UserWarning", "FutureWarning", "SyntaxWarning",
    ]
}

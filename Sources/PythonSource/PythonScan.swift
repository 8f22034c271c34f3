// SPDX-License-Identifier: Apache-2.0

/// What can be said of a Python text without a parser: its logical lines, comments and strings, and whether brackets, quotes and
/// indentation fit together.
///
/// Any text is accepted. One that is not well formed (the rest of prose, a program cut in its middle) still gives logical lines, as good as they
/// are. Grammar is not looked at: `return return` is well formed. Positions are offsets into the text's UTF-8.
public struct PythonScan: Sendable {
    /// One statement header or simple statement, over as many physical lines as its brackets, strings and backslashes need. Blank and
    /// comment-only lines belong to none.
    public struct LogicalLine: Sendable, Hashable {
        /// What the line begins with.
        public enum Kind: Sendable, Hashable {
            /// `def` or `async def`.
            case function
            /// `class`.
            case classDefinition
            /// `@`.
            case decorator
            case other
        }

        /// From the start of the first physical line to behind the end of the last.
        public var bytes: Range<Int>
        /// From the first character of code to behind the last; a comment at the end is outside.
        public var code: Range<Int>
        /// The numbers of its physical lines, from 0.
        public var lines: Range<Int>
        /// The column of the first character of code: tabs go to multiples of 8, a form feed goes back to column 0.
        public var column: Int
        public var kind: Kind
        /// Whether the last character of code is a colon, so that a block must follow.
        public var opensBlock: Bool
        /// Whether the line is nothing but string literals that Python may take as a docstring.
        public var isText: Bool
        /// How many blocks the line is inside, by indentation.
        public var depth: Int
    }

    public internal(set) var lines: [LogicalLine] = []
    /// Every comment, from its `#` to its line's end.
    public internal(set) var comments: [Range<Int>] = []
    /// Every string literal over more than one physical line, quotes included.
    public internal(set) var multilineStrings: [Range<Int>] = []
    /// How many physical lines the text has; text behind the last line end counts as one.
    public internal(set) var physicalLineCount = 0
    /// Whether all strings and brackets are closed, and the indentation fits.
    public internal(set) var isWellFormed = true

    /// Scans `text`.
    public init(_ text: String) {
        var text = text
        self = text.withUTF8 { PythonScan($0) }
    }

    /// Scans UTF-8 text; bytes that are not UTF-8 do no harm.
    public init(_ bytes: UnsafeBufferPointer<UInt8>) {
        var scanner = PythonScanner(bytes)
        self = scanner.scan()
    }

    init() {}
}

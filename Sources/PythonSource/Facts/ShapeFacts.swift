// SPDX-License-Identifier: Apache-2.0

/// How a program is built: sizes, and how often what stands in it.
public struct ShapeFacts: Sendable, Hashable {
    public var isWellFormed = true
    public var characters = 0
    public var lines = 0
    public var statements = 0
    public var comments = 0
    public var tokens = 0
    public var longestStatement = 0
    /// Blocks inside blocks: the deepest, and the mean over statements.
    public var depth = 0
    public var meanDepth = 0.0
    public var functions = 0
    public var methods = 0
    public var nestedFunctions = 0
    public var classes = 0
    public var documentedFunctions = 0
    /// How often each of `counted` stands in the text, in its order.
    public var counts: [Int]
    /// Numbers of four or more digits, or with an exponent.
    public var largeNumbers = 0
    /// Words of three or more letters in docstrings and comments, in lower case.
    public var prose: Set<String> = []
    /// Every number of the text as it is written.
    public var numbers: Set<String> = []

    /// Keywords, names and marks that tell something of how a program works.
    public static let counted = [
        "if", "elif", "else", "for", "while", "try", "except", "return", "raise", "break", "continue", "pass", "yield",
        "lambda", "assert", "global", "nonlocal", "with", "and", "or", "not", "in", "is", "None", "True", "False",
        "import", "print", "input", "stdin", "split", "int", "map", "range", "len", "enumerate", "sorted", "sort",
        "min",
        "max", "sum", "set", "dict", "list", "append", "pop", "heapq", "bisect", "deque", "defaultdict", "Counter",
        "lru_cache", "cache", "math", "gcd", "itertools", "recursion", "%", "//", "/", "**", "<<", ">>", "&", "^", "<",
        "<=", "==", "!=", "+=", "[", "{", ":",
    ]

    private static let places = Dictionary(uniqueKeysWithValues: counted.enumerated().map { ($1, $0) })

    init(_ scan: PythonScan, _ blocks: PythonBlocks, _ outline: FunctionOutline, _ bytes: UnsafeBufferPointer<UInt8>) {
        counts = [Int](repeating: 0, count: Self.counted.count)
        isWellFormed = scan.isWellFormed
        characters = bytes.count
        lines = scan.physicalLineCount
        comments = scan.comments.count
        statements = blocks.statements.count
        var depths = 0
        for statement in blocks.statements {
            tokens += statement.words.count
            longestStatement = max(longestStatement, statement.words.count)
            depth = max(depth, statement.depth)
            depths += statement.depth
            if statement.head == "class", statement.isCompound { classes += 1 }
            for word in statement.words where word.kind != .string {
                if let place = Self.places[word.text] { counts[place] += 1 }
                guard word.kind == .number else { continue }
                numbers.insert(word.text)
                if word.text.utf8.count > 3 || word.text.contains("e") { largeNumbers += 1 }
            }
        }
        meanDepth = statements > 0 ? Double(depths) / Double(statements) : 0
        for function in outline.functions {
            functions += 1
            if function.isMethod { methods += 1 }
            if function.isNested { nestedFunctions += 1 }
            if function.docstring != nil { documentedFunctions += 1 }
        }
        addProse(scan, bytes)
    }

    private mutating func addProse(_ scan: PythonScan, _ bytes: UnsafeBufferPointer<UInt8>) {
        for range in scan.comments + scan.lines.filter(\.isText).map(\.code) {
            prose.formUnion(words(String(decoding: bytes[range], as: UTF8.self)))
        }
    }
}

/// The words of three or more ASCII letters in a text, in lower case; `camelCase` and `snake_case` fall apart.
func words(_ text: String) -> Set<String> {
    var found: Set<String> = []
    var word: [UInt8] = []
    func end() {
        if word.count >= 3 { found.insert(String(decoding: word, as: UTF8.self)) }
        word.removeAll(keepingCapacity: true)
    }
    var wasLower = false
    for byte in text.utf8 {
        let isLetter = byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7a
        let isUpper = isLetter && byte & 0x20 == 0
        if !isLetter || (isUpper && wasLower) { end() }
        if isLetter { word.append(byte | 0x20) }
        wasLower = isLetter && !isUpper
    }
    end()
    return found
}

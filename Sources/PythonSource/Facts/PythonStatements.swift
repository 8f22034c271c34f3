// SPDX-License-Identifier: Apache-2.0

/// A simple statement, or the header of a compound one. What follows a header on its line is statements of its own, one level deeper.
struct PythonStatement {
    /// How many blocks the statement is inside.
    var depth: Int
    var words: [Word]
    /// The keyword that says what the statement is (`async` left out), or an empty text for an expression or assignment.
    var head: String
    /// Whether a block belongs to it.
    var isCompound: Bool

    struct Word {
        var kind: PythonToken.Kind
        var text: String
        /// How many brackets it stands in; brackets themselves stand outside.
        var brackets: Int
    }
}

extension PythonStatement {
    /// Blocks that are deeper count as this deep, so that hostile text cannot exhaust the stack.
    private static let deepest = 200

    /// All statements of a program in order.
    static func all(_ scan: PythonScan, _ bytes: UnsafeBufferPointer<UInt8>) -> [PythonStatement] {
        let tokenizer = PythonTokenizer(bytes)
        var statements: [PythonStatement] = []
        /// The depths of the `match` blocks that are open.
        var matches: [Int] = []
        for line in scan.lines {
            var brackets = 0
            let words = tokenizer.tokens(in: line.code).map { token in
                let text = tokenizer.text(token.bytes)
                if token.kind == .mark, text == ")" || text == "]" || text == "}" { brackets = max(0, brackets - 1) }
                defer { if token.kind == .mark, text == "(" || text == "[" || text == "{" { brackets += 1 } }
                return Word(kind: token.kind, text: text, brackets: brackets)
            }
            let depth = min(line.depth, deepest)
            while let last = matches.last, last >= depth { matches.removeLast() }
            let isCase = matches.last == depth - 1 && words.first?.text == "case"
            add(words[...], depth: depth, opensBlock: line.opensBlock || isCase, to: &statements)
            if line.opensBlock, words.first?.text == "match" { matches.append(depth) }
        }
        return statements
    }

    private static func add(
        _ words: ArraySlice<Word>, depth: Int, opensBlock: Bool, to statements: inout [PythonStatement]
    ) {
        guard let first = words.first else { return }
        var head = first.text == "async" ? words.dropFirst().first?.text ?? "" : first.text
        let isCompound =
            compoundHeads.contains(head) && first.kind == .keyword
            || (opensBlock && (head == "match" || head == "case") && first.kind == .name)
        if !isCompound, !simpleHeads.contains(head) { head = "" }
        if isCompound, depth <= deepest, let colon = headerEnd(words) {
            statements.append(
                PythonStatement(depth: depth, words: Array(words[...colon]), head: head, isCompound: true))
            add(words[(colon + 1)...], depth: depth + 1, opensBlock: false, to: &statements)
            return
        }
        var rest = words
        while let end = rest.firstIndex(where: { $0.text == ";" && $0.brackets == 0 && $0.kind == .mark }) {
            let part = rest[..<end]
            if !part.isEmpty { add(part, depth: depth, opensBlock: false, to: &statements) }
            rest = rest[(end + 1)...]
        }
        guard !rest.isEmpty else { return }
        if rest.startIndex > words.startIndex {
            return add(rest, depth: depth, opensBlock: false, to: &statements)
        }
        statements.append(PythonStatement(depth: depth, words: Array(rest), head: head, isCompound: false))
    }

    /// The colon behind the header: the first outside brackets that belongs to no `lambda`.
    private static func headerEnd(_ words: ArraySlice<Word>) -> Int? {
        var lambdas = 0
        for (index, word) in zip(words.indices, words) where word.brackets == 0 {
            if word.kind == .keyword, word.text == "lambda" { lambdas += 1 }
            guard word.kind == .mark, word.text == ":" else { continue }
            if lambdas == 0 { return index }
            lambdas -= 1
        }
        return nil
    }

    private static let compoundHeads: Set<String> = [
        "if", "elif", "else", "for", "while", "try", "except", "finally", "with", "def", "class",
    ]
    private static let simpleHeads: Set<String> = [
        "return", "raise", "pass", "break", "continue", "import", "from", "global", "nonlocal", "del", "assert",
        "yield", "@",
    ]
}

/// The statements of a program as a tree: the block of each, by indices.
struct PythonBlocks {
    let statements: [PythonStatement]
    /// The statements directly in each one's block.
    private(set) var children: [[Int]]
    /// The statements of the module itself.
    private(set) var roots: [Int] = []

    init(_ statements: [PythonStatement]) {
        self.statements = statements
        children = [[Int]](repeating: [], count: statements.count)
        var open: [Int] = []
        for (index, statement) in statements.enumerated() {
            while let last = open.last, statements[last].depth >= statement.depth { open.removeLast() }
            if let parent = open.last { children[parent].append(index) } else { roots.append(index) }
            if statement.isCompound { open.append(index) }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0

/// How control goes through a program's functions, by its statements alone.
public struct FlowFacts: Sendable, Hashable {
    /// Statements behind `return`, `raise`, `break` or `continue` in the same block.
    public var unreachableStatements = 0
    /// Functions that return a value on one path and end without `return` on another.
    public var missingReturns = 0
    /// Functions whose body is nothing but `pass`, `...` or `raise NotImplementedError`, docstring aside.
    public var emptyFunctions = 0
    /// Loops inside loops of the same function: how deep.
    public var loopDepth = 0
    /// Statements of the longest function.
    public var longestFunction = 0

    init(_ blocks: PythonBlocks) {
        countUnreachable(blocks.roots, blocks)
        for (index, statement) in blocks.statements.enumerated() where statement.isCompound {
            countUnreachable(blocks.children[index], blocks)
            if statement.head == "def" { add(function: index, blocks) }
        }
        loopDepth = depth(of: blocks.roots, blocks)
    }

    private mutating func countUnreachable(_ block: [Int], _ blocks: PythonBlocks) {
        guard let end = block.firstIndex(where: { Self.jumps.contains(blocks.statements[$0].head) }) else { return }
        unreachableStatements += block.count - end - 1
    }

    private mutating func add(function index: Int, _ blocks: PythonBlocks) {
        let body = blocks.children[index]
        var own: [Int] = []
        collect(body, blocks, into: &own)
        longestFunction = max(longestFunction, own.count)
        let returnsValue = own.contains {
            blocks.statements[$0].head == "return" && blocks.statements[$0].words.count > 1
        }
        let isGenerator = own.contains {
            blocks.statements[$0].words.contains { $0.kind == .keyword && $0.text == "yield" }
        }
        // A prefix may end behind a header; then there is no body to judge.
        if returnsValue, !isGenerator, !body.isEmpty, Self.falls(body, blocks) { missingReturns += 1 }
        let code = body.filter { !blocks.statements[$0].words.allSatisfy { $0.kind == .string } }
        if code.count <= 1, code.allSatisfy({ Self.isEmpty(blocks.statements[$0]) }) { emptyFunctions += 1 }
    }

    private static func isEmpty(_ statement: PythonStatement) -> Bool {
        let words = statement.words.map(\.text)
        return words == ["pass"] || words == ["..."] || words.starts(with: ["raise", "NotImplementedError"])
    }

    /// The statements of a function, those of functions and classes inside left out.
    private func collect(_ block: [Int], _ blocks: PythonBlocks, into own: inout [Int]) {
        for index in block {
            own.append(index)
            let head = blocks.statements[index].head
            if head != "def", head != "class" { collect(blocks.children[index], blocks, into: &own) }
        }
    }

    private func depth(of block: [Int], _ blocks: PythonBlocks) -> Int {
        block.map { index in
            let inside = depth(of: blocks.children[index], blocks)
            let head = blocks.statements[index].head
            return head == "for" || head == "while" ? inside + 1 : inside
        }.max() ?? 0
    }

    private static let jumps: Set<String> = ["return", "raise", "break", "continue"]

    /// Whether control can come to the end of a block.
    private static func falls(_ block: [Int], _ blocks: PythonBlocks) -> Bool {
        var position = 0
        while position < block.count {
            // A statement with its branches: if, elif, else; try, except, else, finally.
            var end = position + 1
            while end < block.count, followers.contains(blocks.statements[block[end]].head) { end += 1 }
            if !falls(group: Array(block[position..<end]), blocks) { return false }
            position = end
        }
        return true
    }

    private static let followers: Set<String> = ["elif", "else", "except", "finally"]

    private static func falls(group: [Int], _ blocks: PythonBlocks) -> Bool {
        let first = blocks.statements[group[0]]
        func bodyFalls(_ index: Int) -> Bool { falls(blocks.children[index], blocks) }
        func member(_ head: String) -> Int? { group.dropFirst().first { blocks.statements[$0].head == head } }
        switch first.head {
        case "return", "raise", "continue", "break": return false
        case "if":
            guard member("else") != nil else { return true }
            return group.contains(where: bodyFalls)
        case "while":
            let isForever = first.words.count == 3 && ["True", "1"].contains(first.words[1].text)
            guard isForever else { return member("else").map(bodyFalls) ?? true }
            return containsBreak(blocks.children[group[0]], blocks)
        case "for":
            return member("else").map { bodyFalls($0) || containsBreak(blocks.children[group[0]], blocks) } ?? true
        case "with": return bodyFalls(group[0])
        case "try":
            if let finally = member("finally"), !bodyFalls(finally) { return false }
            let handlers = group.filter { blocks.statements[$0].head == "except" }
            let plain = member("else").map { bodyFalls(group[0]) && bodyFalls($0) } ?? bodyFalls(group[0])
            return plain || handlers.contains(where: bodyFalls)
        case "match":
            let cases = blocks.children[group[0]]
            let hasDefault = cases.contains {
                let words = blocks.statements[$0].words
                return words.count == 3 && words[1].kind == .name
            }
            return !hasDefault || cases.contains(where: bodyFalls)
        default: return true
        }
    }

    /// Whether a `break` leaves the loop that the block belongs to.
    private static func containsBreak(_ block: [Int], _ blocks: PythonBlocks) -> Bool {
        block.contains { index in
            switch blocks.statements[index].head {
            case "break": true
            case "for", "while", "def", "class": false
            default: containsBreak(blocks.children[index], blocks)
            }
        }
    }
}

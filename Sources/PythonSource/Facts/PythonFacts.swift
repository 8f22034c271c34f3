// SPDX-License-Identifier: Apache-2.0

/// Static facts of a program or of its beginning, by its text alone.
///
/// They need no Python and take time in proportion to the text. Any text is accepted; of one that is not well formed they are as good as its logical lines.
public struct PythonFacts: Sendable, Hashable {
    public var shape: ShapeFacts
    public var names: NameFacts
    public var flow: FlowFacts

    public init(_ program: String) {
        var program = program
        self = program.withUTF8 { bytes in
            let scan = PythonScan(bytes)
            let blocks = PythonBlocks(PythonStatement.all(scan, bytes))
            return PythonFacts(
                shape: ShapeFacts(scan, blocks, FunctionOutline(scan, in: bytes), bytes),
                names: NameFacts(NameScopes(blocks.statements)), flow: FlowFacts(blocks))
        }
    }

    init(shape: ShapeFacts, names: NameFacts, flow: FlowFacts) {
        self.shape = shape
        self.names = names
        self.flow = flow
    }

    /// The facts as numbers with their names, always the same ones in the same order. Counts are as they are, truth values 0 or 1.
    public var values: [(name: String, value: Double)] {
        var values: [(String, Double)] = [
            ("well formed", shape.isWellFormed ? 1 : 0), ("characters", Double(shape.characters)),
            ("lines", Double(shape.lines)), ("statements", Double(shape.statements)),
            ("comments", Double(shape.comments)), ("tokens", Double(shape.tokens)),
            ("longest statement", Double(shape.longestStatement)), ("depth", Double(shape.depth)),
            ("mean depth", shape.meanDepth), ("functions", Double(shape.functions)),
            ("methods", Double(shape.methods)), ("nested functions", Double(shape.nestedFunctions)),
            ("classes", Double(shape.classes)), ("documented functions", Double(shape.documentedFunctions)),
            ("large numbers", Double(shape.largeNumbers)),
            ("tokens per statement", share(shape.tokens, of: shape.statements)),
            ("documented share", share(shape.documentedFunctions, of: shape.functions)),
            ("undefined calls", Double(names.undefinedCalls)), ("undefined names", Double(names.undefinedNames)),
            ("unused parameters", Double(names.unusedParameters)),
            ("unused variables", Double(names.unusedVariables)), ("unused imports", Double(names.unusedImports)),
            ("arity mismatches", Double(names.arityMismatches)),
            ("redefined functions", Double(names.redefinedFunctions)),
            ("unmentioned functions", Double(names.unmentionedFunctions)),
            ("shadowed builtins", Double(names.shadowedBuiltins)),
            ("recursive functions", Double(names.recursiveFunctions)), ("top-down", names.isTopDown ? 1 : 0),
            ("identifiers", Double(names.identifiers.count)),
            ("unreachable statements", Double(flow.unreachableStatements)),
            ("missing returns", Double(flow.missingReturns)), ("empty functions", Double(flow.emptyFunctions)),
            ("loop depth", Double(flow.loopDepth)), ("longest function", Double(flow.longestFunction)),
        ]
        for (word, count) in zip(ShapeFacts.counted, shape.counts) { values.append(("'\(word)'", Double(count))) }
        return values
    }
}

/// How much of a program's words the problem statement has too.
public struct StatementOverlap: Sendable, Hashable {
    /// Of the words in identifiers, and in docstrings and comments, the share that the statement has.
    public var identifiers = 0.0
    public var prose = 0.0
    /// Of the statement's words, the share that the identifiers have.
    public var statementWords = 0.0
    /// Of the statement's numbers of two and more digits, the share that the code has.
    public var numbers = 0.0

    public init(_ facts: PythonFacts, statement: StatementWords) {
        var own: Set<String> = []
        for identifier in facts.names.identifiers { own.formUnion(words(identifier)) }
        let common = own.intersection(statement.words).count
        identifiers = share(common, of: own.count)
        statementWords = share(common, of: statement.words.count)
        prose = share(facts.shape.prose.intersection(statement.words).count, of: facts.shape.prose.count)
        numbers = share(facts.shape.numbers.intersection(statement.numbers).count, of: statement.numbers.count)
    }

    public var values: [(name: String, value: Double)] {
        [
            ("identifiers in the statement", identifiers), ("prose in the statement", prose),
            ("statement's words in identifiers", statementWords), ("statement's numbers in the code", numbers),
        ]
    }
}

/// The words and numbers of a problem statement.
public struct StatementWords: Sendable, Hashable {
    var words: Set<String>
    var numbers: Set<String>

    public init(_ statement: String) {
        words = PythonSource.words(statement)
        numbers = []
        for part in statement.split(whereSeparator: { !$0.isASCII || !$0.isNumber }) where part.utf8.count > 1 {
            numbers.insert(String(part))
        }
    }
}

private func share(_ part: Int, of whole: Int) -> Double { whole > 0 ? Double(part) / Double(whole) : 0 }

// SPDX-License-Identifier: Apache-2.0

/// What a program's names are bound to and where they are read, by Python's scopes: module, class, function.
///
/// Comprehensions and lambdas count as part of the function around them.
struct NameScopes {
    enum Kind { case module, classBody, function }

    /// How a name came into its scope.
    enum Binding { case assignment, parameter, definition, importing, other }

    struct Scope {
        var kind: Kind
        var parent: Int?
        var bindings: [String: Binding] = [:]
        /// Names of this scope that something reads.
        var read: Set<String> = []
        /// The function's place among `functions`.
        var function: Int?
    }

    struct Load {
        var name: String
        var scope: Int
        var isCalled: Bool
    }

    struct Function {
        var name: String
        var scope: Int
        var isMethod: Bool
        var isDecorated: Bool
        var parameters = PythonParameters()
    }

    struct Call {
        var name: String
        /// Whether it is called as `self.name` or `cls.name`.
        var isOnSelf: Bool
        var arguments: PythonArguments
        /// The innermost function around it.
        var function: Int?
        var scope: Int
    }

    private(set) var scopes = [Scope(kind: .module, parent: nil)]
    private(set) var functions: [Function] = []
    private(set) var calls: [Call] = []
    private(set) var loads: [Load] = []
    /// Every identifier of the text, attributes included.
    private(set) var identifiers: Set<String> = []
    private(set) var redefinedFunctions = 0
    private(set) var importsEverything = false

    init(_ statements: [PythonStatement]) {
        var open: [(depth: Int, scope: Int)] = []
        var isDecorated = false
        for statement in statements {
            while let last = open.last, last.depth >= statement.depth { open.removeLast() }
            let scope = open.last?.scope ?? 0
            add(statement, in: scope, isDecorated: isDecorated)
            isDecorated = statement.head == "@"
            if statement.head == "def" || statement.head == "class", statement.isCompound {
                open.append((statement.depth, scopes.count - 1))
            }
        }
        resolve()
    }

    // MARK: Statements

    private mutating func add(_ statement: PythonStatement, in scope: Int, isDecorated: Bool) {
        let words = statement.words[...]
        for word in words where word.kind == .name { identifiers.insert(word.text) }
        switch statement.head {
        case "def": addFunction(words, in: scope, isDecorated: isDecorated)
        case "class":
            if let name = words.dropFirst().first, name.kind == .name { bind(name.text, .definition, scope) }
            read(words.dropFirst(2), in: scope)
            scopes.append(Scope(kind: .classBody, parent: scope))
        case "import", "from": addImport(statement, in: scope)
        case "global", "nonlocal":
            for word in words.dropFirst() where word.kind == .name {
                bind(word.text, .other, scope)
                if statement.head == "global" { bind(word.text, .other, 0) }
                // Whoever reads it may be on either side.
                var outer = scopes[scope].parent
                while let index = outer {
                    scopes[index].read.insert(word.text)
                    outer = scopes[index].parent
                }
            }
        case "for":
            let start = words.firstIndex { $0.text == "for" } ?? 0
            let end = words.firstIndex { $0.kind == .keyword && $0.text == "in" && $0.brackets == 0 } ?? words.endIndex
            if start + 1 <= end { assign(words[(start + 1)..<end], .other, scope) }
            read(words[end...], in: scope)
        case "with", "except":
            addWithTargets(words, in: scope)
        case "case" where statement.isCompound:
            for word in words.dropFirst() where word.kind == .name { bind(word.text, .other, scope) }
        case "match" where statement.isCompound: read(words.dropFirst(), in: scope)
        case "":
            addExpressionOrAssignment(words, in: scope)
        default: read(words, in: scope)
        }
    }

    private mutating func addFunction(_ words: ArraySlice<PythonStatement.Word>, in scope: Int, isDecorated: Bool) {
        guard let start = words.firstIndex(where: { $0.text == "def" }) else { return }
        let name = start + 1 < words.endIndex ? words[start + 1].text : ""
        if scopes[scope].bindings[name] == .definition, !isDecorated { redefinedFunctions += 1 }
        bind(name, .definition, scope)
        let parameters = PythonParameters(words[min(start + 2, words.endIndex)...])
        for range in parameters.expressions { read(words[range], in: scope) }
        var inner = Scope(kind: .function, parent: scope, function: functions.count)
        for parameter in parameters.names { inner.bindings[parameter] = .parameter }
        functions.append(
            Function(
                name: name, scope: scopes.count, isMethod: scopes[scope].kind == .classBody, isDecorated: isDecorated,
                parameters: parameters))
        scopes.append(inner)
    }

    private mutating func addImport(_ statement: PythonStatement, in scope: Int) {
        let words = statement.words
        let start = statement.head == "from" ? (words.firstIndex { $0.text == "import" } ?? words.count - 1) + 1 : 1
        var last: String?
        var isAlias = false
        for word in words[min(start, words.count)...] {
            switch (word.kind, word.text) {
            case (.mark, "*"): importsEverything = true
            case (.mark, ","):
                if let last { bind(last, .importing, scope) }
                last = nil
                isAlias = false
            case (.keyword, "as"): isAlias = true
            case (.name, let name):
                // `import a.b` binds `a`.
                if last == nil || isAlias { last = name }
            default: break
            }
        }
        if let last { bind(last, .importing, scope) }
    }

    private mutating func addWithTargets(_ words: ArraySlice<PythonStatement.Word>, in scope: Int) {
        var start = words.startIndex
        while let alias = words[start...].firstIndex(where: { $0.kind == .keyword && $0.text == "as" }) {
            read(words[start..<alias], in: scope)
            let level = words[alias].brackets
            let end =
                words[(alias + 1)...].firstIndex {
                    $0.brackets <= level && $0.kind == .mark && [",", ":", ")"].contains($0.text)
                } ?? words.endIndex
            assign(words[(alias + 1)..<end], .other, scope)
            start = end
        }
        read(words[start...], in: scope)
    }

    private mutating func addExpressionOrAssignment(_ words: ArraySlice<PythonStatement.Word>, in scope: Int) {
        var start = words.startIndex
        while let end = words[start...].firstIndex(where: {
            $0.kind == .mark && $0.brackets == 0 && ($0.text == "=" || Self.updates.contains($0.text))
        }) {
            var target = words[start..<end]
            // An annotation is read, not bound.
            if let colon = target.firstIndex(where: { $0.kind == .mark && $0.text == ":" && $0.brackets == 0 }) {
                read(target[(colon + 1)...], in: scope)
                target = target[..<colon]
            }
            assign(target, .assignment, scope)
            start = end + 1
        }
        let rest = words[start...]
        if start == words.startIndex, rest.count > 1, rest[start].kind == .name,
            let colon = rest.firstIndex(where: { $0.kind == .mark && $0.text == ":" && $0.brackets == 0 }),
            colon == start + 1
        {
            bind(rest[start].text, .other, scope)
            return read(rest[(colon + 1)...], in: scope)
        }
        read(rest, in: scope)
    }

    private static let updates: Set<String> = [
        "+=", "-=", "*=", "/=", "//=", "%=", "**=", ">>=", "<<=", "&=", "|=", "^=", "@=",
    ]

    // MARK: Expressions

    private mutating func bind(_ name: String, _ binding: Binding, _ scope: Int) {
        let known = scopes[scope].bindings[name]
        if known == nil || binding == .definition || (known == .assignment && binding == .other) {
            scopes[scope].bindings[name] = binding
        }
    }

    /// Names in `a, (b, *c)` are bound; those of `a.x` and `a[i]` are read.
    private mutating func assign(_ words: ArraySlice<PythonStatement.Word>, _ binding: Binding, _ scope: Int) {
        var index = words.startIndex
        var subscripts = 0
        var openers: [Bool] = []
        while index < words.endIndex {
            let word = words[index]
            let next = index + 1 < words.endIndex ? words[index + 1].text : ""
            let previous = index > words.startIndex ? words[index - 1] : nil
            switch (word.kind, word.text) {
            case (.mark, "["), (.mark, "("):
                let follows = previous.map { $0.kind == .name || $0.text == "]" || $0.text == ")" } ?? false
                openers.append(follows)
                if follows { subscripts += 1 }
            case (.mark, "]"), (.mark, ")"):
                if openers.popLast() == true { subscripts -= 1 }
            case (.name, let name):
                if previous?.text == "." { break }
                if subscripts > 0 || next == "." || next == "[" || next == "(" {
                    read(words[index...index], in: scope)
                } else {
                    bind(name, binding, scope)
                }
            default: break
            }
            index += 1
        }
    }

    private mutating func read(_ words: ArraySlice<PythonStatement.Word>, in scope: Int) {
        var index = words.startIndex
        while index < words.endIndex {
            let word = words[index]
            let previous = index > words.startIndex ? words[index - 1] : nil
            let next = index + 1 < words.endIndex ? words[index + 1] : nil
            switch word.kind {
            case .name:
                let isOnSelf =
                    previous?.text == "." && index - 2 >= words.startIndex
                    && ["self", "cls"].contains(words[index - 2].text)
                    && (index - 3 < words.startIndex || words[index - 3].text != ".")
                if next?.text == "(", previous?.text != "." || isOnSelf {
                    calls.append(
                        Call(
                            name: word.text, isOnSelf: isOnSelf,
                            arguments: PythonArguments(words[(index + 1)...]), function: function(around: scope),
                            scope: scope))
                }
                if previous?.text == "." { break }
                if next?.text == ":=" {
                    bind(word.text, .other, scope)
                } else if next?.text == "=", word.brackets > 0 {
                    // A keyword argument.
                    break
                } else {
                    loads.append(Load(name: word.text, scope: scope, isCalled: next?.text == "("))
                }
            case .keyword where word.text == "lambda":
                let end =
                    words[index...].firstIndex { $0.kind == .mark && $0.text == ":" && $0.brackets == word.brackets }
                    ?? words.endIndex
                let parameters = PythonParameters(words[(index + 1)..<end], level: word.brackets)
                for name in parameters.names { bind(name, .other, scope) }
                for range in parameters.expressions { read(words[range], in: scope) }
                index = end
            case .keyword where word.text == "for":
                // A comprehension's.
                let end =
                    words[index...].firstIndex {
                        $0.kind == .keyword && $0.text == "in" && $0.brackets == word.brackets
                    } ?? words.endIndex
                assign(words[(index + 1)..<max(index + 1, end)], .other, scope)
                index = max(index, end - 1)
            case .string:
                for name in formattedNames(word.text) {
                    identifiers.insert(name)
                    markRead(name, from: scope)
                    pending.append((name, scope))
                }
            default: break
            }
            index += 1
        }
    }

    /// Names in f-strings; bindings may come later, so they are looked up at the end.
    private var pending: [(name: String, scope: Int)] = []

    private func function(around scope: Int) -> Int? {
        var current: Int? = scope
        while let index = current {
            if let function = scopes[index].function { return function }
            current = scopes[index].parent
        }
        return nil
    }

    // MARK: Resolution

    private mutating func resolve() {
        for (name, scope) in pending { markRead(name, from: scope) }
        pending = []
        loads = loads.filter { !markRead($0.name, from: $0.scope) && !PythonWords.builtins.contains($0.name) }
    }

    /// Whether the name is bound in a scope that can be seen from `scope`.
    @discardableResult
    private mutating func markRead(_ name: String, from scope: Int) -> Bool {
        guard let found = self.scope(of: name, from: scope) else { return false }
        scopes[found].read.insert(name)
        return true
    }

    /// The scope that a name read in `scope` belongs to; class bodies are seen only from themselves.
    func scope(of name: String, from scope: Int) -> Int? {
        var current: Int? = scope
        while let index = current {
            if index == scope || scopes[index].kind != .classBody, scopes[index].bindings[name] != nil { return index }
            current = scopes[index].parent
        }
        return nil
    }
}

/// The names read in the braces of an f-string; none of a plain one.
private func formattedNames(_ string: String) -> [String] {
    let bytes = Array(string.utf8)
    guard let quote = bytes.firstIndex(where: { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "'") }),
        bytes[..<quote].contains(where: { $0 | 0x20 == UInt8(ascii: "f") })
    else { return [] }
    var names: [String] = []
    var index = quote
    var braces = 0
    while index < bytes.count {
        let byte = bytes[index]
        if byte == UInt8(ascii: "{") {
            if braces == 0, index + 1 < bytes.count, bytes[index + 1] == byte { index += 1 } else { braces += 1 }
        } else if byte == UInt8(ascii: "}") {
            braces = max(0, braces - 1)
        } else if braces > 0, byte == UInt8(ascii: "_") || byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7a {
            let start = index
            while index < bytes.count,
                bytes[index] == UInt8(ascii: "_") || bytes[index] >= 0x30 && bytes[index] <= 0x39
                    || bytes[index] | 0x20 >= 0x61 && bytes[index] | 0x20 <= 0x7a
            { index += 1 }
            let name = String(decoding: bytes[start..<index], as: UTF8.self)
            if bytes[start - 1] != UInt8(ascii: "."), !PythonWords.keywords.contains(name) { names.append(name) }
            continue
        }
        index += 1
    }
    return names
}

// SPDX-License-Identifier: Apache-2.0

/// What a program's beginning defines and its rest defines again.
public enum Redefinitions {
    /// The functions, methods and classes that stand in the first `prefixLength` bytes and once more behind them, as `name` or `Class.name`.
    ///
    /// In Python the later definition wins. Functions inside functions are local and do not count, nor do decorated ones: overloads and a property's
    /// setter are meant to share a name. Sorted, each name once.
    public static func names(in program: String, after prefixLength: Int) -> [String] {
        let prefix = definitions(in: String(decoding: program.utf8.prefix(prefixLength), as: UTF8.self))
        let later = definitions(in: program).dropFirst(prefix.count)
        return Set(prefix).intersection(later).sorted()
    }

    private static func definitions(in text: String) -> [String] {
        var text = text
        let statements = text.withUTF8 { PythonStatement.all(PythonScan($0), $0) }
        var names: [String] = []
        var open: [(depth: Int, name: String, isFunction: Bool)] = []
        var isDecorated = false
        for statement in statements {
            while let last = open.last, last.depth >= statement.depth { open.removeLast() }
            defer { isDecorated = statement.head == "@" }
            guard statement.isCompound, statement.head == "def" || statement.head == "class",
                let keyword = statement.words.firstIndex(where: { $0.text == statement.head }),
                keyword + 1 < statement.words.count
            else { continue }
            let name = statement.words[keyword + 1].text
            if !isDecorated, !open.contains(where: \.isFunction) {
                names.append((open.map(\.name) + [name]).joined(separator: "."))
            }
            open.append((statement.depth, name, statement.head == "def"))
        }
        return names
    }
}

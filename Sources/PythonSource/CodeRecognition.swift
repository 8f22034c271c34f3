// SPDX-License-Identifier: Apache-2.0

/// Tells programs from prose, for answers without a fence.
public enum CodeRecognition {
    /// Whether a text reads as Python statements rather than sentences: nowhere do two names or numbers stand side by side without anything between them.
    ///
    /// Text that is cut off, or begins inside a block, is code too. A text of comments and blanks alone is none.
    public static func isCode(_ text: String) -> Bool {
        var text = text
        let statements = text.withUTF8 { PythonStatement.all(PythonScan($0), $0) }
        return !statements.isEmpty && statements.allSatisfy(isCode)
    }

    private static func isCode(_ statement: PythonStatement) -> Bool {
        var words = statement.words[...]
        // `match x:`, `case Point(x):` and `type X = …` begin with a word that is a name elsewhere.
        if let first = words.first, first.kind == .name, ["match", "case", "type"].contains(first.text) {
            words = words.dropFirst()
        }
        return zip(words, words.dropFirst()).allSatisfy { word, next in
            !isOperand(word) || !isOperand(next) || (word.kind == .string && next.kind == .string)
        }
    }

    private static func isOperand(_ word: PythonStatement.Word) -> Bool {
        word.kind == .name || word.kind == .number || word.kind == .string
    }
}

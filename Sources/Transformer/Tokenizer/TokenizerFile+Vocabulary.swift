// SPDX-License-Identifier: Apache-2.0
import JSONReading

extension TokenizerFile {
    /// No known vocabulary comes near; a larger id in a damaged file would fill the memory.
    static let mostTokens = 1 << 22

    /// The tokens, and those that their text alone can find.
    struct Entries {
        var tokens: Vocabulary
        var written: [[UInt8]: Int] = [:]
    }

    static func readVocabulary(_ field: JSONField) throws(TransformerError) -> Entries {
        guard field.value.kind == .object else { throw field.wrongKind(.object) }
        var entries = Entries(tokens: Vocabulary(minimumCapacity: field.value.bytes.count / 24))
        var bytes: [UInt8] = []
        try field.members { key, value throws(TransformerError) in
            func name() -> String { "the token \(key.json)" }
            guard let id = value.integer else { throw field.error("gives \(name()) \(value.json), which is not an id") }
            try checkID(id, of: name(), field)
            guard let isFindable = append(key, to: &bytes) else {
                throw field.error("has \(name()), which is not text")
            }
            guard !entries.tokens.contains(id) else {
                throw field.error("gives \(name()) the id \(id) of another token")
            }
            let known = isFindable ? entries.tokens.id(of: bytes) : entries.written[bytes]
            guard known == nil else { throw field.error("has \(name()) twice") }
            entries.tokens.insert(bytes, id: id, isFindable: isFindable)
            if !isFindable { entries.written[bytes] = id }
        }
        return entries
    }

    static func readMerges(_ field: JSONField, _ vocabulary: Vocabulary) throws(TransformerError) -> MergeTable {
        guard let merges = field.value.elements else { throw field.wrongKind(.array) }
        var table = MergeTable(capacity: merges.count)
        var left: [UInt8] = []
        var right: [UInt8] = []
        var rank = 0
        for (index, merge) in merges.enumerated() {
            // The first line of old files.
            if let body = merge.stringBody, body.starts(with: "#version".utf8) { continue }
            func error(_ what: String) -> TransformerError {
                field.element(index, merge).error("is \(merge.json), \(what)")
            }
            guard split(merge, &left, &right) else {
                throw error("but should be two tokens, such as \"a b\" or [\"a\", \"b\"]")
            }
            guard let first = vocabulary.id(of: left), let second = vocabulary.id(of: right) else {
                throw error("of which a part is not in the vocabulary")
            }
            guard let token = vocabulary.id(of: left + right) else {
                throw error("which together is not in the vocabulary")
            }
            table.insert(UInt32(first), UInt32(second), rank: rank, token: UInt32(token))
            rank += 1
        }
        return table
    }

    /// Reads `"a b"` or `["a", "b"]`. Returns whether it is one of them.
    private static func split(_ merge: JSONValue, _ left: inout [UInt8], _ right: inout [UInt8]) -> Bool {
        if let pair = merge.elements {
            return pair.count == 2 && append(pair[0], to: &left) != nil && append(pair[1], to: &right) != nil
        }
        guard let text = merge.string.map({ Array($0.utf8) }), let space = text.firstIndex(of: 0x20),
            !text[(space + 1)...].contains(0x20)
        else { return false }
        append(text[..<space], to: &left)
        append(text[(space + 1)...], to: &right)
        return true
    }

    /// Reads the added tokens and enters them into the vocabulary.
    static func readAddedTokens(_ root: JSONField, _ entries: inout Entries) throws(TransformerError) -> [AddedToken] {
        guard let field = try root.optional("added_tokens") else { return [] }
        var tokens: [AddedToken] = []
        var contents: Set<[UInt8]> = []
        for token in try field.elements() {
            let content = Array(try token.required("content").text().utf8)
            let idField = try token.required("id")
            guard let id = idField.value.integer else { throw idField.wrongKind(.number) }
            try checkID(id, of: "a token", idField)
            guard !content.isEmpty, contents.insert(content).inserted else {
                throw try token.required("content").error("is empty or that of another added token")
            }
            for name in ["single_word", "lstrip", "rstrip"] { try token.require(name, false) }
            tokens.append(
                AddedToken(
                    id: id, content: content, isSpecial: try token.required("special").boolean(),
                    isNormalized: try token.required("normalized").boolean()))
            try enter(id, content, &entries, idField)
        }
        return tokens
    }

    private static func enter(
        _ id: Int, _ content: [UInt8], _ entries: inout Entries, _ field: JSONField
    ) throws(TransformerError) {
        var bytes: [UInt8] = []
        let isFindable = append(content[...], to: &bytes)
        if let known = isFindable ? entries.tokens.id(of: bytes) : entries.written[bytes] {
            guard known == id else {
                throw field.error("is \(id), but the vocabulary gives this token the id \(known)")
            }
        } else {
            guard !entries.tokens.contains(id) else { throw field.error("is \(id), which another token has") }
            // Not findable: merges know nothing of added tokens.
            entries.tokens.insert(bytes, id: id, isFindable: false)
        }
        entries.written[content] = id
    }

    private static func checkID(
        _ id: Int, of name: @autoclosure () -> String, _ field: JSONField
    ) throws(TransformerError) {
        guard id >= 0, id < mostTokens else {
            throw field.error("gives \(name()) the id \(id); ids are at least 0 and less than \(mostTokens)")
        }
    }

    /// Sets `bytes` to what a JSON string stands for in the alphabet of bytes, or to its UTF-8 if it is not written in that.
    ///
    /// - Returns: Whether it is; nil for a value that is not text.
    private static func append(_ value: JSONValue, to bytes: inout [UInt8]) -> Bool? {
        bytes.removeAll(keepingCapacity: true)
        guard let body = value.stringBody else { return nil }
        if !body.contains(0x5c) { return ByteAlphabet.append(body, to: &bytes) }
        guard let text = value.string else { return nil }
        return append(Array(text.utf8)[...], to: &bytes)
    }

    @discardableResult
    private static func append(_ text: ArraySlice<UInt8>, to bytes: inout [UInt8]) -> Bool {
        bytes.removeAll(keepingCapacity: true)
        return text.withUnsafeBytes { ByteAlphabet.append($0, to: &bytes) }
    }
}

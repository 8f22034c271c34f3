// SPDX-License-Identifier: Apache-2.0
import Foundation
import JSONReading

/// Reads a `tokenizer.json`.
enum TokenizerFile {
    /// - Throws: `TransformerError` naming file and field.
    static func read(_ file: URL) throws(TransformerError) -> Tokenizer.Parts {
        try JSONField.read(file) { root throws(TransformerError) in
            let composes = try composes(root)
            let pattern = try splitPattern(root.required("pre_tokenizer"))
            try checkSurroundings(root)
            let model = try root.required("model")
            try checkModel(model)
            var vocabulary = try readVocabulary(model.required("vocab"))
            let encoder = BytePairEncoder(
                byteTokens: try byteTokens(vocabulary.tokens, model),
                merges: try readMerges(model.required("merges"), vocabulary.tokens))
            let added = try readAddedTokens(root, &vocabulary)
            return Tokenizer.Parts(
                vocabulary: vocabulary.tokens, written: vocabulary.written,
                special: Set(added.lazy.filter(\.isSpecial).map(\.id)),
                verbatim: AddedTokenMatcher(added.filter { !$0.isNormalized }),
                normalized: try normalizedMatcher(added, composes, root), composes: composes, pattern: pattern,
                encoder: encoder)
        }
    }

    private static func composes(_ root: JSONField) throws(TransformerError) -> Bool {
        guard let normalizer = try root.optional("normalizer") else { return false }
        let type = try normalizer.required("type")
        guard try type.text() == "NFC" else { throw type.unsupported("only 'NFC' or no normaliser") }
        return true
    }

    /// Qwen2.5's pipeline: a sequence of a split by a regular expression and the alphabet of bytes.
    private static func splitPattern(_ field: JSONField) throws(TransformerError) -> SplitPattern {
        let type = try field.required("type")
        guard try type.text() == "Sequence" else { throw type.unsupported("only a 'Sequence' of 'Split', 'ByteLevel'") }
        let steps = try field.required("pretokenizers").elements()
        guard steps.count == 2 else {
            throw try field.required("pretokenizers").error(
                "has \(steps.count) steps; it should have 2: Split, ByteLevel")
        }
        let split = steps[0]
        try split.require("type", "Split")
        try split.require("behavior", "Isolated")
        try split.require("invert", false)
        let bytes = steps[1]
        try bytes.require("type", "ByteLevel")
        try bytes.require("add_prefix_space", false)
        try bytes.require("use_regex", false)
        let expression = try split.required("pattern").required("Regex")
        guard let pattern = SplitPattern(try expression.text()) else {
            throw expression.unsupported("only the split patterns of Qwen2.5 and of Llama 3")
        }
        return pattern
    }

    /// What stands behind the model must leave ids alone and turn them back into bytes.
    private static func checkSurroundings(_ root: JSONField) throws(TransformerError) {
        if let processor = try root.optional("post_processor") { try processor.require("type", "ByteLevel") }
        try root.required("decoder").require("type", "ByteLevel")
    }

    /// `unk_token`, `fuse_unk` and `byte_fallback` do not matter: every byte has a token.
    private static func checkModel(_ model: JSONField) throws(TransformerError) {
        try model.require("type", "BPE")
        if let dropout = try model.optional("dropout"), dropout.value.number != 0 {
            throw dropout.unsupported("only null")
        }
        for name in ["continuing_subword_prefix", "end_of_word_suffix"] {
            if let affix = try model.optional(name), try !affix.text().isEmpty { throw affix.unsupported("only null") }
        }
        if let ignores = try model.optional("ignore_merges"), try ignores.boolean() {
            throw ignores.unsupported("only false")
        }
    }

    private static func byteTokens(
        _ vocabulary: Vocabulary, _ model: JSONField
    ) throws(TransformerError) -> [UInt32] {
        var tokens: [UInt32] = []
        for byte in UInt8.min...UInt8.max {
            guard let id = vocabulary.id(of: [byte]) else {
                let digits = String(byte, radix: 16)
                throw try model.required("vocab").error("has no token for the byte 0x\(digits); every byte needs one")
            }
            tokens.append(UInt32(id))
        }
        return tokens
    }

    private static func normalizedMatcher(
        _ added: [AddedToken], _ composes: Bool, _ root: JSONField
    ) throws(TransformerError) -> AddedTokenMatcher {
        var tokens = added.filter(\.isNormalized)
        for index in tokens.indices where composes {
            let composed = tokens[index].content.withUnsafeBufferPointer { CanonicalComposition.compose($0) }
            if let composed { tokens[index].content = composed }
        }
        guard Set(tokens.map(\.content)).count == tokens.count else {
            throw try root.required("added_tokens").error("has two tokens that are the same once they are normalised")
        }
        return AddedTokenMatcher(tokens)
    }
}

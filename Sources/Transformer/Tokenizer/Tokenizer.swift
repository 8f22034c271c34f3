// SPDX-License-Identifier: Apache-2.0
public import Foundation

/// A byte-level byte-pair tokenizer such as Qwen2.5's, read from the `tokenizer.json` of a Hugging Face model.
///
/// It gives the ids that the `tokenizers` library gives. Any text has ids, since every byte has a token.
public struct Tokenizer: Sendable {
    /// The parts that a file describes.
    struct Parts: Sendable {
        /// All tokens, added ones included.
        var vocabulary: Vocabulary
        /// Added tokens, and entries of the vocabulary that are not written in the alphabet of bytes, by their text.
        var written: [[UInt8]: Int]
        var special: Set<Int>
        /// Added tokens that are looked for in the text as it is given.
        var verbatim: AddedTokenMatcher
        /// Added tokens that are looked for in normalised text.
        var normalized: AddedTokenMatcher
        /// Whether text is brought into Unicode's form C.
        var composes: Bool
        var pattern: SplitPattern
        var encoder: BytePairEncoder
    }

    let parts: Parts
    private let caches = PieceCachePool()

    /// Reads a `tokenizer.json`: a BPE model with merges as `"a b"` or `["a", "b"]`, with NFC or no normaliser, the split pattern of Qwen2.5 or
    /// Llama 3, and byte-level pieces. What the file says about truncation and padding does not matter here.
    ///
    /// - Throws: `TransformerError`, which names the file and the field, for a file that cannot be read, that contradicts itself, or that asks for
    ///   something else.
    public init(file: URL) throws(TransformerError) {
        parts = try TokenizerFile.read(file)
    }

    /// The largest id and 1. A model may have more rows than that.
    public var count: Int { parts.vocabulary.count }

    /// The ids of a text.
    ///
    /// - Parameter specialTokens: If false, text such as `<|im_end|>` is encoded like any other text and never gives the id of a control token; use
    ///   this for text that is not trusted. Added tokens that are not special are recognised all the same, as in the reference library.
    ///   (A special token that merges of the vocabulary make too, such as a single byte, can still come from its text.)
    public func encode(_ text: String, specialTokens: Bool = true) -> [Int] {
        let text = Array(text.utf8)
        return caches.withCache { cache in
            var run = EncodingRun(parts: parts)
            text.withUnsafeBufferPointer { run.encode($0, specialTokens: specialTokens, cache: &cache) }
            return run.ids
        }
    }

    /// The text of ids. Bytes that are not UTF-8 become U+FFFD; ids that no token has are passed over.
    public func decode(_ ids: some Sequence<Int>, skipsSpecialTokens: Bool = false) -> String {
        var bytes: [UInt8] = []
        for id in ids where !(skipsSpecialTokens && parts.special.contains(id)) {
            if let token = parts.vocabulary.bytes(of: id) { bytes += token }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The token whose text is exactly `token`: an added token, or an entry of the vocabulary, with a space for a space. Nil if there is none.
    public func id(of token: String) -> Int? {
        let bytes = Array(token.utf8)
        return parts.written[bytes] ?? parts.vocabulary.id(of: bytes)
    }

    /// The bytes that a token stands for, which may be part of a character; nil for an id that no token has.
    public func bytes(of id: Int) -> [UInt8]? { parts.vocabulary.bytes(of: id).map { Array($0) } }

    /// Whether an id is that of a control token.
    public func isSpecial(_ id: Int) -> Bool { parts.special.contains(id) }
}

/// The encoding of one text.
private struct EncodingRun {
    let parts: Tokenizer.Parts
    var ids: [Int] = []
    private var room = BytePairEncoder.Room()

    init(parts: Tokenizer.Parts) { self.parts = parts }

    mutating func encode(_ text: UnsafeBufferPointer<UInt8>, specialTokens: Bool, cache: inout PieceCache) {
        ids.reserveCapacity(text.count / 3 + 4)
        for segment in parts.verbatim.segments(of: text, specialTokens: specialTokens) {
            if let token = segment.token {
                ids.append(token)
                continue
            }
            let plain = UnsafeBufferPointer(rebasing: text[segment.range])
            if parts.composes, let composed = CanonicalComposition.compose(plain) {
                composed.withUnsafeBufferPointer {
                    encodeNormalized($0, specialTokens: specialTokens, cache: &cache)
                }
            } else {
                encodeNormalized(plain, specialTokens: specialTokens, cache: &cache)
            }
        }
    }

    private mutating func encodeNormalized(
        _ text: UnsafeBufferPointer<UInt8>, specialTokens: Bool, cache: inout PieceCache
    ) {
        for segment in parts.normalized.segments(of: text, specialTokens: specialTokens) {
            if let token = segment.token {
                ids.append(token)
                continue
            }
            var scanner = PieceScanner(text, segment.range, parts.pattern)
            while let piece = scanner.next() {
                encodePiece(UnsafeBufferPointer(rebasing: text[piece]), cache: &cache)
            }
        }
    }

    private mutating func encodePiece(_ piece: UnsafeBufferPointer<UInt8>, cache: inout PieceCache) {
        guard piece.count <= PieceCache.longestPiece else {
            parts.encoder.encode(piece, room: &room)
            for token in room.tokens { ids.append(Int(token)) }
            return
        }
        let key = PieceCache.Key(piece)
        if let tokens = cache.tokens(of: key) {
            for index in 0..<PieceCache.mostTokens where tokens[index] != .max { ids.append(Int(tokens[index])) }
            return
        }
        parts.encoder.encode(piece, room: &room)
        for token in room.tokens { ids.append(Int(token)) }
        if room.tokens.count <= PieceCache.mostTokens { cache.insert(room.tokens, for: key) }
    }
}

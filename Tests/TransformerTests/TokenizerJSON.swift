// SPDX-License-Identifier: Apache-2.0
import Foundation
@testable import Transformer

/// A small `tokenizer.json`: ids 0 to 255 are the bytes, then come "he", "ll", "hell", "hello" and "aa", "aaaa"; four added tokens from 300 on.
struct TokenizerJSON {
    static let pattern =
        #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#

    var vocabulary: [String: Any]
    var merges: [Any] = [["h", "e"], ["l", "l"], ["he", "ll"], ["hell", "o"], ["a", "a"], ["aa", "aa"]]
    var added: [[String: Any]] = [
        Self.added(300, "<|im_start|>", special: true), Self.added(301, "<|im_end|>", special: true),
        Self.added(302, "<tool>", special: false), Self.added(303, "<tool>s", special: false),
    ]
    /// Fields of the whole file, and of its parts, that replace the usual ones.
    var root: [String: Any] = [:]
    var model: [String: Any] = [:]
    var split: [String: Any] = [:]
    var byteLevel: [String: Any] = [:]

    init() {
        vocabulary = ["he": 256, "ll": 257, "hell": 258, "hello": 259, "aa": 260, "aaaa": 261]
        var next: UInt32 = 0x100
        for byte in 0...255 {
            let isPrintable = (0x21...0x7e).contains(byte) || (0xa1...0xff).contains(byte) && byte != 0xad
            let code = isPrintable ? UInt32(byte) : next
            if !isPrintable { next += 1 }
            if let scalar = Unicode.Scalar(code) { vocabulary[String(scalar)] = byte }
        }
    }

    static func added(_ id: Int, _ content: String, special: Bool, normalized: Bool = false) -> [String: Any] {
        [
            "id": id, "content": content, "special": special, "normalized": normalized, "single_word": false,
            "lstrip": false, "rstrip": false,
        ]
    }

    func data() throws -> Data {
        let splitStep: [String: Any] = [
            "type": "Split", "pattern": ["Regex": Self.pattern], "behavior": "Isolated", "invert": false,
        ]
        let byteStep: [String: Any] = ["type": "ByteLevel", "add_prefix_space": false, "use_regex": false]
        let steps = [splitStep.merging(split) { $1 }, byteStep.merging(byteLevel) { $1 }]
        let bpe: [String: Any] = ["type": "BPE", "vocab": vocabulary, "merges": merges]
        let whole: [String: Any] = [
            "added_tokens": added, "normalizer": ["type": "NFC"],
            "pre_tokenizer": ["type": "Sequence", "pretokenizers": steps], "decoder": ["type": "ByteLevel"],
            "model": bpe.merging(model) { $1 },
        ]
        return try JSONSerialization.data(withJSONObject: whole.merging(root) { $1 })
    }

    func tokenizer() throws -> Tokenizer { try Self.tokenizer(data()) }

    /// Reads a file with these contents, called `tokenizer.json` in a folder of its own.
    static func tokenizer(_ data: Data) throws -> Tokenizer {
        try withFile("tokenizer.json", data) { try Tokenizer(file: $0) }
    }

    static func withFile<Result>(_ name: String, _ data: Data, _ body: (URL) throws -> Result) throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent(name)
        try data.write(to: file)
        return try body(file)
    }

    /// What reading this file is refused with; nil if it is read.
    func refusal() throws -> String? { try Self.refusal(data()) }

    static func refusal(_ data: Data) throws -> String? {
        do {
            _ = try tokenizer(data)
            return nil
        } catch let error as TransformerError {
            return error.description
        }
    }
}

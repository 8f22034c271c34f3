// SPDX-License-Identifier: Apache-2.0
public import Foundation

/// A folder like a downloaded Qwen2 checkpoint: one layer of random weights, and a token for every byte.
public struct TinyCheckpoint {
    public var contextLength = 4096
    /// Factor of the weights that follow.
    public var seed: UInt64 = 1
    /// Heads of one number besides the vocabulary's, by the name of their tensor without `.weight`.
    public var heads: [String] = []

    private static let width = 16
    private static let vocabulary = 264

    public init() {}

    public func write(to folder: URL) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let configuration = """
            {"model_type": "qwen2", "vocab_size": \(Self.vocabulary), "hidden_size": \(Self.width), "intermediate_size": 24,
            "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "rms_norm_eps": 1e-6, "rope_theta": 1000000.0,
            "tie_word_embeddings": true, "max_position_embeddings": \(contextLength), "eos_token_id": 258}
            """
        try Data(configuration.utf8).write(to: folder.appendingPathComponent("config.json"))
        try tokenizer().write(to: folder.appendingPathComponent("tokenizer.json"))
        try weights().write(to: folder.appendingPathComponent("model.safetensors"))
    }

    /// Ids in the order of the byte alphabet's characters, so that "+" is 10 and "-" is 12 as in Qwen2.5.
    private func tokenizer() throws -> Data {
        var next: UInt32 = 0x100
        var codes: [UInt32] = []
        for byte in UInt32(0)...255 {
            let isPrintable = (0x21...0x7e).contains(byte) || (0xa1...0xff).contains(byte) && byte != 0xad
            codes.append(isPrintable ? byte : next)
            next += isPrintable ? 0 : 1
        }
        var vocabulary: [String: Int] = [:]
        for (id, code) in codes.sorted().enumerated() {
            if let scalar = Unicode.Scalar(code) { vocabulary[String(scalar)] = id }
        }
        let added = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"].enumerated().map { index, text in
            [
                "id": 256 + index, "content": text, "special": true, "normalized": false, "single_word": false,
                "lstrip": false, "rstrip": false,
            ] as [String: Any]
        }
        let pattern =
            #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
        let split: [String: Any] = [
            "type": "Split", "pattern": ["Regex": pattern], "behavior": "Isolated", "invert": false,
        ]
        let bytes: [String: Any] = ["type": "ByteLevel", "add_prefix_space": false, "use_regex": false]
        let file: [String: Any] = [
            "added_tokens": added, "normalizer": ["type": "NFC"],
            "pre_tokenizer": ["type": "Sequence", "pretokenizers": [split, bytes]], "decoder": ["type": "ByteLevel"],
            "model": ["type": "BPE", "vocab": vocabulary, "merges": [String]()] as [String: Any],
        ]
        return try JSONSerialization.data(withJSONObject: file, options: .sortedKeys)
    }

    private func weights() throws -> Data {
        let width = Self.width
        var shapes: [(String, [Int])] = [
            ("model.embed_tokens.weight", [Self.vocabulary, width]), ("model.norm.weight", [width]),
        ]
        for layer in 0..<2 {
            let name = "model.layers.\(layer)"
            shapes += [
                ("\(name).input_layernorm.weight", [width]), ("\(name).post_attention_layernorm.weight", [width]),
                ("\(name).self_attn.o_proj.weight", [width, width]), ("\(name).mlp.gate_proj.weight", [24, width]),
                ("\(name).mlp.up_proj.weight", [24, width]), ("\(name).mlp.down_proj.weight", [width, 24]),
            ]
            for (part, rows) in [("q", width), ("k", 8), ("v", 8)] {
                shapes.append(("\(name).self_attn.\(part)_proj.weight", [rows, width]))
                shapes.append(("\(name).self_attn.\(part)_proj.bias", [rows]))
            }
        }
        for head in heads { shapes += [("\(head).weight", [1, width]), ("\(head).bias", [1])] }
        var entries: [String: Any] = [:]
        var numbers = Data()
        var state = seed
        for (name, shape) in shapes {
            let start = numbers.count
            for _ in 0..<shape.reduce(1, *) {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                let value = (Float(state >> 40) / Float(1 << 24) - 0.5) * 0.8
                withUnsafeBytes(of: value.bitPattern.littleEndian) { numbers.append(contentsOf: $0) }
            }
            entries[name] = ["dtype": "F32", "shape": shape, "data_offsets": [start, numbers.count]] as [String: Any]
        }
        var header = try JSONSerialization.data(withJSONObject: entries, options: .sortedKeys)
        while header.count % 8 != 0 { header.append(0x20) }
        var file = Data()
        withUnsafeBytes(of: UInt64(header.count).littleEndian) { file.append(contentsOf: $0) }
        return file + header + numbers
    }
}

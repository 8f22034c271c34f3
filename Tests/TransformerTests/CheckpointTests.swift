// SPDX-License-Identifier: Apache-2.0
import Fixtures
import Foundation
import Safetensors
import Testing

@testable import Transformer

/// Folders with weights: those of the vectors, and ones that are damaged on purpose.
@Suite struct CheckpointTests {
    /// Values as JSON.
    private static let configuration = [
        "model_type": #""qwen2""#, "vocab_size": "6", "hidden_size": "8", "intermediate_size": "5",
        "num_hidden_layers": "1", "num_attention_heads": "2", "num_key_value_heads": "1", "rms_norm_eps": "1e-6",
        "rope_theta": "10000.0", "tie_word_embeddings": "true", "max_position_embeddings": "64", "eos_token_id": "3",
    ]

    /// The tensors of the configuration above.
    private static let shapes: [String: [Int]] = [
        "model.embed_tokens.weight": [6, 8], "model.norm.weight": [8],
        "model.layers.0.input_layernorm.weight": [8], "model.layers.0.post_attention_layernorm.weight": [8],
        "model.layers.0.self_attn.q_proj.weight": [8, 8], "model.layers.0.self_attn.q_proj.bias": [8],
        "model.layers.0.self_attn.k_proj.weight": [4, 8], "model.layers.0.self_attn.k_proj.bias": [4],
        "model.layers.0.self_attn.v_proj.weight": [4, 8], "model.layers.0.self_attn.v_proj.bias": [4],
        "model.layers.0.self_attn.o_proj.weight": [8, 8], "model.layers.0.mlp.gate_proj.weight": [5, 8],
        "model.layers.0.mlp.up_proj.weight": [5, 8], "model.layers.0.mlp.down_proj.weight": [8, 5],
    ]

    private static func weights(wrapping: String = "") -> TensorFile {
        var tensors: [String: TensorFile.Tensor] = [:]
        for (name, shape) in shapes.sorted(by: { $0.key < $1.key }) {
            let count = shape.reduce(1, *)
            let values = (0..<count).map { Float(sin(Double($0 + name.utf8.count))) / 2 }
            tensors[wrapping + name] = .init(shape: shape, values: values)
        }
        return TensorFile(tensors: tensors)
    }

    private static func write(
        _ weights: TensorFile = weights(), changing changes: [String: String] = [:], to folder: URL
    ) throws {
        let fields = Self.configuration.merging(changes) { $1 }.map { "\"\($0)\": \($1)" }
        try Data("{\(fields.joined(separator: ", "))}".utf8).write(to: folder.appendingPathComponent("config.json"))
        try weights.write(to: folder.appendingPathComponent("model.safetensors"))
    }

    @Test func wrappedDecodersAreTheSame() throws {
        try withTemporaryFolder { plain in
            try withTemporaryFolder { wrapped in
                try Self.write(to: plain)
                try Self.write(Self.weights(wrapping: "pretrained_model."), to: wrapped)
                let hidden = try [plain, wrapped].map { folder in
                    try Checkpoint(folder: folder).model(threads: 1).forward([.init([1, 2, 3])])[0].hidden
                }
                #expect(hidden[0] == hidden[1])
                #expect(!hidden[0].contains { !$0.isFinite })
            }
        }
    }

    @Test(arguments: [
        ("model_type", #""gpt2""#, "'gpt2' is not supported"), ("hidden_size", "0", "'hidden_size': Expected a whole"),
        ("hidden_size", "8.5", "'hidden_size': Expected a whole"),
        ("hidden_act", #""gelu""#, "'gelu' is not supported"),
        ("num_key_value_heads", "3", "2 query heads cannot share 3"), ("hidden_size", #""x""#, "not x"),
        ("use_sliding_window", "[]", "Expected true or false"),
        ("quantization_config", #"{"bits": 4}"#, "Quantised checkpoints"),
        ("rope_scaling", #"{"rope_type": "yarn", "factor": 4.0}"#, "('yarn') are not supported"),
        ("num_attention_heads", "8", "Heads of 1 elements"), ("vocab_size", "-1", "'vocab_size': Expected"),
        ("rope_theta", #""NaN""#, "'rope_theta': Expected a number"), ("vocab_size", "null", "The field is missing"),
    ])
    func configurationsThatCannotBeComputedAreErrors(_ key: String, _ value: String, _ message: String) throws {
        try withTemporaryFolder { folder in
            try Self.write(changing: [key: value], to: folder)
            #expect { try Checkpoint(folder: folder) } throws: {
                "\($0)".contains(message) && "\($0)".contains("config.json")
            }
        }
    }

    @Test func newerFilesHaveTheRotaryBaseWithin() throws {
        try withTemporaryFolder { folder in
            let changes = [
                "rope_theta": "null", "rope_parameters": #"{"rope_type": "default", "rope_theta": 500000.0}"#,
            ]
            try Self.write(changing: changes, to: folder)
            #expect(try Checkpoint(folder: folder).configuration.shape.rotaryBase == 5e5)
        }
    }

    @Test func whatIsMissingOrWrongIsNamed() throws {
        try withTemporaryFolder { folder in
            #expect { try Checkpoint(folder: folder) } throws: {
                "\($0)".contains("config.json: The file cannot be read")
            }
            try Self.write(to: folder)
            let weights = folder.appendingPathComponent("model.safetensors")
            try Data(contentsOf: weights).dropLast(7).write(to: weights)
            #expect { try Checkpoint(folder: folder) } throws: { "\($0)".contains("model.safetensors: Tensor") }
            try FileManager.default.removeItem(at: weights)
            #expect { try Checkpoint(folder: folder) } throws: { "\($0)".contains("neither model.safetensors nor") }
            var file = Self.weights()
            file.tensors["model.layers.0.mlp.up_proj.weight"] = nil
            try Self.write(file, to: folder)
            #expect { try Checkpoint(folder: folder).model(threads: 1) } throws: {
                "\($0)".contains("lacks tensor 'model.layers.0.mlp.up_proj.weight'")
            }
            file.tensors["model.layers.0.mlp.up_proj.weight"] = .init(
                shape: [8, 5], values: .init(repeating: 0, count: 40))
            try Self.write(file, to: folder)
            #expect { try Checkpoint(folder: folder).model(threads: 1) } throws: {
                "\($0)".contains("has shape [8, 5]; by the configuration it must have [5, 8]")
            }
            let index = folder.appendingPathComponent("model.safetensors.index.json")
            try Data(#"{"weight_map": {"model.norm.weight": "../model.safetensors"}}"#.utf8).write(to: index)
            #expect { try Checkpoint(folder: folder) } throws: { "\($0)".contains("no name of a file in this folder") }
            try Data(#"{"weight_map": {"other": "model.safetensors"}}"#.utf8).write(to: index)
            #expect { try Checkpoint(folder: folder) } throws: { "\($0)".contains("should hold tensor 'other'") }
        }
    }

    @Test func weightsThatAreNoNumbersAreNamed() throws {
        try withTemporaryFolder { folder in
            var file = Self.weights()
            file.tensors["model.layers.0.mlp.up_proj.weight"]?.values[17] = .nan
            try Self.write(file, to: folder)
            let checkpoint = try Checkpoint(folder: folder)
            #expect(checkpoint.firstNonFinite() == "model.layers.0.mlp.up_proj.weight")
            #expect { try checkpoint.model(threads: 1).forward([.init([1, 2])]) } throws: {
                "\($0)".contains("'model.layers.0.mlp.up_proj.weight' holds a number that is not finite")
            }
        }
    }

    @Test func halfPrecisionIsWidenedExactly() {
        let bits = (0...UInt16.max).map { $0 }
        var wide = [Float](repeating: 0, count: bits.count)
        widenHalf(bits, count: bits.count, into: &wide)
        let wrong = zip(bits, wide).filter { bits, value in
            let expected = Float(Float16(bitPattern: bits))
            return expected.isNaN ? !value.isNaN : expected.bitPattern != value.bitPattern
        }
        #expect(wrong.isEmpty)
    }

    @Test func memoryIsReadAsTheSystemTellsIt() {
        #expect(AvailableMemory.machine("MemTotal: 5 kB\nMemAvailable:   12 kB\n") == 12 * 1024)
        #expect(AvailableMemory.machine("MemTotal: 5 kB\n") == nil)
        #expect(AvailableMemory.bytes.map { $0 > 0 } ?? true)
    }

    @Test(
        .enabled(if: SharedData.isPresent, "needs the shared data pack beside the checkout (or BESTOFN_SHARED)"),
        arguments: ["untied", "tied_bf16"])
    func shardsAndHalvesGiveTheLogitsOfTheReference(_ name: String) throws {
        let folder = SharedData.vectors("tiny_qwen2/\(name)")
        let root = try #require(
            try JSONSerialization.jsonObject(with: Data(contentsOf: folder.appendingPathComponent("expected.json")))
                as? [String: Any])
        let expected = try TensorFile(file: folder.appendingPathComponent("expected.safetensors")).tensors
        let tokens = try #require(root["sequence_2"] as? [Int] ?? (root["sequences"] as? [Any])?[2] as? [Int])
        let model = try Checkpoint(folder: folder).model(threads: 2)
        let logits = model.logits(try model.forward([.init(tokens)])[0].hidden)
        let reference = try #require(expected["logits_2"] ?? expected["logits"]).values
        try #require(logits.count == reference.count)
        #expect(zip(logits, reference).allSatisfy { abs($0 - $1) < 2e-4 })
    }
}

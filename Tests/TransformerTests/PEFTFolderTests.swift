// SPDX-License-Identifier: Apache-2.0
import Fixtures
import Foundation
import Safetensors
import Testing

@testable import Transformer

@Suite struct PEFTFolderTests {
    /// A configuration as peft writes it.
    private static let plain: [String: String] = [
        "peft_type": #""LORA""#, "task_type": #""SEQ_CLS""#, "r": "2", "lora_alpha": "4", "lora_dropout": "0.05",
        "bias": #""none""#, "target_modules": #"["v_proj", "q_proj"]"#, "fan_in_fan_out": "false", "use_dora": "false",
        "use_rslora": "false", "rank_pattern": "{}", "alpha_pattern": "{}", "modules_to_save": "null",
        "layers_to_transform": "null", "layers_pattern": "null", "init_lora_weights": "true",
        "trainable_token_indices": "null", "inference_mode": "true", "revision": "null",
    ]

    private func read(_ changes: [String: String]) throws -> LoRASettings {
        let fields = Self.plain.merging(changes) { $1 }.filter { $0.value != "missing" }
        let text = "{" + fields.map { "\"\($0)\": \($1)" }.joined(separator: ", ") + "}"
        return try PEFTConfiguration.read(Data(text.utf8), name: "adapter_config.json")
    }

    @Test func configurationsAreRead() throws {
        let settings = LoRASettings(rank: 2, alpha: 4, dropout: 0.05, targets: [.query, .value])
        #expect(try read([:]) == settings)
        #expect(try read(["use_dora": "missing", "rank_pattern": "missing", "lora_dropout": "0.05"]) == settings)
        #expect(try read(["use_rslora": "true"]).scale == Float(4 / 2.0.squareRoot()))
        #expect(try read(["layers_to_transform": "[0, 2]"]).layers == [0, 2])
        #expect(try read(["layers_to_transform": "1"]).layers == [1])
        #expect(try read(["lora_dropout": "missing"]).dropout == 0)
        #expect(try read(["r": "1", "lora_dropout": "0"]).rank == 1)
        #expect(try read(["init_lora_weights": #""gaussian""#]) == settings)
    }

    @Test(arguments: [
        ("peft_type", #""IA3""#), ("peft_type", "missing"), ("r", "0"), ("r", #""8""#), ("r", "missing"),
        ("lora_alpha", "missing"), ("lora_alpha", "true"), ("lora_dropout", "1"), ("bias", #""lora_only""#),
        ("target_modules", #"["q_proj", "gate_proj"]"#), ("target_modules", #""all-linear""#),
        ("target_modules", "[]"), ("use_dora", "true"), ("use_dora", "1"), ("use_rslora", #""yes""#),
        ("fan_in_fan_out", "true"), ("lora_bias", "true"), ("rank_pattern", #"{"q_proj": 4}"#),
        ("alpha_pattern", #"{"q_proj": 4}"#), ("modules_to_save", #"["score"]"#), ("layers_to_transform", #"["a"]"#),
        ("exclude_modules", #"["v_proj"]"#), ("init_lora_weights", #""pissa""#), ("trainable_token_indices", "[1]"),
        ("alora_invocation_tokens", "[1]"), ("layer_replication", "[[0, 1]]"),
    ])
    func whatIsNotComputedIsRefused(_ key: String, _ value: String) {
        #expect { _ = try read([key: value]) } throws: { error in
            "\(error)".contains("adapter_config.json: '\(key)' is") && "\(error)".hasSuffix(".")
        }
    }

    @Test func textsThatAreNoObjectsAreRefused() {
        #expect { _ = try PEFTConfiguration.read(Data("[1]".utf8), name: "a.json") } throws: {
            "\($0)" == "a.json is no JSON object."
        }
    }

    private func named(_ layer: Int, _ target: String, _ matrix: String) -> String {
        "base_model.model.model.layers.\(layer).self_attn.\(target).lora_\(matrix).weight"
    }

    @Test func foldersGiveBackTheSame() throws {
        try withTemporaryFolder { folder in
            let settings = LoRASettings(
                rank: 3, alpha: 1.5, dropout: 0.25, targets: [.key, .output], layers: [2], stabilisesRank: true)
            let adapter = try TinyModel.adapter(settings)
            try adapter.write(peft: folder, model: "a/b")
            #expect(try LoRAAdapter(peft: folder, TinyModel.shape) == adapter)
            let tensors = try TensorFile(file: folder.appendingPathComponent("adapter_model.safetensors")).tensors
            #expect(tensors.count == 4)
            #expect(tensors[named(2, "k_proj", "A")]?.shape == [3, 20])
            #expect(tensors[named(2, "o_proj", "B")]?.values == Array(adapter.parameters.suffix(60)))
            let text = try String(
                contentsOf: folder.appendingPathComponent("adapter_config.json"), encoding: .utf8)
            #expect(text.contains(#""base_model_name_or_path" : "a/b""#) && text.contains(#""r" : 3"#))
        }
    }

    @Test func damagedFoldersAreRefused() throws {
        try withTemporaryFolder { folder in
            let adapter = try TinyModel.adapter(LoRASettings(rank: 2, targets: [.query]))
            func expectError(_ text: String, _ shape: TransformerShape = TinyModel.shape) {
                #expect { _ = try LoRAAdapter(peft: folder, shape) } throws: {
                    $0 is TransformerError && "\($0)".contains(text)
                }
            }
            expectError("adapter_config.json cannot be read")
            try adapter.write(peft: folder)
            let file = folder.appendingPathComponent("adapter_model.safetensors")
            let whole = try TensorFile(file: file)
            let name = named(1, "q_proj", "B")
            func write(_ change: (inout TensorFile) -> Void) throws {
                var changed = whole
                change(&changed)
                try changed.write(to: file)
            }
            try write { $0.tensors[name] = nil }
            expectError("lacks tensor '\(name)'")
            try write { $0.tensors[name] = .init(shape: [2, 36], values: [Float](repeating: 0, count: 72)) }
            expectError("has shape [2, 36]; by model and configuration it must have [36, 2]")
            try write { $0.tensors[name]?.values[5] = .nan }
            expectError("not finite")
            let strange = named(3, "q_proj", "A")
            try write { $0.tensors[strange] = .init(shape: [1], values: [0]) }
            expectError("holds tensor '\(strange)'")
            try Data("short".utf8).write(to: file)
            expectError("adapter_model.safetensors")
            try write { _ in }
            _ = try LoRAAdapter(peft: folder, TinyModel.shape)
            var other = TinyModel.shape
            other.width = 24
            expectError("has shape", other)
        }
    }
}

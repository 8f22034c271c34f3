// SPDX-License-Identifier: Apache-2.0
public import Foundation

/// What a checkpoint's `config.json` says, as far as the engine needs it.
public struct CheckpointConfiguration: Sendable, Hashable {
    public var shape: TransformerShape
    /// How many tokens a sequence may have.
    public var contextLength: Int
    /// Tokens that end an answer.
    public var endTokens: [Int]
    /// How many numbers a classification head gives; nil where the file does not tell.
    public var labels: Int?

    /// Families whose arithmetic is Qwen2's, but for the biases.
    private static let families: [String: Bool] = ["qwen2": true, "llama": false, "mistral": false]

    /// - Parameter name: the file's name in messages.
    /// - Throws: `TransformerError` naming the field for what is missing, of a wrong type, or asks for arithmetic that the engine does not have.
    public init(_ data: Data, name: String) throws(TransformerError) {
        guard let object = try? JSONSerialization.jsonObject(with: data) as? [String: Any] else {
            throw TransformerError(
                "\(name): This is no JSON object. Is it the config.json of a checkpoint, and complete?")
        }
        let fields = ConfigurationFields(values: object, name: name)
        let family = try fields.text("model_type")
        guard let hasBiases = Self.families[family] else {
            throw fields.mistake(
                "model_type",
                "The architecture '\(family)' is not supported; qwen2 (Qwen2, Qwen2.5 and their relatives), llama and mistral are. Serve the checkpoint "
                    + "instead ('served:').")
        }
        let width = try fields.count("hidden_size")
        let queryHeads = try fields.count("num_attention_heads")
        let keyHeads = try fields.optionalCount("num_key_value_heads") ?? queryHeads
        guard queryHeads % keyHeads == 0 else {
            throw fields.mistake(
                "num_key_value_heads", "\(queryHeads) query heads cannot share \(keyHeads) heads of keys.")
        }
        let headSize = try fields.optionalCount("head_dim") ?? width / queryHeads
        guard headSize > 0, headSize % 2 == 0 else {
            throw fields.mistake("num_attention_heads", "Heads of \(headSize) elements cannot be turned in pairs.")
        }
        let activation = try fields.optionalText("hidden_act") ?? "silu"
        guard activation == "silu" || activation == "swish" else {
            throw fields.mistake("hidden_act", "The activation '\(activation)' is not supported; silu is.")
        }
        if object["quantization_config"] is [String: Any] {
            throw fields.mistake(
                "quantization_config", "Quantised checkpoints are not supported. Use the original one.")
        }
        contextLength = try fields.optionalCount("max_position_embeddings") ?? 2048
        if try fields.optionalFlag("use_sliding_window") ?? (family == "mistral"),
            let window = try fields.optionalCount("sliding_window"), window < contextLength
        {
            guard family == "mistral" else {
                throw fields.mistake("use_sliding_window", "Sliding windows are not supported.")
            }
            // Within the window, attention is the ordinary one.
            contextLength = window
        }
        if !hasBiases, try fields.optionalFlag("attention_bias") ?? false {
            throw fields.mistake("attention_bias", "Biases of the attention's output are not supported.")
        }
        if try fields.optionalFlag("mlp_bias") ?? false {
            throw fields.mistake("mlp_bias", "Biases in the inner layers are not supported.")
        }
        shape = TransformerShape(
            layers: try fields.count("num_hidden_layers"), width: width, queryHeads: queryHeads, keyHeads: keyHeads,
            headSize: headSize, innerWidth: try fields.count("intermediate_size"),
            vocabulary: try fields.count("vocab_size"), rotaryBase: try Self.rotaryBase(fields),
            epsilon: try fields.optionalNumber("rms_norm_eps") ?? 1e-6,
            tiesEmbedding: try fields.optionalFlag("tie_word_embeddings") ?? false, hasAttentionBiases: hasBiases)
        endTokens = (object["eos_token_id"] as? Int).map { [$0] } ?? object["eos_token_id"] as? [Int] ?? []
        labels = try fields.optionalCount("num_labels") ?? (object["id2label"] as? [String: Any])?.count
    }

    /// Older files have `rope_theta` beside everything else, newer ones within `rope_parameters`.
    private static func rotaryBase(_ fields: ConfigurationFields) throws(TransformerError) -> Double {
        for key in ["rope_scaling", "rope_parameters"] {
            guard let scaling = fields.values[key] as? [String: Any] else { continue }
            let kind = scaling["rope_type"] as? String ?? scaling["type"] as? String ?? "default"
            guard kind == "default" else {
                throw fields.mistake(
                    key,
                    "Scaled rotary positions ('\(kind)') are not supported. Remove the field if your texts fit into the original context length, which the "
                        + "model was trained for without scaling.")
            }
        }
        let nested = (fields.values["rope_parameters"] as? [String: Any])?["rope_theta"] as? Double
        let base = try fields.optionalNumber("rope_theta") ?? nested ?? 10_000
        guard base > 0 else { throw fields.mistake("rope_theta", "Expected a number above 0.") }
        return base
    }
}

/// Fields of a JSON object with their types checked.
struct ConfigurationFields {
    var values: [String: Any]
    var name: String

    func mistake(_ key: String, _ message: String) -> TransformerError {
        TransformerError("\(name): field '\(key)': \(message)")
    }

    func count(_ key: String) throws(TransformerError) -> Int {
        guard let value = try optionalCount(key) else { throw mistake(key, "The field is missing.") }
        return value
    }

    /// A number from 1 to 2³¹.
    func optionalCount(_ key: String) throws(TransformerError) -> Int? {
        guard let value = values[key], !(value is NSNull) else { return nil }
        guard let count = value as? Int, (1...1 << 31).contains(count) else {
            throw mistake(key, "Expected a whole number above 0, not \(value).")
        }
        return count
    }

    func optionalNumber(_ key: String) throws(TransformerError) -> Double? {
        guard let value = values[key], !(value is NSNull) else { return nil }
        guard let number = value as? Double, number.isFinite, number >= 0 else {
            throw mistake(key, "Expected a number, not \(value).")
        }
        return number
    }

    func optionalFlag(_ key: String) throws(TransformerError) -> Bool? {
        guard let value = values[key], !(value is NSNull) else { return nil }
        guard let flag = value as? Bool else { throw mistake(key, "Expected true or false, not \(value).") }
        return flag
    }

    func text(_ key: String) throws(TransformerError) -> String {
        guard let value = try optionalText(key) else { throw mistake(key, "The field is missing.") }
        return value
    }

    func optionalText(_ key: String) throws(TransformerError) -> String? {
        guard let value = values[key], !(value is NSNull) else { return nil }
        guard let text = value as? String else { throw mistake(key, "Expected a text, not \(value).") }
        return text
    }
}

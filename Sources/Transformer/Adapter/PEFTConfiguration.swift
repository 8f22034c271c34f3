// SPDX-License-Identifier: Apache-2.0
import Foundation

/// What `adapter_config.json` of the peft library says of an adapter.
struct PEFTConfiguration {
    static let file = "adapter_config.json"

    /// - Parameter name: the file's name in messages.
    /// - Throws: `TransformerError` for anything that would change results and is not computed here.
    static func read(_ data: Data, name: String) throws -> LoRASettings {
        guard let root = try? JSONSerialization.jsonObject(with: data) as? [String: Any] else {
            throw TransformerError("\(name) is no JSON object.")
        }
        // JSON's null is as good as nothing.
        let fields = root.filter { !($0.value is NSNull) }
        func refuse(_ key: String, _ reason: String) -> TransformerError {
            TransformerError("\(name): '\(key)' is \(Self.text(fields[key])); \(reason).")
        }
        guard fields["peft_type"] as? String == "LORA" else {
            throw refuse("peft_type", "only adapters of type LORA are read")
        }
        try refuseExtensions(fields, refuse)
        guard let rank = fields["r"] as? Int, rank > 0 else { throw refuse("r", "a rank of at least 1 is needed") }
        guard let alpha = number(fields["lora_alpha"]), alpha.isFinite else {
            throw refuse("lora_alpha", "a number is needed")
        }
        let dropout = fields["lora_dropout"] == nil ? 0 : number(fields["lora_dropout"])
        guard let dropout, (0..<1).contains(dropout) else {
            throw refuse("lora_dropout", "a number of at least 0 and below 1 is needed")
        }
        guard let names = fields["target_modules"] as? [String], !names.isEmpty else {
            throw refuse("target_modules", "a list of q_proj, k_proj, v_proj, o_proj is needed")
        }
        let targets = try names.map { name in
            guard let target = LoRASettings.Target(rawValue: name) else {
                throw refuse(
                    "target_modules", "'\(name)' cannot have an adapter here, only q_proj, k_proj, v_proj, o_proj")
            }
            return target
        }
        return LoRASettings(
            rank: rank, alpha: alpha, dropout: dropout, targets: Set(targets), layers: try layers(fields, refuse),
            stabilisesRank: flag(fields["use_rslora"]) ?? false)
    }

    /// What changes an adapter's results in ways that are not computed here.
    private static func refuseExtensions(
        _ fields: [String: Any], _ refuse: (_ key: String, _ reason: String) -> TransformerError
    ) throws {
        for key in ["use_dora", "use_qalora", "lora_bias", "fan_in_fan_out", "use_bdlora"] where fields[key] != nil {
            guard flag(fields[key]) == false else { throw refuse(key, "only adapters without it are read") }
        }
        if fields["use_rslora"] != nil, flag(fields["use_rslora"]) == nil {
            throw refuse("use_rslora", "it must be true or false")
        }
        if let bias = fields["bias"], bias as? String != "none" { throw refuse("bias", "only 'none' is read") }
        let mustBeEmpty = [
            "rank_pattern", "alpha_pattern", "modules_to_save", "exclude_modules", "layers_pattern",
            "layer_replication",
            "trainable_token_indices", "target_parameters", "alora_invocation_tokens", "megatron_config",
            "arrow_config",
        ]
        for key in mustBeEmpty {
            switch fields[key] {
            case nil: continue
            case let list as [Any] where list.isEmpty: continue
            case let pairs as [String: Any] where pairs.isEmpty: continue
            case let text as String where text.isEmpty: continue
            default: throw refuse(key, "only adapters without it are read")
            }
        }
        // Other ways to begin change the model's own weights too.
        if let start = fields["init_lora_weights"], flag(start) == nil {
            guard let start = start as? String, ["gaussian", "eva", "orthogonal"].contains(start.lowercased()) else {
                throw refuse("init_lora_weights", "such adapters belong to a changed model, which is not at hand")
            }
        }
    }

    private static func layers(
        _ fields: [String: Any], _ refuse: (_ key: String, _ reason: String) -> TransformerError
    ) throws -> Set<Int>? {
        let key = "layers_to_transform"
        guard let value = fields[key] else { return nil }
        if let layer = value as? Int { return [layer] }
        guard let layers = value as? [Int] else { throw refuse(key, "the numbers of layers are needed") }
        return layers.isEmpty ? nil : Set(layers)
    }

    /// A truth value, not a number.
    private static func flag(_ value: Any?) -> Bool? {
        guard let number = value as? NSNumber, isFlag(number) else { return nil }
        return number.boolValue
    }

    private static func number(_ value: Any?) -> Double? {
        guard let number = value as? NSNumber, !isFlag(number) else { return nil }
        return number.doubleValue
    }

    private static func isFlag(_ number: NSNumber) -> Bool {
        // Foundation keeps JSON's truth values as numbers of C's smallest type.
        String(cString: number.objCType) == "c"
    }

    private static func text(_ value: Any?) -> String {
        switch value {
        case nil: "missing"
        case let number as NSNumber: flag(number).map { "\($0)" } ?? "\(number)"
        case let value?: "\(value)"
        }
    }

    /// The file's text, which peft reads too.
    static func write(_ settings: LoRASettings, model: String?) throws -> Data {
        var fields: [String: Any] = [
            "peft_type": "LORA", "task_type": "CAUSAL_LM", "r": settings.rank, "lora_alpha": settings.alpha,
            "lora_dropout": settings.dropout, "bias": "none", "fan_in_fan_out": false, "inference_mode": true,
            "init_lora_weights": true, "use_dora": false, "use_rslora": settings.stabilisesRank,
            "target_modules": LoRASettings.Target.allCases.filter(settings.targets.contains).map(\.rawValue),
        ]
        // A whole number, as peft writes it.
        if let alpha = Int(exactly: settings.alpha) { fields["lora_alpha"] = alpha }
        if let layers = settings.layers { fields["layers_to_transform"] = layers.sorted() }
        if let model { fields["base_model_name_or_path"] = model }
        var data = try JSONSerialization.data(
            withJSONObject: fields, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
        data.append(0x0a)
        return data
    }
}

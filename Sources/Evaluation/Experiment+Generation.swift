// SPDX-License-Identifier: Apache-2.0
import Datasets
public import Foundation
public import Generation

extension Experiment {
    /// How a pool's candidates are made by `bestofn generate`.
    public struct GenerationChoice: Sendable, Hashable {
        /// The role of the language model.
        public var languageModel: String
        public var prompt: GenerationPrompt
        public var settings: GenerationSettings
        /// What the candidates' model is called; nil for the model's name on the server.
        public var model: String?
        /// Whether the pool file holds the models' whole answers too.
        public var keepsOutput: Bool

        public init(
            languageModel: String, prompt: GenerationPrompt, settings: GenerationSettings = GenerationSettings(),
            model: String? = nil, keepsOutput: Bool = false
        ) {
            self.languageModel = languageModel
            self.prompt = prompt
            self.settings = settings
            self.model = model
            self.keepsOutput = keepsOutput
        }
    }
}

extension Experiment.GenerationChoice {
    init(_ fields: YAMLFields, seed: UInt64, url: (String) -> URL) throws {
        let prompt = try fields.requiredString("prompt")
        let known = try GenerationPrompt(named: prompt, file: url(prompt))
        var settings = GenerationSettings(seed: seed)
        settings.samples = try fields.integer("samples", in: 1...100_000) ?? settings.samples
        settings.temperature = try fields.notNegative("temperature") ?? settings.temperature
        if let topP = try fields.positive("topP") {
            guard topP <= 1 else { throw fields.error("topP", "Expected a number above 0 and at most 1.") }
            settings.topP = topP
        }
        settings.maxTokens = try fields.integer("maxTokens", in: 1...10_000_000) ?? settings.maxTokens
        settings.stop = try fields.strings("stop") ?? []
        if known == .cof, !settings.stop.isEmpty {
            throw fields.error(
                "stop",
                "Stop texts cut off what follows the first function. Leave them out for chain-of-function prompts.")
        }
        if let own = try fields.integer("seed") { settings.seed = UInt64(own) }
        settings.topLogProbs = try fields.integer("topLogProbs", in: 0...1_000_000)
        self.init(
            languageModel: try fields.requiredString("languageModel"), prompt: known, settings: settings,
            model: try fields.string("model"), keepsOutput: try fields.boolean("keepOutput") ?? false)
        try fields.finish()
    }
}

extension GenerationPrompt {
    /// A prompt by the name that experiments and the command line use: `cof`, `plain`, or a template's path.
    ///
    /// - Parameter file: what the name stands for as a path.
    public init(named name: String, file: URL) throws {
        switch name {
        case GenerationPrompt.cof.name: self = .cof
        case GenerationPrompt.plain.name: self = .plain
        default:
            guard FileManager.default.fileExists(atPath: file.path) else {
                throw DataError(
                    file: file.relativePath,
                    message: "There is no such file. A prompt is 'cof', 'plain' or the path of a template.")
            }
            self.init(name: name, template: try PromptTemplateText(file: file))
        }
    }
}

extension Prices {
    init(_ fields: YAMLFields) throws {
        self.init(
            prompt: try fields.notNegative("prompt") ?? 0, completion: try fields.notNegative("completion") ?? 0,
            currency: try fields.string("currency") ?? "USD")
        try fields.finish()
    }
}

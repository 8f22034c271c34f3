// SPDX-License-Identifier: Apache-2.0
import Datasets
public import Foundation
public import Generation
public import LanguageModels
public import RewardModels
import RunStore
import Safetensors
import SelectorKit
import Yams

extension Experiment {
    /// Where the rewards of a role come from.
    public enum RewardModelChoice: Sendable {
        case served(ServerConfiguration, ServedRewardModel.Options)
        /// A file of recorded rewards.
        case recorded(URL)
        /// A file of a small model that runs in process.
        case embedded(URL, allowsOverlap: Bool = false)
        /// A checkpoint that runs in process.
        case transformer(URL, TransformerRewardModel.Options)
        /// Trained by this experiment before it is evaluated; see `withTrainedModels`.
        case trained(TrainedModelChoice)
    }

    /// A language model of a role.
    public struct LanguageModelChoice: Sendable {
        public var server: ServerConfiguration
        public var options: ServedLanguageModel.Options
        /// What its tokens cost; nil where that is not told.
        public var prices: Prices?
        /// How many tokens the model knows; nil where that is not told.
        public var vocabularySize: Int?

        public init(
            server: ServerConfiguration, options: ServedLanguageModel.Options = .init(), prices: Prices? = nil,
            vocabularySize: Int? = nil
        ) {
            self.server = server
            self.options = options
            self.prices = prices
            self.vocabularySize = vocabularySize
        }
    }

    /// Makes the models that the experiment names; servers are not asked yet.
    ///
    /// - Returns: the models that were trained here, by role.
    func addModels(
        to services: inout ScoringServices, store: RunStore, progress: any ProgressSink
    ) throws -> [String: any TrainedRewardModel] {
        var trained: [String: any TrainedRewardModel] = [:]
        for (role, choice) in rewardModels {
            switch choice {
            case .served(let server, let options):
                let client = ServerClient(server)
                services.rewardModels[role] = StoredRewardModel(
                    ServedRewardModel(client: client, options: options), store: store,
                    notes: ServerNotes(role: role, client: client, progress: progress))
                services.concurrency[role] = server.concurrency
            case .trained:
                throw DataError(
                    file: "rewardModels.\(role)",
                    message: "The model is not trained yet. This is a bug of BestOfN; please report it.")
            case .embedded(let file, let allows):
                do {
                    var model = try EmbeddedRewardModel(file: file)
                    model.allowsOverlap = allows || allowsOverlap
                    trained[role] = model
                    services.rewardModels[role] = StoredProgramRewards(model: model, store: store)
                } catch let error as TensorFileError {
                    throw DataError(
                        file: error.file,
                        message: error.message
                            + " Reward model '\(role)' is trained by 'bestofn train'; see docs/models.md.")
                }
            case .transformer(let folder, var options):
                do {
                    options.allowsOverlap = options.allowsOverlap || allowsOverlap
                    let model = try TransformerRewardModel(folder: folder, options: options)
                    trained[role] = model
                    services.rewardModels[role] = StoredProgramRewards(model: model, store: store)
                } catch {
                    throw DataError(file: "rewardModels.\(role)", message: "\(error)")
                }
            case .recorded(let file):
                do {
                    services.rewardModels[role] = try RecordedRewardModel(file: file)
                } catch let error as RecordedRewardError {
                    throw DataError(file: error.file, line: error.line, field: error.field, message: error.message)
                }
            }
        }
        for (role, choice) in languageModels {
            let client = ServerClient(choice.server)
            services.languageModels[role] = StoredLanguageModel(
                ServedLanguageModel(client: client, options: choice.options), store: store,
                notes: ServerNotes(role: role, client: client, progress: progress))
            services.concurrency[role] = max(services.concurrency[role] ?? 1, choice.server.concurrency)
        }
        return trained
    }
}

extension Experiment.RewardModelChoice {
    init(_ fields: YAMLFields, url: (String) -> URL) throws {
        if fields.keys.contains("trained") {
            self = .trained(try TrainedModelChoice(fields, url: url))
            return
        }
        if let file = try fields.string("recorded") {
            self = .recorded(url(file))
            try fields.finish()
            return
        }
        if let file = try fields.string("embedded") {
            self = .embedded(url(file), allowsOverlap: try fields.boolean("allowOverlap") ?? false)
            try fields.finish()
            return
        }
        if let folder = try fields.string("transformer") {
            self = .transformer(url(folder), try TransformerRewardModel.Options(fields, url: url))
            try fields.finish()
            return
        }
        let api = try fields.choice("api", ServedRewardModel.API.self) ?? .chat
        var options = ServedRewardModel.Options(
            api: api, activation: try fields.choice("activation", ServedRewardModel.Activation.self))
        options.tokens.plus = try fields.spellings("plus") ?? options.tokens.plus
        options.tokens.minus = try fields.spellings("minus") ?? options.tokens.minus
        options.topLogProbs = try fields.integer("topLogProbs", in: 1...1000) ?? options.topLogProbs
        options.prompt = RewardPrompt(
            kind: try fields.choice("prompt", RewardPrompt.Kind.self) ?? .prefix,
            showsCompleteness: try fields.boolean("showCompleteness") ?? false,
            maxCharacters: try fields.integer("maxPromptCharacters", in: 1...Int.max))
        options.template = try fields.choice("template", PromptTemplate.self) ?? .chatML
        if let bias = try fields.fields("logitBias") {
            let ids = try (bias.list("tokens") ?? []).compactMap(\.int)
            guard !ids.isEmpty, let value = try bias.number("bias") else {
                throw bias.error(
                    "tokens", "Give the token ids of both signs and their bias: {tokens: [10, 12], bias: 20}.")
            }
            options.logitBias = .init(tokenIDs: ids, bias: value)
            try bias.finish()
        }
        self = .served(try fields.server(), options)
        try fields.finish()
    }
}

extension TransformerRewardModel.Options {
    fileprivate init(_ fields: YAMLFields, url: (String) -> URL) throws {
        self.init()
        adapter = try fields.string("adapter").map(url)
        head = try fields.choice("head", TransformerRewardModel.Head.self)
        plus = try fields.string("plus")
        minus = try fields.string("minus")
        prompt = try fields.choice("prompt", RewardPrompt.Kind.self)
        showsCompleteness = try fields.boolean("showCompleteness") ?? false
        maxTokens = try fields.integer("maxTokens", in: 1...Int.max)
        threads = try fields.integer("threads", in: 1...1024)
        allowsOverlap = try fields.boolean("allowOverlap") ?? false
    }
}

extension Experiment.LanguageModelChoice {
    init(_ fields: YAMLFields) throws {
        options = ServedLanguageModel.Options(
            api: try fields.choice("api", CompletionAPI.self) ?? .chat,
            template: try fields.choice("template", PromptTemplate.self) ?? .chatML)
        // Long answers take long, and nothing comes before all of them.
        server = try fields.server(timeoutSeconds: 600)
        prices = try fields.fields("prices").map { try Prices($0) }
        vocabularySize = try fields.integer("vocabularySize", in: 2...Int.max)
        try fields.finish()
    }
}

extension YAMLFields {
    fileprivate func spellings(_ key: String) throws -> [String]? {
        guard let texts = try strings(key) else { return nil }
        guard !texts.isEmpty, !texts.contains("") else { throw error(key, "Expected a token's text.") }
        return texts
    }

    /// The keys that say which server to ask for which model.
    fileprivate func server(timeoutSeconds: Double = 120) throws -> ServerConfiguration {
        guard let addresses = try strings("served"), !addresses.isEmpty else {
            throw error("served", "Give the server's address, or a list of addresses.")
        }
        let urls = try addresses.map { address in
            guard let url = URL(string: address), ["http", "https"].contains(url.scheme), url.host != nil else {
                throw error("served", "Expected an address such as http://127.0.0.1:8000/v1, not '\(address)'.")
            }
            guard url.user == nil, url.password == nil, url.query == nil else {
                throw error(
                    "served",
                    "The address must hold no password or key. Name the variable that holds it with 'apiKeyVariable'.")
            }
            return url
        }
        var server = ServerConfiguration(
            url: urls[0], others: Array(urls.dropFirst()), model: try requiredString("model"))
        server.apiKeyVariable = try string("apiKeyVariable")
        if let name = server.apiKeyVariable, !name.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" }) {
            throw error("apiKeyVariable", "Expected the name of an environment variable, never a key itself.")
        }
        server.timeoutSeconds = try positiveNumber("timeoutSeconds") ?? timeoutSeconds
        server.deadlineSeconds = try positiveNumber("deadlineSeconds")
        server.concurrency = try integer("concurrency", in: 1...1024) ?? server.concurrency
        server.retries = try integer("retries", in: 0...100) ?? server.retries
        server.outageSeconds = try positiveNumber("outageSeconds")
        server.maxTokensField = try choice("maxTokensField", MaxTokensField.self) ?? server.maxTokensField
        if let extra = try json("extra") { server.extra = try JSON(extra).object ?? [:] }
        return server
    }

    private func positiveNumber(_ key: String) throws -> Double? {
        guard let value = try number(key) else { return nil }
        guard value > 0 else { throw error(key, "Expected a number above 0.") }
        return value
    }

    /// The roles of a mapping with their fields, sorted by role.
    func roles(_ key: String) throws -> [(role: String, fields: YAMLFields)] {
        guard let mapping = try fields(key) else { return [] }
        return try mapping.keys.sorted().map { role in
            guard let fields = try mapping.fields(role) else { throw mapping.error(role, "Say where the model is.") }
            return (role, fields)
        }
    }
}

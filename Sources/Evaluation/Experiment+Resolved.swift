// SPDX-License-Identifier: Apache-2.0
import Datasets
import Execution
import Foundation
import Generation
import PluginHost
import LanguageModels
import RewardModels
import Yams

extension Experiment {
    /// Whether any pool's candidates are executed by this run.
    public var executes: Bool { pools.contains { $0.verdicts == .executed } }

    /// The experiment as YAML with every default filled in, as the manifest records it.
    public var resolvedYAML: String {
        var root = YAMLMapping()
        root.add("name", name)
        root.add("benchmark", benchmark.rawValue)
        root.add("problems", problems.map(\.displayPath))
        var subset = YAMLMapping()
        subset.add("from", self.subset.from)
        subset.add("to", self.subset.to)
        subset.add("ids", self.subset.ids?.displayPath)
        subset.add("limit", self.subset.limit)
        subset.add("prompt", self.subset.prompt.rawValue)
        root.add("subset", subset)
        if let expect { root.add("expect", expect.fields) }
        root.add(
            "pools",
            pools.map { pool in
                var fields = YAMLMapping()
                fields.add("name", pool.name)
                fields.add("candidates", pool.candidates.map(\.displayPath))
                fields.add("verdicts", pool.verdicts.rawValue)
                if let generation = pool.generation { fields.add("generate", YAMLMapping(generation)) }
                return fields
            })
        var execution = YAMLMapping()
        execution.add("semantics", self.execution.settings.semantics.rawValue)
        execution.add("clock", self.execution.settings.clock.rawValue)
        execution.add("secondsPerTest", self.execution.settings.secondsPerTest)
        execution.add("memoryMegabytes", self.execution.settings.memoryBytes.map { Double($0) / 1_048_576 })
        execution.add("sandbox", self.execution.sandbox?.rawValue ?? "auto")
        execution.add("python", self.execution.python)
        execution.add("workers", self.execution.workers.map(String.init) ?? "auto")
        root.add("execution", execution)
        if !rewardModels.isEmpty {
            var roles = YAMLMapping()
            for (role, choice) in rewardModels.sorted(by: { $0.key < $1.key }) {
                if let choice = trainedModels[role] {
                    roles.add(role, YAMLMapping(choice))
                    continue
                }
                // One per seed of a model that is recorded above.
                if let base = role.split(separator: " ").first, trainedModels[String(base)] != nil, role.contains(" #")
                {
                    continue
                }
                switch choice {
                case .served(let server, let options): roles.add(role, YAMLMapping(server, options))
                case .trained(let choice): roles.add(role, YAMLMapping(choice))
                case .embedded(let file, let allowsOverlap):
                    var fields = YAMLMapping()
                    fields.add("embedded", file.displayPath)
                    if allowsOverlap { fields.add("allowOverlap", "true") }
                    roles.add(role, fields)
                case .transformer(let folder, let options):
                    roles.add(role, YAMLMapping(folder, options))
                case .recorded(let file):
                    var fields = YAMLMapping()
                    fields.add("recorded", file.displayPath)
                    roles.add(role, fields)
                }
            }
            root.add("rewardModels", roles)
        }
        if !languageModels.isEmpty {
            var roles = YAMLMapping()
            for (role, choice) in languageModels.sorted(by: { $0.key < $1.key }) {
                var fields = YAMLMapping(choice.server)
                fields.add("api", choice.options.api.rawValue)
                fields.add("template", choice.options.template.rawValue)
                fields.add("vocabularySize", choice.vocabularySize)
                if let prices = choice.prices {
                    var values = YAMLMapping()
                    values.add("prompt", prices.prompt)
                    values.add("completion", prices.completion)
                    values.add("currency", prices.currency)
                    fields.add("prices", values)
                }
                roles.add(role, fields)
            }
            root.add("languageModels", roles)
        }
        if !generatedTests.isEmpty { root.add("generatedTests", generatedTests.map(\.displayPath)) }
        root.add(
            "selectors",
            selectors.map { selector in
                var fields = YAMLMapping()
                if let program = selector.program {
                    fields.add("command", program.command.arguments)
                    fields.add("timeoutSeconds", program.timeoutSeconds)
                } else {
                    fields.add("name", selector.name)
                }
                fields.add("label", selector.label)
                if let options = selector.options, let text = String(data: options, encoding: .utf8),
                    let node = try? Yams.compose(yaml: text)
                {
                    fields.add("options", node)
                }
                return fields
            })
        if let split { root.add("split", YAMLMapping(split)) }
        if let denoising {
            var fields = YAMLMapping()
            fields.add("lattice", denoising.lattice.displayPath)
            fields.add("style", denoising.style.rawValue)
            fields.add("samples", denoising.samples.map(String.init))
            fields.add("model", YAMLMapping(denoising.model))
            root.add("denoising", fields)
        }
        if !ablation.isEmpty {
            root.add(
                "ablation",
                ablation.map { row in
                    var fields = YAMLMapping()
                    fields.add("label", row.label)
                    fields.add("selector", row.selector)
                    fields.add("pool", row.pool)
                    return fields
                })
        }
        root.add("seed", String(seed))
        root.add("subsets", String(subsets))
        var outputs = YAMLMapping()
        outputs.add("run", self.outputs.run.displayPath)
        outputs.add("html", self.outputs.html?.displayPath)
        outputs.add("junit", self.outputs.junit?.displayPath)
        root.add("outputs", outputs)
        return (try? Yams.serialize(node: root.node)) ?? ""
    }
}

extension YAMLMapping {
    fileprivate init(_ generation: Experiment.GenerationChoice) {
        add("languageModel", generation.languageModel)
        add("prompt", generation.prompt.name)
        add("samples", generation.settings.samples)
        add("temperature", generation.settings.temperature)
        add("topP", generation.settings.topP)
        add("maxTokens", generation.settings.maxTokens)
        if !generation.settings.stop.isEmpty { add("stop", generation.settings.stop) }
        add("seed", generation.settings.seed.map(String.init))
        add("topLogProbs", generation.settings.topLogProbs)
        add("model", generation.model)
        if generation.keepsOutput { add("keepOutput", "true") }
    }

    /// A server; the key itself is never known here, only where it is kept.
    fileprivate init(_ server: ServerConfiguration) {
        if server.urls.count == 1 {
            add("served", server.url.absoluteString)
        } else {
            add("served", server.urls.map(\.absoluteString))
        }
        add("model", server.model)
        add("apiKeyVariable", server.apiKeyVariable)
        add("timeoutSeconds", server.timeoutSeconds)
        add("deadlineSeconds", server.deadlineSeconds)
        add("concurrency", server.concurrency)
        add("retries", server.retries)
        add("outageSeconds", server.outageSeconds)
        if server.maxTokensField != .maxTokens { add("maxTokensField", server.maxTokensField.rawValue) }
        if !server.extra.isEmpty {
            let text = String(decoding: JSON.object(server.extra).canonical, as: UTF8.self)
            add("extra", try? Yams.compose(yaml: text))
        }
    }

    fileprivate init(_ folder: URL, _ options: TransformerRewardModel.Options) {
        add("transformer", folder.displayPath)
        add("adapter", options.adapter?.displayPath)
        add("head", options.head?.rawValue)
        add("plus", options.plus)
        add("minus", options.minus)
        add("prompt", options.prompt?.rawValue)
        add("showCompleteness", "\(options.showsCompleteness)")
        add("maxTokens", options.maxTokens)
        add("threads", options.threads)
        if options.allowsOverlap { add("allowOverlap", "true") }
    }

    fileprivate init(_ server: ServerConfiguration, _ options: ServedRewardModel.Options) {
        self.init(server)
        add("api", options.api.rawValue)
        add("plus", options.tokens.plus)
        add("minus", options.tokens.minus)
        add("topLogProbs", options.topLogProbs)
        if let bias = options.logitBias {
            var fields = YAMLMapping()
            fields.add("tokens", bias.tokenIDs.map(String.init))
            fields.add("bias", bias.bias)
            add("logitBias", fields)
        }
        add("prompt", options.prompt.kind.rawValue)
        add("showCompleteness", "\(options.prompt.showsCompleteness)")
        add("maxPromptCharacters", options.prompt.maxCharacters)
        add("template", options.template.rawValue)
        add("activation", options.activation.rawValue)
    }
}

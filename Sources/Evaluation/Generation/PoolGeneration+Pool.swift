// SPDX-License-Identifier: Apache-2.0
import ContentHash
import Datasets
import Foundation
import Generation
import LanguageModels
import RunStore
import SelectorKit

extension PoolGeneration {
    /// One request brings at most so many answers: what is lost with a dropped connection stays small.
    static let samplesPerRequest = 8

    /// How many requests so many answers to one question take.
    static func requests(forSamples samples: Int) -> Int { (samples + samplesPerRequest - 1) / samplesPerRequest }

    /// Half a day: a server that fails at night is found restarted in the morning.
    static let outageSeconds = 43_200.0

    /// Asks for what a pool lacks and writes it when it is complete.
    func run(
        _ pool: Experiment.Pool, _ choice: Experiment.GenerationChoice, _ limits: GenerationLimits
    ) async throws -> GeneratedPool {
        let startedAt = MachineFacts.timestamp
        let model = experiment.languageModels[choice.languageModel]
        let client = try client(of: choice, limits)
        var stage = stage(
            choice, client, Budget(), topLogProbs: nil, samplesPerRequest: 1)
        let budget = Budget(
            prices: model?.prices, maxCost: limits.maxCost, maxRequests: limits.maxRequests,
            spent: try spent(stage.identity, model?.prices))
        let questions = try records.map { try stage.question($0.problem) }.filter { !$0.samples.isEmpty }
        let total = records.count * choice.settings.samples
        let missing = questions.reduce(0) { $0 + $1.samples.count }
        let name = "generate \(pool.name)"
        progress.report(.began(stage: name, total: total, cached: total - missing, unit: "candidates"))
        var shortfall = GenerationStage.Shortfall()
        if missing > 0 {
            let (asked, topLogProbs, samplesPerRequest) = try await prepare(client, choice)
            stage = self.stage(
                choice, asked, budget, topLogProbs: topLogProbs, samplesPerRequest: samplesPerRequest)
            shortfall = try await stage.run(questions, stages: stages, name: name)
        } else {
            stage = self.stage(choice, client, budget, topLogProbs: nil, samplesPerRequest: 1)
        }
        let totals = shortfall.missing == 0 ? try await write(pool, choice, stage) : nil
        if let totals, let part {
            let made = RunParts.Part(
                part, of: "generate", facts: facts(pool, stage), startedAt: startedAt,
                finishedAt: MachineFacts.timestamp)
            try RunParts(parts: [made], rows: totals.candidates)
                .write(file: RunParts.file(besideRows: pool.candidates[0]))
        }
        return GeneratedPool(
            name: pool.name, file: pool.candidates[0], candidates: total, missing: shortfall.missing,
            reasons: shortfall.reasons, isLimited: shortfall.isLimited, totals: totals, prices: model?.prices)
    }

    /// Finds out what the server can do, and says what selectors will miss.
    ///
    /// - Returns: a client that calls things as the server does, how many alternatives per token it gives (nil for no log-probabilities at all), and how
    ///   many answers a request may ask for.
    private func prepare(
        _ client: ServerClient, _ choice: Experiment.GenerationChoice
    ) async throws -> (ServerClient, topLogProbs: Int?, samplesPerRequest: Int) {
        let options = experiment.languageModels[choice.languageModel]?.options ?? .init()
        let wanted = choice.settings.topLogProbs
        let probe = try await client.probeSampling(
            options, alternatives: wanted ?? GenerationSettings.mostAlternatives)
        if wanted != 0 {
            let refusal = probe.refusals[.logProbs].map { " (it says: \($0))" } ?? ""
            switch probe.topLogProbs {
            case nil:
                progress.report(
                    .note(
                        "the server gives no log-probabilities\(refusal): the pool will have none, and selectors such as self-certainty cannot use it"
                    ))
            case let told? where told < (wanted ?? 1):
                progress.report(
                    .note(
                        "the server tells \(told) alternatives per token\(refusal): self-certainty will be approximate")
                )
            default: break
            }
        }
        if choice.settings.samples > 1, !probe.severalSamples {
            progress.report(.note("the server gives one answer per request: each candidate is a request of its own"))
        }
        if !probe.tellsUsage, experiment.languageModels[choice.languageModel]?.prices != nil {
            progress.report(.note("warning: the server does not tell how many tokens it used: costs will be too low"))
        }
        var server = client.configuration
        server.maxTokensField = probe.maxTokensField
        let asked = server == client.configuration ? client : makeClient(server)
        return (
            asked, wanted == 0 ? nil : probe.topLogProbs, probe.severalSamples ? Self.samplesPerRequest : 1
        )
    }

    private func makeClient(_ server: ServerConfiguration) -> ServerClient {
        ServerClient(server) { [progress] in progress.report(.note($0)) }
    }

    /// The client of a pool's model, as patient as a night of server trouble needs.
    func client(of choice: Experiment.GenerationChoice, _ limits: GenerationLimits) throws -> ServerClient {
        guard let model = experiment.languageModels[choice.languageModel] else {
            throw SelectorError(.unavailable, "There is no language model '\(choice.languageModel)'.")
        }
        var server = model.server
        server.deadlineSeconds = limits.deadlineSeconds ?? server.deadlineSeconds
        server.outageSeconds = server.outageSeconds ?? Self.outageSeconds
        return makeClient(server)
    }

    func stage(
        _ choice: Experiment.GenerationChoice, _ client: ServerClient, _ budget: Budget, topLogProbs: Int?,
        samplesPerRequest: Int
    ) -> GenerationStage {
        let model = experiment.languageModels[choice.languageModel]
        let options = model?.options ?? .init()
        var choice = choice
        choice.settings.vocabularySize = model?.vocabularySize
        return GenerationStage(
            choice: choice, benchmark: experiment.benchmark, client: client, options: options, store: store,
            budget: budget, progress: progress,
            identity: choice.identity(model: ServedLanguageModel(client: client, options: options).fingerprint),
            topLogProbs: topLogProbs, samplesPerRequest: samplesPerRequest)
    }

    /// What the stored answers of a generation cost.
    private func spent(_ identity: String, _ prices: Prices?) throws -> Double {
        guard let prices else { return 0 }
        var sum = 0.0
        let decoder = JSONDecoder()
        try store.forEachGenerated(identity) { json in
            sum += try decoder.decode(GeneratedAnswer.self, from: Data(json.utf8)).cost(prices)
        }
        return sum
    }
}

extension GeneratedKey {
    /// The question that a prompt asks about a problem.
    init(generation: String, problemID: String, messages: GenerationPrompt.Messages) {
        self.init(
            generation: generation, problemID: problemID,
            promptHash: ContentHash.of("prompt", messages.system ?? "", messages.user))
    }
}

extension Experiment.GenerationChoice {
    /// Identifies what answers depend on besides the problem; not how many there are, nor what they are called.
    func identity(model fingerprint: String) -> String {
        var settings = settings
        settings.samples = 0
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let text = String(decoding: (try? encoder.encode(settings)) ?? Data(), as: UTF8.self)
        return ContentHash.of("generation 1", fingerprint, prompt.hash, text)
    }
}

extension Experiment {
    /// Whether a pool that this experiment generates is there, and made as the experiment says.
    ///
    /// - Throws: `DataError` where the pool is missing. A pool that was made otherwise is worth a warning: it may be meant.
    func checkGenerated(_ pool: Pool, progress: any ProgressSink) throws {
        guard let choice = pool.generation, let model = languageModels[choice.languageModel] else { return }
        let file = pool.candidates[0]
        guard FileManager.default.fileExists(atPath: file.path) else {
            throw DataError(
                file: file.relativePath,
                message: "Pool '\(pool.name)' is not generated yet. Run 'bestofn generate' with the same experiment.")
        }
        guard let card = PoolCard(beside: file) else { return }
        var settings = choice.settings
        settings.vocabularySize = model.vocabularySize
        var differences: [String] = []
        if card.model != model.server.model { differences.append("model \(card.model)") }
        if card.prompt.hash != choice.prompt.hash {
            differences.append("another wording of prompt '\(card.prompt.name)'")
        }
        if card.settings.samples != settings.samples { differences.append("\(card.settings.samples) samples") }
        settings.samples = card.settings.samples
        if card.settings != settings { differences.append("other sampling settings") }
        guard !differences.isEmpty else { return }
        progress.report(
            .note(
                "warning: pool \(pool.name) was generated with \(differences.joined(separator: ", ")); the experiment says otherwise. 'bestofn generate' makes it anew."
            ))
    }
}

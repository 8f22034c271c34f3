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

    /// Half a day: a server that fails at night is found restarted in the morning.
    static let outageSeconds = 43_200.0

    /// Asks for what a pool lacks and writes it when it is complete.
    func run(
        _ pool: Experiment.Pool, _ choice: Experiment.GenerationChoice, _ limits: GenerationLimits
    ) async throws -> GeneratedPool {
        let model = experiment.languageModels[choice.languageModel]
        let client = try client(of: choice, limits)
        var stage = stage(
            choice, client, Budget(), topLogProbs: nil, samplesPerRequest: 1)
        let budget = Budget(
            prices: model?.prices, maxCost: limits.maxCost, maxRequests: limits.maxRequests,
            spent: try spent(stage.identity, model?.prices))
        let questions = try problems.records.map { try stage.question($0.problem) }.filter { !$0.samples.isEmpty }
        let total = problems.records.count * choice.settings.samples
        let missing = questions.reduce(0) { $0 + $1.samples.count }
        let name = "generate \(pool.name)"
        progress.report(.began(stage: name, total: total, cached: total - missing, unit: "candidates"))
        stage = self.stage(
            choice, client, budget, topLogProbs: choice.settings.topLogProbs ?? GenerationSettings.mostAlternatives,
            samplesPerRequest: Self.samplesPerRequest)
        let shortfall = missing > 0 ? try await stage.run(questions, stages: stages, name: name) : .init()
        let totals = shortfall.missing == 0 ? try await write(pool, choice, stage) : nil
        return GeneratedPool(
            name: pool.name, file: pool.candidates[0], candidates: total, missing: shortfall.missing,
            reasons: shortfall.reasons, isLimited: shortfall.isLimited, totals: totals, prices: model?.prices)
    }

    /// The client of a pool's model, as patient as a night of server trouble needs.
    func client(of choice: Experiment.GenerationChoice, _ limits: GenerationLimits) throws -> ServerClient {
        guard let model = experiment.languageModels[choice.languageModel] else {
            throw SelectorError(.unavailable, "There is no language model '\(choice.languageModel)'.")
        }
        var server = model.server
        server.deadlineSeconds = limits.deadlineSeconds ?? server.deadlineSeconds
        server.outageSeconds = server.outageSeconds ?? Self.outageSeconds
        return ServerClient(server) { [progress] in progress.report(.note($0)) }
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

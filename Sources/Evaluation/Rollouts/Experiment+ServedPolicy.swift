// SPDX-License-Identifier: Apache-2.0
import Datasets
import Foundation
public import Generation
public import LanguageModels
import RunStore

/// How a served model is asked for completions.
public struct ServedRollouts: Sendable {
    /// The role of the language model in the experiment.
    public var languageModel: String
    /// How the server is told to go on; nil for the continuation prompt.
    public var prefill: Prefill?
    /// How programs are asked for; nil for the prompt of the pools, or Chain-of-Function where they tell none or several.
    public var prompt: GenerationPrompt?
    public var sampling = CompletionSampling()
    public var limits = GenerationLimits()

    public init(languageModel: String) { self.languageModel = languageModel }
}

extension Pipeline {
    /// A language model of the experiment as a policy. Nothing is asked yet.
    ///
    /// - Parameter seed: of the rollouts, whose earlier completions count against the limit of cost.
    /// - Throws: `DataError` for a role that the experiment lacks.
    public func servedPolicy(_ rollouts: ServedRollouts, seed: UInt64) throws -> ServedPolicy {
        guard let model = experiment.languageModels[rollouts.languageModel] else {
            throw DataError(
                file: experiment.name, field: "languageModels",
                message: unknownName(
                    rollouts.languageModel, kind: "language model",
                    available: experiment.languageModels.keys.sorted()))
        }
        var server = model.server
        server.deadlineSeconds = rollouts.limits.deadlineSeconds ?? server.deadlineSeconds
        let client = ServerClient(server)
        func policy(_ budget: Budget) -> ServedPolicy {
            ServedPolicy(
                client: client, options: model.options, prefill: rollouts.prefill,
                prompt: rollouts.prompt ?? experiment.commonPrompt ?? .cof, benchmark: experiment.benchmark,
                sampling: rollouts.sampling, budget: budget, progress: progress)
        }
        let spent = try model.prices.map { prices in
            let tally = try store.tally(policy(Budget()).fingerprint, seed: seed)
            return prices.cost(
                promptTokens: Double(tally.promptTokens), completionTokens: Double(tally.completionTokens))
        }
        return policy(
            Budget(
                prices: model.prices, maxCost: rollouts.limits.maxCost, maxRequests: rollouts.limits.maxRequests,
                spent: spent ?? 0))
    }
}

extension Experiment {
    /// The prompt that all generated pools share.
    var commonPrompt: GenerationPrompt? {
        let prompts = Set(pools.compactMap(\.generation?.prompt))
        return prompts.count == 1 ? prompts.first : nil
    }
}

extension RunStore {
    /// What the completions of a policy were like.
    ///
    /// - Parameters:
    ///   - samples: numbers from this on are left out.
    ///   - isCounted: of which prefixes.
    func tally(
        _ policy: String, seed: UInt64, samples: Int = .max, of isCounted: (PrefixKey) -> Bool = { _ in true }
    ) throws -> CompletionTally {
        var tally = CompletionTally()
        let decoder = JSONDecoder()
        try forEachCompletion(policy: policy, seed: seed, samples: samples) { key, details in
            guard isCounted(key) else { return }
            tally.add(try decoder.decode(Completion.Details.self, from: Data(details.utf8)))
        }
        return tally
    }
}

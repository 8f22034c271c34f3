// SPDX-License-Identifier: Apache-2.0
import Datasets
import Foundation
public import Generation
public import LanguageModels
import PythonSource
import RunStore

/// How a served model is asked for completions.
public struct ServedRollouts: Sendable, Hashable {
    /// How the model is brought to go on where a prefix ends.
    public enum Way: Sendable, Hashable {
        /// As the completions that are stored, else as the server can.
        case found
        /// The model's turn is opened with the prefix, and the server continues it.
        case opened(Prefill)
        /// The model is asked to go on.
        case asked

        /// By the name that experiments and the command line use: `auto`, `none`, or a kind of prefill.
        public init?(name: String) {
            switch name {
            case "auto": self = .found
            case "none": self = .asked
            default:
                guard let prefill = Prefill(rawValue: name) else { return nil }
                self = .opened(prefill)
            }
        }

        public var name: String {
            switch self {
            case .found: "auto"
            case .asked: "none"
            case .opened(let prefill): prefill.rawValue
            }
        }

        public static let names = ["auto", "none"] + Prefill.allCases.map(\.rawValue)
    }

    /// The role of the language model in the experiment.
    public var languageModel: String
    public var way = Way.found
    /// How programs are asked for; nil for the prompt of the pools, or Chain-of-Function where they tell none or several.
    public var prompt: GenerationPrompt?
    public var sampling = CompletionSampling()
    public var limits = GenerationLimits()

    public init(languageModel: String) { self.languageModel = languageModel }
}

extension Pipeline {
    /// A language model of the experiment as a policy.
    ///
    /// A server is asked only where its way of going on is to be found and completions are missing: then by a few tiny requests.
    ///
    /// - Parameter options: of the rollouts, whose earlier completions count against the limit of cost.
    /// - Throws: `DataError` for a role that the experiment lacks; `SelectorError` where the server does not answer.
    public func servedPolicy(_ rollouts: ServedRollouts, _ options: RolloutOptions) async throws -> ServedPolicy {
        guard let model = experiment.languageModels[rollouts.languageModel] else {
            throw DataError(
                file: experiment.name, field: "languageModels",
                message: unknownName(
                    rollouts.languageModel, kind: "language model",
                    available: experiment.languageModels.keys.sorted()))
        }
        guard rollouts.limits.maxCost == nil || model.prices != nil else {
            throw DataError(
                file: experiment.name, field: "languageModels.\(rollouts.languageModel)",
                message:
                    "A limit of cost is given, and there are no prices. Give the model 'prices' (of a million tokens each)."
            )
        }
        var server = model.server
        server.deadlineSeconds = rollouts.limits.deadlineSeconds ?? server.deadlineSeconds
        server.outageSeconds = server.outageSeconds ?? PoolGeneration.outageSeconds
        let prompt = rollouts.prompt ?? experiment.commonPrompt ?? .cof
        func policy(_ prefill: Prefill?, _ server: ServerConfiguration, _ budget: Budget) -> ServedPolicy {
            ServedPolicy(
                client: ServerClient(server) { [progress] in progress.report(.note($0)) }, options: model.options,
                prefill: prefill, prompt: prompt, benchmark: experiment.benchmark, sampling: rollouts.sampling,
                budget: budget, progress: progress)
        }
        let prefill: Prefill?
        switch rollouts.way {
        case .opened(let given): prefill = given
        case .asked: prefill = nil
        case .found:
            let begun = try mostUsed(of: ServedPolicy.waysToContinue.map { policy($0, server, Budget()) }, options)
            if let begun, begun.isComplete {
                prefill = begun.prefill
            } else {
                let probe = try await policy(nil, server, Budget()).client.probePrefills(model.options)
                server.maxTokensField = probe.maxTokensField
                prefill = begun.map(\.prefill) ?? probe.bestPrefill(model.options)
                let way = prefill.map { "the server continues the model's opened turn (\($0.rawValue))" }
                progress.report(.note(way ?? "the server continues no opened turn: the model is asked to go on"))
            }
        }
        let spent = try model.prices.map { prices in
            let tally = try store.tally(policy(prefill, server, Budget()).fingerprint, seed: options.seed)
            return prices.cost(
                promptTokens: Double(tally.promptTokens), completionTokens: Double(tally.completionTokens))
        }
        return policy(
            prefill, server,
            Budget(
                prices: model.prices, maxCost: rollouts.limits.maxCost, maxRequests: rollouts.limits.maxRequests,
                spent: spent ?? 0))
    }

    /// The policy with the most completions in the store; nil where none has any.
    private func mostUsed(
        of policies: [ServedPolicy], _ options: RolloutOptions
    ) throws -> (prefill: Prefill?, isComplete: Bool)? {
        let prefixes = prefixes(stepper: options.stepper.stepper())
        let known = try policies.map { policy in
            let counts = try store.completionCounts(policy: policy.fingerprint, seed: options.seed)
            return (policy.prefill, prefixes.keys.map { min(counts[$0] ?? 0, options.samples) })
        }
        guard let most = known.max(by: { $0.1.reduce(0, +) < $1.1.reduce(0, +) }), most.1.contains(where: { $0 > 0 })
        else { return nil }
        return (most.0, most.1.allSatisfy { $0 == options.samples })
    }
}

extension ServerProbe {
    /// The way to continue an opened turn; nil where there is none to rely on.
    ///
    /// Turns that are laid out here need the model's own template, so they are no way for a model that is asked through the chat endpoint.
    func bestPrefill(_ options: ServedLanguageModel.Options) -> Prefill? {
        let usable =
            options.api == .completions ? [Prefill.completions] : [.continueFinalMessage, .prefix, .lastMessage]
        return usable.first { prefills.contains($0) }
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

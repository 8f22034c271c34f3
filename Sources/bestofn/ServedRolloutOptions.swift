// SPDX-License-Identifier: Apache-2.0
public import ArgumentParser
public import Evaluation
import Foundation
import Generation
import LanguageModels

/// How a language model completes prefixes.
struct ServedRolloutOptions: ParsableArguments {
    @Option(help: "The policy: the role of a language model in the experiment.")
    var languageModel: String?

    @OptionGroup
    var sampling: SamplingOptions

    @Option(
        help: """
            How the server is told to continue the model's turn, which is opened with the prefix: \
            \(Prefill.allCases.map(\.rawValue).joined(separator: ", ")); none, to ask the model to go on; auto, to find out.
            """)
    var prefill = ServedRollouts.Way.found

    @Option(
        help: "How programs are asked for: cof, plain or the path of a template (default: as the pools were, else cof)."
    )
    var prompt: String?

    @Option(
        help:
            "Stop before this much is spent, in the currency of the prices, earlier calls for these rollouts included."
    )
    var maxCost: Double?

    @Option(help: "Stop after this many requests.")
    var maxRequests: Int?

    @Option(help: "Stop after this time: seconds, or 90m, 8h, 2d.")
    var deadline: DurationArgument?

    func validate() throws {
        if let maxCost, !(maxCost > 0) { throw ValidationError("--max-cost must be above 0.") }
        if let maxRequests, maxRequests < 1 { throw ValidationError("--max-requests must be at least 1.") }
    }

    func rollouts(role: String) throws -> ServedRollouts {
        var rollouts = ServedRollouts(languageModel: role)
        rollouts.way = prefill
        rollouts.prompt = try prompt.map { try GenerationPrompt(named: $0, file: URL(fileURLWithPath: $0)) }
        rollouts.sampling = sampling.values
        rollouts.limits = GenerationLimits(
            maxCost: maxCost, maxRequests: maxRequests, deadlineSeconds: deadline?.seconds)
        return rollouts
    }
}

/// How completions are drawn.
struct SamplingOptions: ParsableArguments {
    @Option(help: "Sampling temperature.")
    var temperature = CompletionSampling().temperature

    @Option(name: .customLong("top-p"), help: "Nucleus sampling: the share of probability to draw from.")
    var topP = CompletionSampling().topP ?? 1

    @Option(help: "The most tokens that one completion may have.")
    var maxTokens = CompletionSampling().maxTokens

    func validate() throws {
        guard temperature >= 0 else { throw ValidationError("--temperature must be at least 0.") }
        guard topP > 0, topP <= 1 else { throw ValidationError("--top-p must be above 0 and at most 1.") }
        guard maxTokens >= 1 else { throw ValidationError("--max-tokens must be at least 1.") }
    }

    var values: CompletionSampling {
        CompletionSampling(temperature: temperature, topP: topP, maxTokens: maxTokens)
    }
}

extension ServedRollouts.Way: ExpressibleByArgument {
    public init?(argument: String) { self.init(name: argument) }

    public var defaultValueDescription: String { name }
    public static var allValueStrings: [String] { names }
}

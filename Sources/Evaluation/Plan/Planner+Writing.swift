// SPDX-License-Identifier: Apache-2.0
import ContentHash
import Datasets
import Foundation
import Generation
import LanguageModels
import PythonSource
import RunStore
import SelectorKit

// What language models write: candidates and completions.
extension Planner {
    func generationStages(_ part: PlannedPart, _ basis: inout PlanBasis) throws -> [Plan.Stage] {
        var stages: [Plan.Stage] = []
        for pool in part.pools {
            guard let choice = pool.pool.generation, let questions = try part.questions(pool.pool) else { continue }
            let samples = choice.settings.samples
            let answerTokens = basis.answerTokens(pool)
            var (missing, count, tokens, tokensOneByOne) = (0, 0, 0.0, 0.0)
            for (key, messages) in questions {
                let known = try basis.store?.generatedSamples(key).count { $0 < samples } ?? 0
                guard known < samples else { continue }
                let requests = PoolGeneration.requests(forSamples: samples - known)
                let prompt = basis.tokens(of: messages.system, messages.user)
                missing += samples - known
                count += requests
                tokens += prompt * Double(requests)
                tokensOneByOne += prompt * Double(samples - known)
            }
            let total = questions.count * samples
            stages.append(
                Plan.Stage(
                    kind: .generate, name: pool.pool.name, unit: "candidates", total: total, known: total - missing,
                    requests: requests(
                        choice.languageModel, count: count, oneByOne: missing, promptTokens: tokens,
                        promptTokensOneByOne: tokensOneByOne, completionTokens: Double(missing) * answerTokens),
                    note: nil))
        }
        return stages
    }

    /// A prefix to complete.
    private struct Prefix {
        var problem: Problem
        var text: String
        /// Characters of a program that begins with it, behind it.
        var rest: Int
    }

    /// - Returns: the stages, how many completions they give in all, and what a reader must know.
    func rolloutStages(
        _ part: PlannedPart, _ basis: inout PlanBasis
    ) throws -> (stages: [Plan.Stage], completions: Int, notes: [String]) {
        var stages: [Plan.Stage] = []
        var notes: [String] = []
        // What the experiment itself trains on drawn completions; equal draws of several models are one.
        var drawn: Set<TrainedModelChoice.Labels> = []
        for (role, choice) in experiment.rewardModels.sorted(by: { $0.key < $1.key }) {
            guard case .trained(let model) = choice, drawn.insert(model.labels).inserted else { continue }
            switch model.labels {
            case .poolShare, .file: break
            case .lattice(_, _, let samples, _):
                let count = prefixes(of: part, pools: model.pools, stepper: model.stepper.stepper()).count * samples
                stages.append(
                    Plan.Stage(
                        kind: .rollouts, name: "for \(role)", unit: "completions", total: count, known: 0,
                        requests: nil, note: "drawn from a lattice; what is known of them already is not counted out"))
            case .served(let served, let samples, let seed):
                stages.append(
                    try stage(
                        "for \(role)", served, RolloutOptions(stepper: model.stepper, samples: samples, seed: seed),
                        pools: model.pools, part, basis))
            }
        }
        if let samples = options.completions ?? (experiment.selectors.isEmpty ? 8 : nil), samples > 0 {
            let first = part.pools.compactMap(\.pool.generation?.languageModel).first
            if let role = options.completingModel ?? first ?? experiment.languageModels.keys.sorted().first {
                if options.completingModel == nil, experiment.languageModels.count > 1 {
                    notes.append("'\(role)' is taken to complete the prefixes; --language-model names another.")
                }
                var served = ServedRollouts(languageModel: role)
                served.sampling = options.sampling
                stages.append(
                    try stage(
                        nil, served,
                        RolloutOptions(stepper: options.stepper, samples: samples, seed: options.seed), pools: [], part,
                        basis))
            } else {
                notes.append("No rollouts are planned: the experiment has no language model to complete prefixes.")
            }
        } else if stages.isEmpty {
            notes.append("No rollouts are planned; --completions K plans them.")
        }
        return (stages, stages.reduce(0) { $0 + $1.total }, notes)
    }

    /// Completions by a served model.
    ///
    /// - Parameter name: nil for one that tells the numbers.
    private func stage(
        _ name: String?, _ served: ServedRollouts, _ options: RolloutOptions, pools: [String], _ part: PlannedPart,
        _ basis: PlanBasis
    ) throws -> Plan.Stage {
        guard let model = experiment.languageModels[served.languageModel] else {
            throw DataError(
                file: experiment.name, field: "languageModels",
                message: unknownName(
                    served.languageModel, kind: "language model",
                    available: experiment.languageModels.keys.sorted()))
        }
        let prefixes = prefixes(of: part, pools: pools, stepper: options.stepper.stepper())
        let known = try knownCompletions(prefixes, model, served, options, basis.store)
        let prompt = ContinuationPrompt(.prefilled, of: experiment.commonPrompt ?? .cof)
        var (missing, count, tokens, tokensOneByOne, written) = (0, 0, 0.0, 0.0, 0.0)
        for (key, prefix) in prefixes {
            let left = options.samples - min(options.samples, known[key] ?? 0)
            guard left > 0 else { continue }
            let messages = prompt.messages(
                continuing: prefix.text, of: prefix.problem, benchmark: experiment.benchmark)
            let promptTokens = basis.tokens(of: messages.system, messages.user, messages.assistant)
            let requests = PoolGeneration.requests(forSamples: left)
            missing += left
            count += requests
            tokens += promptTokens * Double(requests)
            tokensOneByOne += promptTokens * Double(left)
            written += Double(left) * (Double(prefix.rest) / basis.charactersPerToken)
        }
        let total = prefixes.count * options.samples
        return Plan.Stage(
            kind: .rollouts, name: name ?? "\(prefixes.count) prefixes × \(options.samples)", unit: "completions",
            total: total, known: total - missing,
            requests: requests(
                served.languageModel, count: count, oneByOne: missing, promptTokens: tokens,
                promptTokensOneByOne: tokensOneByOne, completionTokens: written),
            note: "a completion is taken to be as long as the rest of the program that the prefix comes from")
    }

    /// The distinct prefixes that end before their program does.
    private func prefixes(of part: PlannedPart, pools: [String], stepper: any Stepper) -> [PrefixKey: Prefix] {
        var prefixes: [PrefixKey: Prefix] = [:]
        for pool in part.pools where pools.isEmpty || pools.contains(pool.pool.name) {
            for item in pool.items {
                for program in Set(item.pool.candidates.map(\.program)).sorted() {
                    for end in stepper.steps(of: program).prefixEnds.dropLast() where end > 0 {
                        let text = String(decoding: program.utf8.prefix(end), as: UTF8.self)
                        let key = PrefixKey(problemID: item.pool.problem.id, hash: ContentHash.sha256(text))
                        prefixes[key] =
                            prefixes[key]
                            ?? Prefix(problem: item.pool.problem, text: text, rest: program.utf8.count - end)
                    }
                }
            }
        }
        return prefixes
    }

    /// How many completions of each prefix are stored, by the way of continuing that has most: that is the way that rollouts go on with.
    private func knownCompletions(
        _ prefixes: [PrefixKey: Prefix], _ model: Experiment.LanguageModelChoice, _ served: ServedRollouts,
        _ options: RolloutOptions, _ store: RunStore?
    ) throws -> [PrefixKey: Int] {
        guard let store else { return [:] }
        let client = ServerClient(model.server)
        let counts = try ServedPolicy.waysToContinue.map { prefill in
            let policy = ServedPolicy(
                client: client, options: model.options, prefill: prefill, prompt: experiment.commonPrompt ?? .cof,
                benchmark: experiment.benchmark, sampling: served.sampling)
            return try store.completionCounts(policy: policy.fingerprint, seed: options.seed)
                .filter { prefixes[$0.key] != nil }
        }
        return counts.max { $0.values.reduce(0, +) < $1.values.reduce(0, +) } ?? [:]
    }
}

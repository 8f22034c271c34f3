// SPDX-License-Identifier: Apache-2.0
import Execution
import Foundation
import PluginHost
import RunStore
import SelectorKit

extension Pipeline {
    /// Lets every selector score every pool.
    func score() async throws -> [RunResult.ScoringFailure] {
        do {
            let failures = try await scoreAll()
            await shutDownSelectors()
            return failures
        } catch {
            await shutDownSelectors()
            throw error
        }
    }

    private func shutDownSelectors() async {
        await programRunner?.shutDown()
        for selector in chosen { await (selector.selector as? ProcessSelector)?.shutDown() }
    }

    private func scoreAll() async throws -> [RunResult.ScoringFailure] {
        let start = ContinuousClock.now
        let pools = scoringPools
        let plans = try scoringPlans(services)
        let total = plans.count * pools.reduce(0) { $0 + $1.items.count }
        let known = plans.reduce(0) { sum, plan in
            sum + pools.reduce(0) { $0 + plan.stage.cachedCount($1.items, cached: plan.cached) }
        }
        guard total > 0 else { return [] }
        if experiment.subsets == 0 { try store.removeSubsets() }
        progress.report(.began(stage: "score", total: total, cached: known, unit: "problem × selector"))
        var failures: [RunResult.ScoringFailure] = []
        for pool in pools {
            var given: [String: [String: PoolScores]] = [:]
            for (stage, cached) in plans {
                let outcomes = try await stage.run(pool.items, cached: cached, given: given)
                if let message = outcomes.message {
                    failures.append(
                        .init(
                            selector: stage.chosen.label, pool: pool.name, problems: outcomes.failures,
                            message: message))
                }
                given[stage.chosen.label] = outcomes.byProblem
            }
            guard experiment.subsets > 0 else { continue }
            let subsets = SubsetStage(
                plans: plans.map(\.stage), draws: experiment.subsets, seed: experiment.seed, store: store,
                progress: progress, workers: workers)
            failures += try await subsets.run(pool.items, pool: pool.name, given: given)
        }
        let seconds = stages.record("score", since: start)
        if known < total { progress.report(.finished(stage: "score", seconds: seconds)) }
        return failures
    }

    private var workers: Int { experiment.execution.workers ?? ProcessInfo.processInfo.activeProcessorCount }

    /// Each pool, problem by problem.
    var scoringPools: [(name: String, items: [ScoringItem])] {
        pools.map { pool in
            let items = pool.scoringItems(problems, generatedTests: generatedTests)
            return (pool.name, items.filter { isMine($0.pool.problem.id) })
        }
    }

    /// What the experiment provides to selectors.
    var services: ScoringServices {
        var services = provided
        if chosen.contains(where: { $0.selector.descriptor.requirements.contains(.corpus) }) {
            for pool in pools { services.corpora[pool.name] = pool.corpus }
        }
        return services
    }

    /// One stage per selector, in an order in which each finds the scores it needs, with the scores that are known already.
    func scoringPlans(_ services: ScoringServices) throws -> [(stage: ScoringStage, cached: [ScoreKey: CachedScore])] {
        var fingerprints: [String: String] = [:]
        return try inOrderOfNeed(chosen).map { selector in
            let needed = selector.selector.descriptor.neededScores
            // A server answers many requests at once; problems wait for it, not for a processor.
            let served = selector.selector.descriptor.requirements.compactMap { requirement -> Int? in
                switch requirement {
                case .rewardModel(let role), .languageModel(let role): services.concurrency[role]
                default: nil
                }
            }
            let stage = ScoringStage(
                chosen: selector, seed: experiment.seed, services: services,
                others: fingerprints.filter { needed.contains($0.key) }, store: store, progress: progress,
                workers: max(workers, served.max() ?? 1))
            fingerprints[selector.label] = stage.fingerprint
            return (stage, try store.scores(fingerprint: stage.fingerprint))
        }
    }
}

/// Sorts selectors so that each comes after those whose scores it needs, keeping their order otherwise.
///
/// - Throws: `SelectorError` for a label that no selector has, and for selectors that need one another.
func inOrderOfNeed(_ chosen: [ChosenSelector]) throws -> [ChosenSelector] {
    let labels = chosen.map(\.label)
    var ordered: [ChosenSelector] = []
    var waiting = chosen
    for selector in chosen {
        for needed in selector.selector.descriptor.neededScores where !labels.contains(needed) {
            throw SelectorError(
                .invalidOption,
                "Selector '\(selector.label)' builds on the scores of "
                    + unknownName(needed, kind: "selector", available: labels.filter { $0 != selector.label }))
        }
    }
    while !waiting.isEmpty {
        let placed = Set(ordered.map(\.label))
        guard let next = waiting.firstIndex(where: { placed.isSuperset(of: $0.selector.descriptor.neededScores) })
        else {
            throw SelectorError(
                .invalidOption,
                "The selectors \(waiting.map { "'\($0.label)'" }.joined(separator: ", ")) need one another's scores; none can be first."
            )
        }
        ordered.append(waiting.remove(at: next))
    }
    return ordered
}

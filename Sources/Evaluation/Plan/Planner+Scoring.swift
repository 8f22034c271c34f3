// SPDX-License-Identifier: Apache-2.0
import Foundation
import LanguageModels
import RewardModels
import RunStore
import SelectorKit

extension Planner {
    /// What selectors would ask of served models, pool by pool: each chooses once with models that count.
    func scoringStages(_ part: PlannedPart, _ basis: inout PlanBasis) async throws -> [Plan.Stage] {
        guard !chosen.isEmpty else { return [] }
        var counters: [String: RequestCounter] = [:]
        var services = ScoringServices()
        var inProcess: Set<String> = []
        for (role, choice) in experiment.rewardModels {
            guard case .served(let server, let options) = choice else {
                inProcess.insert(role)
                services.rewardModels[role] = HalfRewardModel()
                continue
            }
            let counter = RequestCounter()
            counters[role] = counter
            services.rewardModels[role] = CountingRewardModel(
                model: ServedRewardModel(client: ServerClient(server), options: options), store: basis.store,
                counter: counter)
        }
        let judgeTokens = basis.judgeTokens(isUsed: !experiment.languageModels.isEmpty && asksLanguageModels)
        for (role, choice) in experiment.languageModels {
            // A role may name both kinds of model; then both count as one.
            let counter = counters[role] ?? RequestCounter()
            counters[role] = counter
            services.languageModels[role] = CountingLanguageModel(
                fingerprint: ServedLanguageModel(client: ServerClient(choice.server), options: choice.options)
                    .fingerprint, store: basis.store, counter: counter, answerTokens: judgeTokens)
        }
        return try await withTemporaryStore(basis.store) { store in
            var stages: [Plan.Stage] = []
            for pool in part.pools {
                stages += try await scoringStages(pool, services, counters, store, basis)
            }
            return stages
        }
    }

    private var asksLanguageModels: Bool {
        chosen.contains {
            $0.selector.descriptor.requirements.contains { if case .languageModel = $0 { true } else { false } }
        }
    }

    private func scoringStages(
        _ pool: PlannedPool, _ services: ScoringServices, _ counters: [String: RequestCounter], _ store: RunStore,
        _ basis: PlanBasis
    ) async throws -> [Plan.Stage] {
        var stages: [Plan.Stage] = []
        for selector in chosen {
            let roles = selector.selector.descriptor.requirements.compactMap { requirement -> String? in
                switch requirement {
                case .rewardModel(let role), .languageModel(let role): counters[role] == nil ? nil : role
                default: nil
                }
            }
            guard let role = roles.first, let counter = counters[role] else { continue }
            let stage = ScoringStage(
                chosen: selector, seed: experiment.seed, services: services, others: [:], store: store,
                progress: SilentProgress(), workers: 1)
            var failure: String?
            for item in pool.items {
                do {
                    _ = try await stage.freshScores(of: item, given: [:])
                } catch let error as CancellationError {
                    throw error
                } catch {
                    // Counting models answer nothing that a judge could read; what was asked counts all the same.
                    failure = failure ?? "\(error)"
                }
            }
            let counted = counter.take()
            if counted.asked + counted.known == 0 {
                stages.append(
                    Plan.Stage(
                        kind: .score, name: "\(selector.label) on \(pool.pool.name)", unit: "requests", total: 0,
                        known: 0, requests: nil,
                        note: failure ?? "asks for nothing that the selectors before it have not asked for"))
                continue
            }
            let tokens = basis.tokens(characters: counted.promptCharacters, messages: counted.messages)
            stages.append(
                Plan.Stage(
                    kind: .score, name: "\(selector.label) on \(pool.pool.name)", unit: "requests",
                    total: counted.asked + counted.known, known: counted.known,
                    requests: requests(
                        role, count: counted.asked, oneByOne: counted.asked, promptTokens: tokens,
                        promptTokensOneByOne: tokens, completionTokens: counted.completionTokens),
                    note: nil))
        }
        return stages
    }

    /// A store to hand to stages that write nothing: the run's, or an empty one for as long as it takes.
    private func withTemporaryStore<Result>(
        _ store: RunStore?, _ body: (RunStore) async throws -> Result
    ) async throws -> Result {
        if let store { return try await body(store) }
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("bestofn-plan-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        return try await body(try RunStore(directory: folder))
    }
}

/// Stands in for models that run in process: they cost no request.
private struct HalfRewardModel: RewardModel {
    let fingerprint = "plan"

    func rewards(for prefixes: [String], of problem: Problem) async throws -> PrefixRewards {
        PrefixRewards([Double](repeating: 0.5, count: prefixes.count))
    }
}

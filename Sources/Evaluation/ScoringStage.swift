// SPDX-License-Identifier: Apache-2.0
import ContentHash
import Foundation
import RunStore
import SelectorKit

/// What one selector is given of one problem.
struct ScoringItem: Sendable {
    var pool: CandidatePool
    var publicTests: [TestExample]
    var generatedTests: [ProgramInput]
}

/// What selectors may be given besides the pool, as far as the experiment provides it.
struct ScoringServices: Sendable {
    var languageModels: [String: any LanguageModel] = [:]
    var rewardModels: [String: any RewardModel] = [:]
    var programRunner: (any ProgramRunner)?
    /// Identifies what programs give: how they are run, and by what.
    var programRunnerFingerprint = ""
    /// How many requests the model of a role bears at the same time, by role; nothing for models that are no servers.
    var concurrency: [String: Int] = [:]
    /// By pool name.
    var corpora: [String: PoolCorpus] = [:]

    /// For the manifest, sorted by role.
    var modelFingerprints: [RunManifest.Model] {
        let rewards = rewardModels.map { RunManifest.Model(role: $0.key, fingerprint: $0.value.fingerprint) }
        let languages = languageModels.map { RunManifest.Model(role: $0.key, fingerprint: $0.value.fingerprint) }
        return (rewards + languages).sorted { ($0.role, $0.fingerprint) < ($1.role, $1.fingerprint) }
    }
}

/// Lets one selector score one pool, problem by problem, reusing every score that the store has.
struct ScoringStage: Sendable {
    let chosen: ChosenSelector
    let seed: UInt64
    let services: ScoringServices
    /// The fingerprints of the selectors whose scores this one needs, by label.
    let others: [String: String]
    let store: RunStore
    let progress: any ProgressSink
    let workers: Int

    /// Identifies everything about the selector that can change a score: itself, its options, the seed, and the models it is given.
    var fingerprint: String {
        let descriptor = chosen.selector.descriptor
        var parts = [
            "selector", descriptor.name, "\(descriptor.version)", descriptor.scope.rawValue, chosen.options, "\(seed)",
        ]
        for requirement in descriptor.requirements.sorted() {
            switch requirement {
            case .rewardModel(let role): parts.append(services.rewardModels[role]?.fingerprint ?? "")
            case .languageModel(let role): parts.append(services.languageModels[role]?.fingerprint ?? "")
            case .scores(let label): parts.append(others[label] ?? "")
            case .execution: parts.append(services.programRunnerFingerprint)
            case .tokenStatistics, .publicTests, .generatedTests, .corpus: break
            }
        }
        return ContentHash.of(parts)
    }

    /// Scores every item of `items`, all of one pool, and stores the results.
    ///
    /// - Parameter given: what other selectors gave, by label and problem.
    func run(
        _ items: [ScoringItem], cached: [ScoreKey: CachedScore], given: [String: [String: PoolScores]]
    ) async throws -> Outcomes {
        let outcomes = OutcomeCollector()
        var iterator = items.makeIterator()
        try await forEachBounded(limit: workers) {
            iterator.next()
        } work: { item in
            let isKnown = keys(for: item).allSatisfy { cached[$0] != nil }
            let outcome = try await score(item, cached: cached, given: given)
            await outcomes.add(outcome, of: item.pool.problem.id)
            if !isKnown { progress.report(.advanced(failed: outcome.failure != nil)) }
        }
        return await outcomes.all
    }

    /// What a selector gave the problems of one pool.
    struct Outcomes: Sendable {
        var byProblem: [String: PoolScores] = [:]
        var failures = 0
        /// The first failure's.
        var message: String?
    }

    /// How many of the pools are scored already.
    func cachedCount(_ items: [ScoringItem], cached: [ScoreKey: CachedScore]) -> Int {
        items.count { item in keys(for: item).allSatisfy { cached[$0] != nil } }
    }

    /// Identifies the selector and all that it sees of a problem.
    func identity(of item: ScoringItem) -> String {
        ContentHash.of(keys(for: item).flatMap { [$0.fingerprint, $0.problemHash, $0.poolHash, $0.candidateHash] })
    }

    /// What the selector says of candidates, neither read from the store nor kept there.
    ///
    /// - Parameter given: what other selectors gave for the same candidates, by label and problem.
    func freshScores(of item: ScoringItem, given: [String: [String: PoolScores]]) async throws -> [CandidateScore] {
        let part = item.pool.showing(chosen.selector.descriptor.requirements)
        return try await scores(of: part, item, given: given, meter: CostMeter()).scores
    }

    private func scores(
        of part: CandidatePool, _ item: ScoringItem, given: [String: [String: PoolScores]], meter: CostMeter
    ) async throws -> (scores: [CandidateScore], otherSeconds: Double) {
        let (others, otherSeconds) = try otherScores(of: part.problem, given: given)
        let context = SelectionContext(
            for: chosen.selector.descriptor, seed: seed(for: part.problem),
            services: .init(
                languageModels: services.languageModels, rewardModels: services.rewardModels,
                publicTests: item.publicTests, generatedTests: item.generatedTests,
                programRunner: services.programRunner, corpus: services.corpora[part.name], otherScores: others),
            cost: meter)
        let scores = try await chosen.selector.score(part, in: context)
        try check(scores, of: part)
        return (scores, otherSeconds)
    }

    private func keys(for item: ScoringItem) -> [ScoreKey] {
        let descriptor = chosen.selector.descriptor
        let visible = item.pool.showing(descriptor.requirements)
        let problemHash = hash(of: item, for: descriptor)
        let candidateHashes = visible.candidates.map { hash(of: $0) }
        var poolHash = ""
        if descriptor.scope == .pool {
            var hash = ContentHash()
            for (candidate, candidateHash) in zip(visible.candidates, candidateHashes) {
                hash.add(candidate.id.description)
                hash.add(candidateHash)
            }
            poolHash = hash.hexDigest()
        }
        // Equal candidates of a pool-scoped selector may still get different scores (as of `first`): their place is part of the key.
        return candidateHashes.enumerated().map { index, hash in
            ScoreKey(
                fingerprint: fingerprint, problemHash: problemHash,
                candidateHash: descriptor.scope == .pool ? "\(index) \(hash)" : hash, poolHash: poolHash)
        }
    }

    /// Identifies the problem with everything else that the selector sees besides candidates.
    private func hash(of item: ScoringItem, for descriptor: SelectorDescriptor) -> String {
        func text(_ value: some Encodable) -> String {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys]
            return String(decoding: (try? encoder.encode(value)) ?? Data(), as: UTF8.self)
        }
        var parts = ["problem", text(item.pool.problem)]
        if descriptor.requirements.contains(.publicTests) { parts.append(text(item.publicTests)) }
        if descriptor.requirements.contains(.generatedTests) { parts.append(text(item.generatedTests)) }
        if descriptor.requirements.contains(.corpus) {
            parts.append(services.corpora[item.pool.name]?.fingerprint ?? "")
        }
        return ContentHash.of(parts)
    }

    private func hash(of candidate: Candidate) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let tokens = candidate.tokens.flatMap { try? encoder.encode($0) } ?? Data()
        return ContentHash.of("candidate", candidate.program, String(decoding: tokens, as: UTF8.self))
    }

    /// Scores one problem.
    private func score(
        _ item: ScoringItem, cached: [ScoreKey: CachedScore], given: [String: [String: PoolScores]]
    ) async throws -> PoolScores {
        let descriptor = chosen.selector.descriptor
        let pool = item.pool
        let keys = keys(for: item)
        var results = keys.map { cached[$0] }
        // A candidate's score does not depend on the others where the selector says so; then only new candidates are scored, each once.
        var wanted = results.indices.filter { results[$0] == nil }
        if descriptor.scope == .pool, !wanted.isEmpty { wanted = Array(results.indices) }
        var firstPlace: [ScoreKey: Int] = [:]
        if descriptor.scope == .candidate {
            wanted = wanted.filter { index in
                if firstPlace[keys[index]] != nil { return false }
                firstPlace[keys[index]] = index
                return true
            }
        }
        var outcome: PoolScores?
        if !wanted.isEmpty {
            var part = pool.showing(descriptor.requirements)
            part.candidates = wanted.map { part.candidates[$0] }
            let meter = CostMeter()
            let clock = ContinuousClock()
            let start = clock.now
            do {
                let (scores, otherSeconds) = try await scores(of: part, item, given: given, meter: meter)
                let seconds = (clock.now - start) / .seconds(1) + otherSeconds
                let share = meter.total.split(among: wanted.count)
                for (place, index) in wanted.enumerated() {
                    results[index] = CachedScore(
                        score: scores[place], cost: share[place], wallSeconds: seconds / Double(wanted.count))
                }
            } catch let error as CancellationError {
                throw error
            } catch {
                outcome = .failed(message: "\(error)")
            }
        }
        for index in results.indices where results[index] == nil {
            results[index] = firstPlace[keys[index]].flatMap { results[$0] }
        }
        let complete = results.compactMap(\.self)
        let final =
            outcome
            ?? .scored(
                complete.map(\.score), cost: complete.reduce(.zero) { $0 + $1.cost },
                wallSeconds: complete.reduce(0) { $0 + $1.wallSeconds })
        let fresh = wanted.compactMap { index in results[index].map { (key: keys[index], value: $0) } }
        try store.record(fresh, selector: chosen.label, pool: pool.name, problem: pool.problem.id, outcome: final)
        return final
    }

    /// The scores of the selectors that this one builds on, and the seconds those took.
    private func otherScores(
        of problem: Problem, given: [String: [String: PoolScores]]
    ) throws -> (scores: [String: OtherScores], seconds: Double) {
        var scores: [String: OtherScores] = [:]
        var seconds = 0.0
        for label in chosen.selector.descriptor.neededScores {
            switch given[label]?[problem.id] {
            case .scored(let values, let cost, let wallSeconds):
                scores[label] = OtherScores(scores: values, cost: cost)
                seconds += wallSeconds
            case .failed(let message):
                throw SelectorError(
                    .unavailable, "Selector '\(label)', whose scores '\(chosen.label)' needs, failed: \(message)")
            case nil: break
            }
        }
        return (scores, seconds)
    }

    private func check(_ scores: [CandidateScore], of pool: CandidatePool) throws {
        guard scores.count == pool.candidates.count else {
            throw SelectorError(
                .contractViolation,
                "Selector '\(chosen.label)' returned \(scores.count) scores for the \(pool.candidates.count) candidates of problem "
                    + "'\(pool.problem.id)'.")
        }
        for (candidate, score) in zip(pool.candidates, scores) {
            guard case .value(let value, let steps) = score else { continue }
            guard value.isFinite, steps.allSatisfy(\.isFinite) else {
                throw SelectorError(
                    .contractViolation,
                    "Selector '\(chosen.label)' gave candidate \(candidate.id) of problem '\(pool.problem.id)' a score that is not finite. "
                        + "Reject the candidate instead.")
            }
        }
    }

    private func seed(for problem: Problem) -> UInt64 {
        let hash = ContentHash.of("seed", "\(seed)", chosen.selector.descriptor.name, problem.id)
        return UInt64(hash.prefix(16), radix: 16) ?? 0
    }
}

/// Gathers outcomes of problems that are scored at the same time.
private actor OutcomeCollector {
    private(set) var all = ScoringStage.Outcomes()

    func add(_ outcome: PoolScores, of problemID: String) {
        all.byProblem[problemID] = outcome
        guard let message = outcome.failure else { return }
        all.failures += 1
        if all.message == nil { all.message = message }
    }
}

extension PoolScores {
    fileprivate var failure: String? {
        if case .failed(let message) = self { message } else { nil }
    }
}

extension SelectorDescriptor {
    /// The labels of the selectors whose scores this one needs, sorted.
    var neededScores: [String] {
        requirements.sorted().compactMap { if case .scores(let label) = $0 { label } else { nil } }
    }
}

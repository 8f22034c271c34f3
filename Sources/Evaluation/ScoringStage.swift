// SPDX-License-Identifier: Apache-2.0
import ContentHash
import Foundation
import RunStore
import SelectorKit

/// Lets one selector score one pool, problem by problem, reusing every score that the store has.
struct ScoringStage: Sendable {
    let chosen: ChosenSelector
    let seed: UInt64
    let store: RunStore
    let progress: any ProgressSink
    let workers: Int

    /// Identifies everything about the selector that can change a score.
    var fingerprint: String {
        let descriptor = chosen.selector.descriptor
        return ContentHash.of(
            "selector", descriptor.name, "\(descriptor.version)", descriptor.scope.rawValue, chosen.options, "\(seed)")
    }

    /// Scores every pool of `pools` and stores the results.
    ///
    /// - Returns: the message of the first problem that could not be scored, and how many there were.
    func run(
        _ pools: [(pool: CandidatePool, publicTests: [TestExample])], cached: [ScoreKey: CachedScore]
    ) async throws -> (failures: Int, firstMessage: String?) {
        let failures = FailureCount()
        var iterator = pools.makeIterator()
        try await forEachBounded(limit: workers) {
            iterator.next()
        } work: { item in
            let isKnown = keys(for: item.pool).allSatisfy { cached[$0] != nil }
            let message = try await score(item.pool, publicTests: item.publicTests, cached: cached)
            if let message { await failures.add(message) }
            if !isKnown { progress.report(.advanced(failed: message != nil)) }
        }
        return await failures.total
    }

    /// How many of the pools are scored already.
    func cachedCount(_ pools: [CandidatePool], cached: [ScoreKey: CachedScore]) -> Int {
        pools.count { pool in keys(for: pool).allSatisfy { cached[$0] != nil } }
    }

    private func keys(for pool: CandidatePool) -> [ScoreKey] {
        let descriptor = chosen.selector.descriptor
        let visible = pool.showing(descriptor.requirements)
        let problemHash = hash(of: pool.problem)
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

    private func hash(of problem: Problem) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        return ContentHash.of("problem", String(decoding: (try? encoder.encode(problem)) ?? Data(), as: UTF8.self))
    }

    private func hash(of candidate: Candidate) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let tokens = candidate.tokens.flatMap { try? encoder.encode($0) } ?? Data()
        return ContentHash.of("candidate", candidate.program, String(decoding: tokens, as: UTF8.self))
    }

    /// Scores one problem; returns a message when the selector fails.
    private func score(
        _ pool: CandidatePool, publicTests: [TestExample], cached: [ScoreKey: CachedScore]
    ) async throws -> String? {
        let selector = chosen.selector
        let descriptor = selector.descriptor
        let keys = keys(for: pool)
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
            let context = SelectionContext(
                for: descriptor, seed: seed(for: pool.problem), services: .init(publicTests: publicTests), cost: meter)
            let clock = ContinuousClock()
            let start = clock.now
            do {
                let scores = try await selector.score(part, in: context)
                try check(scores, of: part)
                let seconds = clock.now - start
                let share = meter.total.split(among: wanted.count)
                for (place, index) in wanted.enumerated() {
                    results[index] = CachedScore(
                        score: scores[place], cost: share[place],
                        wallSeconds: seconds / .seconds(1) / Double(wanted.count))
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
        if outcome == nil {
            outcome = .scored(
                complete.map(\.score), cost: complete.reduce(.zero) { $0 + $1.cost },
                wallSeconds: complete.reduce(0) { $0 + $1.wallSeconds })
        }
        guard let outcome else { return nil }
        let fresh = wanted.compactMap { index in results[index].map { (key: keys[index], value: $0) } }
        try store.record(fresh, selector: chosen.label, pool: pool.name, problem: pool.problem.id, outcome: outcome)
        if case .failed(let message) = outcome { return message }
        return nil
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

/// Counts what failed.
private actor FailureCount {
    private var count = 0
    private var message: String?

    func add(_ message: String) {
        count += 1
        if self.message == nil { self.message = message }
    }

    var total: (failures: Int, firstMessage: String?) { (count, message) }
}

extension Cost {
    /// The cost in `count` parts that add up to it.
    fileprivate func split(among count: Int) -> [Cost] {
        (0..<count).map { index in
            func part(_ total: Int) -> Int { total / count + (index < total % count ? 1 : 0) }
            return Cost(
                calls: part(calls), promptTokens: part(promptTokens), completionTokens: part(completionTokens),
                forwardPasses: part(forwardPasses), executions: part(executions), cpuSeconds: cpuSeconds / Double(count)
            )
        }
    }
}

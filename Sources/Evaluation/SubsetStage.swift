// SPDX-License-Identifier: Apache-2.0
import ContentHash
import Metrics
import RunStore
import SelectorKit
import Statistics

/// Lets selectors that compare candidates choose from random subsets of each problem's candidates, which tells how they would fare with fewer.
///
/// For selectors that score candidates one by one the same is computed exactly from their scores, and no subset is drawn.
struct SubsetStage: Sendable {
    /// All selectors of the experiment in an order in which each finds the scores it needs.
    let plans: [ScoringStage]
    /// How many subsets of each size.
    let draws: Int
    let seed: UInt64
    let store: RunStore
    let progress: any ProgressSink
    let workers: Int

    /// The selectors that choose from subsets: those that compare candidates and ask no model, since every subset would be asked for anew.
    var drawn: [ScoringStage] {
        var asking: Set<String> = []
        return plans.filter { plan in
            let descriptor = plan.chosen.selector.descriptor
            if descriptor.scope == .pool, descriptor.asksModel || !asking.isDisjoint(with: descriptor.neededScores) {
                asking.insert(plan.chosen.label)
                return false
            }
            return descriptor.scope == .pool
        }
    }

    /// Draws what is missing for the items of one pool.
    ///
    /// - Parameter given: what the selectors gave for all candidates, by label and problem.
    /// - Returns: the first failure of each selector that failed on any problem, with how many it failed on.
    func run(
        _ items: [ScoringItem], pool: String, given: [String: [String: PoolScores]]
    ) async throws -> [RunResult.ScoringFailure] {
        let drawn = self.drawn
        guard !drawn.isEmpty else { return [] }
        var known: [String: [String: String]] = [:]
        for plan in drawn {
            known[plan.chosen.label] = try store.subsetKeys(selector: plan.chosen.label, pool: pool)
        }
        var waiting: [(item: ScoringItem, keys: [String: String])] = []
        for item in items where (3...BestOfNCurves.mostDrawnCandidates).contains(item.pool.candidates.count) {
            let problem = item.pool.problem.id
            let keys = Dictionary(uniqueKeysWithValues: drawn.map { ($0.chosen.label, key(of: $0, for: item)) })
            if keys.contains(where: { known[$0.key]?[problem] != $0.value }) { waiting.append((item, keys)) }
        }
        guard !waiting.isEmpty else { return [] }
        let clock = ContinuousClock()
        let start = clock.now
        progress.report(
            .began(
                stage: "subsets of \(pool)", total: items.count, cached: items.count - waiting.count, unit: "problem"))
        let failures = FailureCollector()
        var iterator = waiting.makeIterator()
        try await forEachBounded(limit: workers) {
            iterator.next()
        } work: { entry in
            let failed = try await draw(entry.item, keys: entry.keys, drawn: drawn, given: given)
            for (label, message) in failed { await failures.add(message, of: label) }
            progress.report(.advanced(failed: !failed.isEmpty))
        }
        progress.report(.finished(stage: "subsets of \(pool)", seconds: (clock.now - start) / .seconds(1)))
        return await failures.all(pool: pool)
    }

    private func key(of plan: ScoringStage, for item: ScoringItem) -> String {
        ContentHash.of("subsets", plan.identity(of: item), "\(draws)", "\(seed)")
    }

    /// Draws the subsets of one problem.
    ///
    /// - Returns: messages of the selectors that failed, by label. What they would have chosen is not stored.
    private func draw(
        _ item: ScoringItem, keys: [String: String], drawn: [ScoringStage], given: [String: [String: PoolScores]]
    ) async throws -> [String: String] {
        let problem = item.pool.problem.id
        let count = item.pool.candidates.count
        let full = given.compactMapValues { $0[problem] }
        var choices: [String: [SubsetChoices.Size]] = [:]
        var failed: [String: String] = [:]
        for n in 2..<count {
            var chosen: [String: [[Int]]] = [:]
            for draw in 0..<draws {
                let places = subset(of: count, size: n, problem: problem, draw: draw)
                var part = item
                part.pool.candidates = places.map { item.pool.candidates[$0] }
                var scores = full.mapValues { [problem: $0.restricted(to: places)] }
                for plan in drawn where failed[plan.chosen.label] == nil {
                    do {
                        let own = try await plan.freshScores(of: part, given: scores)
                        chosen[plan.chosen.label, default: []].append(
                            highestIndices(own.map(\.rank)).map { places[$0] })
                        scores[plan.chosen.label] = [problem: .scored(own, cost: .zero, wallSeconds: 0)]
                    } catch let error as CancellationError {
                        throw error
                    } catch {
                        failed[plan.chosen.label] = "\(error)"
                        scores[plan.chosen.label] = [problem: .failed(message: "\(error)")]
                    }
                }
            }
            for (label, subsets) in chosen { choices[label, default: []].append(.init(n: n, chosen: subsets)) }
        }
        for (label, sizes) in choices where failed[label] == nil {
            try store.record(
                SubsetChoices(sizes: sizes), key: keys[label] ?? "", selector: label, pool: item.pool.name,
                problem: problem)
        }
        return failed
    }

    /// Ascending places; every subset of the size is as likely, and the same seed gives the same ones for every selector.
    private func subset(of count: Int, size: Int, problem: String, draw: Int) -> [Int] {
        var random = SeededNumbers(hash: ContentHash.of("subset", "\(seed)", problem, "\(size)", "\(draw)"))
        var places = Array(0..<count)
        for index in 0..<size { places.swapAt(index, index + random.nextIndex(below: count - index)) }
        return places.prefix(size).sorted()
    }
}

/// Gathers failures of problems that are drawn at the same time.
private actor FailureCollector {
    private var failures: [String: (problems: Int, message: String)] = [:]

    func add(_ message: String, of label: String) {
        failures[label, default: (0, message)].problems += 1
    }

    func all(pool: String) -> [RunResult.ScoringFailure] {
        failures.sorted { $0.key < $1.key }.map { label, failure in
            .init(
                selector: label, pool: pool, problems: failure.problems,
                message: "On subsets of the candidates: \(failure.message)")
        }
    }
}

extension SelectorDescriptor {
    var asksModel: Bool {
        requirements.contains {
            switch $0 {
            case .rewardModel, .languageModel: true
            default: false
            }
        }
    }
}

extension PoolScores {
    /// The scores of some candidates, by their places.
    fileprivate func restricted(to places: [Int]) -> PoolScores {
        guard case .scored(let scores, let cost, let wallSeconds) = self else { return self }
        return .scored(places.map { scores[$0] }, cost: cost, wallSeconds: wallSeconds)
    }
}

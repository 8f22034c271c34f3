// SPDX-License-Identifier: Apache-2.0
import ContentHash
import Foundation
public import RunStore
import SelectorKit
import Statistics

extension RunResults {
    /// What a stored run found: a pure function, the same for the same record.
    public init(record: RunRecord) {
        self.init(
            run: record.manifest.name, toolVersion: record.manifest.toolVersion, benchmark: record.manifest.benchmark,
            problemsHash: record.manifest.problemsHash,
            problems: record.problems.map { entry in
                ProblemEntry(id: entry.problem.id, difficulty: entry.problem.difficulty, hash: entry.shortHash)
            },
            pools: record.pools.map { Pool($0, in: record) },
            selectors: record.selectors.map { selector in
                Selector(
                    label: selector.label, name: selector.descriptor.name, version: selector.descriptor.version,
                    options: selector.options, models: selector.descriptor.modelRoles)
            },
            models: (record.manifest.models ?? []).map { Model(role: $0.role, fingerprint: $0.fingerprint) },
            grading: Grading(record))
    }
}

extension ProblemRecord {
    fileprivate var shortHash: String {
        let texts = [
            problem.title, problem.statement, problem.difficulty?.rawValue, problem.platform, problem.contestDate,
            problem.starterCode, problem.entryPoint, suiteHash,
        ]
        return String(ContentHash.of(texts.map { $0 ?? "" }).prefix(12))
    }
}

extension SelectorDescriptor {
    fileprivate var modelRoles: [String] {
        requirements.compactMap { requirement in
            switch requirement {
            case .languageModel(let role), .rewardModel(let role): role
            default: nil
            }
        }.sorted()
    }
}

extension RunResults.Pool {
    fileprivate init(_ pool: PoolRecord, in record: RunRecord) {
        var problems: [RunResults.PoolProblem] = []
        var costs = record.selectors.map { _ in RunResults.Spending() }
        for entry in record.problems {
            let id = entry.problem.id
            guard let candidates = pool.candidates[id], !candidates.isEmpty else { continue }
            let verdicts = candidates.map { VerdictLetter($0.verdict) }
            let chosen = record.selectors.enumerated().map { index, selector in
                let scores = selector.scores[pool.name]?[id]
                let choice = Choice(scores, passed: verdicts.map(\.passed))
                switch choice.state {
                case .missing: return RunResults.Selected.missing
                case .failed: return .failed
                case .scored:
                    if case .scored(_, let cost, _) = scores {
                        costs[index].problems += 1
                        costs[index].cost += cost
                    }
                    return .candidates(choice.chosen)
                }
            }
            problems.append(
                RunResults.PoolProblem(
                    id: id, candidates: Self.shortHash(candidates), verdicts: verdicts, chosen: chosen))
        }
        // CPU time is no more exact than that, and the file shall not show noise.
        for index in costs.indices {
            costs[index].cost.cpuSeconds = (costs[index].cost.cpuSeconds * 1000).rounded() / 1000
        }
        self.init(
            name: pool.name, hash: pool.hash, verdictsImported: pool.verdictsImported, problems: problems, costs: costs)
    }

    private static func shortHash(_ candidates: [CandidateRecord]) -> String {
        let texts = candidates.flatMap { [$0.id.model, String($0.id.sample), $0.program] }
        return String(ContentHash.of(texts).prefix(12))
    }
}

extension RunResults.Grading {
    fileprivate init?(_ record: RunRecord) {
        let execution = record.manifest.execution
        guard execution != nil || record.condition != nil else { return nil }
        let condition = record.condition.flatMap { try? JSONDecoder().decode(Condition.self, from: Data($0.utf8)) }
        self.init(
            semantics: condition?.settings.semantics ?? execution?.semantics,
            clock: condition?.settings.clock ?? execution?.clock, secondsPerTest: condition?.settings.secondsPerTest,
            memoryBytes: condition?.settings.memoryBytes, grader: condition?.grader,
            python: condition?.python ?? execution?.python, sandboxTier: execution?.sandboxTier)
    }

    /// What a run's condition says, as it is stored.
    private struct Condition: Decodable {
        var grader: Int
        var python: String
        var settings: Settings

        struct Settings: Decodable {
            var semantics: String
            var clock: String
            var secondsPerTest: Double?
            var memoryBytes: Int?
        }
    }
}

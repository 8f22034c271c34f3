// SPDX-License-Identifier: Apache-2.0
import Datasets
public import RunStore
public import SelectorKit

/// A program that got different verdicts in repeated executions.
public struct VerdictFlip: Sendable {
    public var problemID: String
    /// The candidates with this program, by pool name.
    public var candidates: [(pool: String, id: CandidateID)]
    /// One verdict per execution.
    public var verdicts: [VerdictRecord]

    /// Whether it passed in one execution and not in another; otherwise only the outcome's name changed.
    public var changesPass: Bool { Set(verdicts.map(\.passed)).count > 1 }
}

extension Pipeline {
    /// Executes every program again until each was executed `times` times in all, and tells whose outcome changed. `run()` comes first.
    ///
    /// Interrupted, it continues: the verdicts of each repetition are kept under a condition of their own.
    ///
    /// - Returns: flips by problem and pool order, and how many programs lack a verdict because our own machinery failed.
    public func repeatExecution(times: Int) async throws -> (flips: [VerdictFlip], infrastructureErrors: Int) {
        guard let condition else { return ([], 0) }
        var rounds = [try store.verdicts(condition: condition.id)]
        var failures = 0
        for round in 2..<max(2, times + 1) {
            let again = (id: "\(condition.id) repetition \(round)", json: condition.json)
            try store.declareCondition(id: again.id, json: again.json)
            progress.report(.note("execution \(round) of \(times)"))
            failures += try await execute(again, nil).failures
            rounds.append(try store.verdicts(condition: again.id))
        }
        return (flips(in: rounds), failures)
    }

    private func flips(in rounds: [[VerdictKey: VerdictRecord]]) -> [VerdictFlip] {
        var order: [VerdictKey] = []
        var found: [VerdictKey: VerdictFlip] = [:]
        for pool in pools where !pool.verdictsImported {
            for candidate in pool.candidates {
                guard let entry = problems[candidate.loaded.problemID] else { continue }
                let key = VerdictKey(gradedHash: candidate.gradedHash, suiteHash: entry.suiteHash)
                let verdicts = rounds.compactMap { $0[key] }.filter { !$0.isInfrastructureError }
                guard Set(verdicts.map(\.outcome)).count > 1 else { continue }
                if found[key] == nil {
                    order.append(key)
                    found[key] = VerdictFlip(
                        problemID: candidate.loaded.problemID, candidates: [], verdicts: verdicts)
                }
                found[key]?.candidates.append((pool.name, candidate.loaded.candidate.id))
            }
        }
        return order.compactMap { found[$0] }
    }
}

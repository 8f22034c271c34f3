// SPDX-License-Identifier: Apache-2.0
import Datasets
import RunStore
public import SelectorKit

/// A candidate with its verdict.
public struct GradedCandidate: Sendable {
    public var problem: Problem
    public var candidate: Candidate
    public var passed: Bool
}

extension Pipeline {
    /// All candidates whose verdicts are imported, known from before, or made now; nothing is scored, and the run's manifest stays as it is.
    ///
    /// - Returns: the candidates in pool order, and the pools with the hashes of their contents. Programs that our own machinery failed to execute are left out.
    public func gradedCandidates() async throws -> (
        candidates: [GradedCandidate], pools: [(name: String, hash: String)]
    ) {
        if let condition { try store.declareCondition(id: condition.id, json: condition.json) }
        _ = try await execute(condition, nil)
        let known = try condition.map { try store.verdicts(condition: $0.id) } ?? [:]
        var graded: [GradedCandidate] = []
        for pool in pools {
            for entry in pool.candidates {
                guard let problem = problems[entry.loaded.problemID] else { continue }
                let passed: Bool?
                if pool.verdictsImported {
                    passed = entry.loaded.importedVerdict?.passed
                } else {
                    let verdict = known[VerdictKey(gradedHash: entry.gradedHash, suiteHash: problem.suiteHash)]
                    passed = verdict.flatMap { $0.isInfrastructureError ? nil : $0.passed }
                }
                guard let passed else { continue }
                graded.append(
                    GradedCandidate(problem: problem.problem, candidate: entry.loaded.candidate, passed: passed))
            }
        }
        return (graded, pools.map { ($0.name, $0.hash) })
    }
}

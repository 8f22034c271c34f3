// SPDX-License-Identifier: Apache-2.0
import RunStore
import SelectorKit
import Statistics

/// A problem with what is summed over problems.
struct MeasuredProblem {
    var table: ProblemTable
    /// What each selector's scoring took; zero where it did not score.
    var spent: [(cost: Cost, wallSeconds: Double)]

    /// - Parameters:
    ///   - scores: one entry per selector; nil where the selector was not run.
    ///   - judged: the selectors whose missing scores exclude the problem.
    init(problem: Problem, candidates: [CandidateRecord], scores: [PoolScores?], judged: Set<Int>) {
        let rows = CandidateRow.rows(of: candidates)
        let passed = rows.map(\.passed)
        let choices = scores.map { Choice($0, passed: passed) }
        let exclusion: ProblemTable.Exclusion? =
            if rows.contains(where: { $0.outcome == nil }) {
                .ungraded
            } else if passed.contains(nil) {
                .infrastructureError
            } else if judged.contains(where: { choices[$0].state != .scored }) {
                .unscored
            } else {
                nil
            }
        table = ProblemTable(
            id: problem.id, title: problem.title, difficulty: problem.difficulty, exclusion: exclusion,
            candidates: rows,
            choices: choices)
        spent = zip(scores, choices).map { scores, choice in
            guard choice.state == .scored, case .scored(_, let cost, let wallSeconds) = scores else {
                return (.zero, 0)
            }
            return (cost, wallSeconds)
        }
    }
}

extension CandidateRow {
    static func rows(of candidates: [CandidateRecord]) -> [CandidateRow] {
        var firstWithProgram: [String: Int] = [:]
        return candidates.enumerated().map { index, candidate in
            let verdict = candidate.verdict
            let first = firstWithProgram[candidate.program]
            if first == nil { firstWithProgram[candidate.program] = index }
            return CandidateRow(
                id: candidate.id, passed: verdict.flatMap { $0.isInfrastructureError ? nil : $0.passed },
                outcome: verdict?.outcome, message: verdict?.message ?? "", cpuSeconds: verdict?.cpuSeconds,
                sameProgramAs: first)
        }
    }
}

extension Choice {
    init(_ scores: PoolScores?, passed: [Bool?]) {
        switch scores {
        case nil: self.init(state: .missing)
        case .failed(let message): self.init(state: .failed, message: message)
        case .scored(let given, _, _):
            let ranks = given.map(\.rank)
            guard given.count == passed.count else {
                let message =
                    "It gave \(NumberFormat.count(given.count, "score")) for \(NumberFormat.count(passed.count, "candidate"))."
                self.init(state: .failed, message: message)
                return
            }
            guard !ranks.contains(where: { $0.isNaN || $0 == .infinity }) else {
                self.init(state: .failed, message: "It gave a score that is not a finite number.")
                return
            }
            self.init(state: .scored)
            // JSON has no infinity: a rejected candidate has no score.
            self.scores = ranks.map { $0.isFinite ? $0 : nil }
            chosen = highestIndices(ranks)
            let outcomes = chosen.compactMap { passed[$0] }
            correctness = outcomes.count == chosen.count ? share(outcomes) : nil
        }
    }

    private init(state: State, message: String = "") {
        self.init(state: state, message: message, scores: [], chosen: [], correctness: nil)
    }

    /// Whether the selector rejected every candidate.
    public var rejectsAll: Bool { state == .scored && scores.allSatisfy { $0 == nil } }
}

extension PoolScores {
    var isScored: Bool {
        if case .scored = self { true } else { false }
    }
}

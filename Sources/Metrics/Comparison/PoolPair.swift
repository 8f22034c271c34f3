// SPDX-License-Identifier: Apache-2.0
import SelectorKit
import Statistics

/// One pool of both sides.
struct PoolPair {
    private let base: RunResults.Pool
    private let head: RunResults.Pool
    /// The same problems on both sides, sorted by id.
    private let problems: [(base: RunResults.PoolProblem, head: RunResults.PoolProblem, difficulty: Difficulty?)]
    private let bootstrap: Bootstrap

    init(base: RunResults.Pool, head: RunResults.Pool, difficulties: [String: Difficulty?], bootstrap: Bootstrap) {
        self.base = base
        self.head = head
        self.bootstrap = bootstrap
        let others = Dictionary(head.problems.map { ($0.id, $0) }) { first, _ in first }
        problems = base.problems.sorted { $0.id < $1.id }.compactMap { problem in
            others[problem.id].map { (problem, $0, difficulties[problem.id] ?? nil) }
        }
    }

    func compared(
        _ pairs: [SelectorPair], missing: [String], between base: RunResults, and head: RunResults
    ) -> PoolComparison {
        var changes: [VerdictChange] = []
        var outcomes = 0
        var oneSided = 0
        for problem in problems {
            for (index, (old, new)) in zip(problem.base.verdicts, problem.head.verdicts).enumerated() where old != new {
                if (old.passed == nil) != (new.passed == nil) {
                    oneSided += 1
                } else if old.passed != new.passed {
                    changes.append(
                        VerdictChange(
                            problem: problem.base.id, candidate: index, base: String(old.rawValue),
                            head: String(new.rawValue)))
                } else if old.passed == false {
                    outcomes += 1
                }
            }
        }
        let values = pairs.map { pair in
            PairedValues(pair, problems: problems.map { ($0.base, $0.head) })
        }
        var rows = zip(pairs, values).map { pair, values in
            SelectorComparison(
                pool: self.base.name, label: pair.label, overall: nil, difficulties: [],
                lost: values.changes { $0.head < $0.base }, gained: values.changes { $0.head > $0.base },
                changedChoices: values.compared.filter(\.choiceChanged).map(\.id), leftOut: values.leftOut,
                costs: CostChange.all(
                    from: self.base.costs[pair.base], to: self.head.costs[pair.head]),
                changes: pair.changes)
        }
        for (title, belongs) in groups {
            let estimated = compare(values, title: title, belongs)
            for index in rows.indices {
                if title == "overall" {
                    rows[index].overall = estimated[index]
                } else if let group = estimated[index] {
                    rows[index].difficulties.append(group)
                }
            }
        }
        return PoolComparison(
            name: self.base.name, verdictsImported: self.base.verdictsImported, problems: problems.count,
            verdictChanges: changes, outcomeChanges: outcomes, verdictsOnOneSide: oneSided, selectors: rows,
            missingSelectors: missing)
    }

    /// All problems, then those of each difficulty, then those without one where others have one.
    private var groups: [(title: String, belongs: (Int) -> Bool)] {
        let rated = Set(problems.compactMap(\.difficulty)).sorted()
        var groups: [(title: String, belongs: (Int) -> Bool)] = [("overall", { _ in true })]
        guard !rated.isEmpty else { return groups }
        for level in rated { groups.append((level.rawValue, { problems[$0].difficulty == level })) }
        if problems.contains(where: { $0.difficulty == nil }) {
            groups.append(("unrated", { problems[$0].difficulty == nil }))
        }
        return groups
    }

    /// One entry per selector; nil where no problem of the group can be compared. Selectors that were compared on the same problems share their resamples.
    private func compare(
        _ values: [PairedValues], title: String, _ belongs: (Int) -> Bool
    ) -> [GroupComparison?] {
        let members = values.map { $0.compared.filter { belongs($0.place) } }
        var intervals: [Int: Bootstrap.Estimate] = [:]
        for (_, same) in Dictionary(grouping: members.indices, by: { members[$0].map(\.place) }) {
            // Where nothing changed there is nothing to resample.
            let changed = same.filter { index in members[index].contains { $0.base != $0.head } }
            guard !changed.isEmpty else { continue }
            let columns = changed.map { index in members[index].map { $0.head - $0.base } }
            for (index, estimate) in zip(changed, bootstrap.estimates(ofMeans: columns)) { intervals[index] = estimate }
        }
        return members.enumerated().map { index, problems in
            GroupComparison(title: title, problems: problems, interval: intervals[index], seed: bootstrap.seed)
        }
    }
}

extension GroupComparison {
    fileprivate init?(title: String, problems: [PairedValues.Value], interval: Bootstrap.Estimate?, seed: UInt64) {
        guard let base = mean(problems.map(\.base)), let head = mean(problems.map(\.head)) else { return nil }
        let differences = problems.map { $0.head - $0.base }
        let unchanged = differences.allSatisfy { $0 == 0 }
        self.init(
            title: title, problems: problems.count, base: base, head: head,
            difference: unchanged
                ? Estimate(value: 0, low: problems.count > 1 ? 0 : nil, high: problems.count > 1 ? 0 : nil)
                : Estimate(mean(differences) ?? 0, interval),
            p: SignFlip(differences, seed: seed).p, adjustedP: nil,
            fromVerdicts: mean(problems.map(\.fromVerdicts)) ?? 0, fromChoices: mean(problems.map(\.fromChoices)) ?? 0,
            lost: differences.count { $0 < 0 }, gained: differences.count { $0 > 0 })
    }
}

/// One selector's values on both sides.
struct PairedValues {
    struct Value {
        var id: String
        /// The place in the pool's list of problems.
        var place: Int
        var base: Double
        /// Base's choice under head's verdicts.
        var between: Double
        var head: Double
        var choiceChanged: Bool

        var fromVerdicts: Double { between - base }
        var fromChoices: Double { head - between }
    }

    /// The problems that are complete on both sides.
    private(set) var compared: [Value] = []
    private var excluded: [LeftOut.Reason: [String]] = [:]

    init(_ pair: SelectorPair, problems: [(base: RunResults.PoolProblem, head: RunResults.PoolProblem)]) {
        for (place, problem) in problems.enumerated() {
            let passed = (base: problem.base.verdicts.map(\.passed), head: problem.head.verdicts.map(\.passed))
            var reason: LeftOut.Reason?
            if passed.base.contains(nil) {
                reason = .ungradedInBase
            } else if passed.head.contains(nil) {
                reason = .ungradedInHead
            }
            guard reason == nil, case .candidates(let old) = problem.base.chosen[pair.base],
                case .candidates(let new) = problem.head.chosen[pair.head]
            else {
                if reason == nil {
                    if case .candidates = problem.base.chosen[pair.base] { reason = .unscoredInHead }
                }
                excluded[reason ?? .unscoredInBase, default: []].append(problem.base.id)
                continue
            }
            func value(_ chosen: [Int], _ passed: [Bool?]) -> Double { share(chosen.map { passed[$0] == true }) ?? 0 }
            compared.append(
                Value(
                    id: problem.base.id, place: place, base: value(old, passed.base), between: value(old, passed.head),
                    head: value(new, passed.head), choiceChanged: old != new))
        }
    }

    var leftOut: [LeftOut] {
        LeftOut.Reason.allCases.compactMap { reason in
            excluded[reason].map { LeftOut(reason: reason, problems: $0) }
        }
    }

    func changes(_ belongs: (Value) -> Bool) -> [ProblemChange] {
        compared.filter(belongs).map {
            ProblemChange(
                id: $0.id, base: $0.base, head: $0.head, fromVerdicts: $0.fromVerdicts, fromChoices: $0.fromChoices)
        }
    }
}

extension CostChange {
    /// The kinds that either side spent anything of.
    static func all(from base: RunResults.Spending, to head: RunResults.Spending) -> [CostChange] {
        Kind.allCases.compactMap { kind in
            let (old, new) = (kind.amount(of: base.cost), kind.amount(of: head.cost))
            guard old != 0 || new != 0 else { return nil }
            let before = old / Double(max(1, base.problems))
            let after = new / Double(max(1, head.problems))
            return CostChange(kind: kind, base: old, head: new, increase: before > 0 ? after / before - 1 : nil)
        }
    }
}

extension CostChange.Kind {
    fileprivate func amount(of cost: Cost) -> Double {
        switch self {
        case .calls: Double(cost.calls)
        case .promptTokens: Double(cost.promptTokens)
        case .completionTokens: Double(cost.completionTokens)
        case .forwardPasses: Double(cost.forwardPasses)
        case .executions: Double(cost.executions)
        case .cpu: cost.cpuSeconds
        }
    }
}

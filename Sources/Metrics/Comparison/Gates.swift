// SPDX-License-Identifier: Apache-2.0

/// What makes a comparison fail.
public enum Gate: String, Sendable, Codable, Hashable, CaseIterable {
    /// A selector's pass@1 fell by at least the least effect, and the adjusted p-value lies below alpha.
    case regression
    /// A selector lost a problem, or a share of one.
    case anyLoss = "any-loss"
    /// A candidate passed on one side and failed on the other.
    case anyVerdictChange = "any-verdict-change"
    /// A selector spends more per problem than is allowed.
    case costIncrease = "cost-increase"
    /// Something of base cannot be compared: a pool or selector is gone, or problems are not graded or scored.
    case incomplete
}

/// Which gates there are, and where their limits lie.
public struct GatePolicy: Sendable, Hashable {
    public var gates: Set<Gate>
    /// The level that a regression's adjusted p-value must lie below.
    public var alpha: Double
    /// The least loss in pass@1 that counts as a regression, in 0...1.
    public var leastEffect: Double
    /// By what share each kind of cost may grow: 0.1 is 10 %.
    public var costLimits: [CostChange.Kind: Double]

    public init(
        gates: Set<Gate> = [], alpha: Double = 0.05, leastEffect: Double = 0,
        costLimits: [CostChange.Kind: Double] = [:]
    ) {
        self.gates = gates
        self.alpha = alpha
        self.leastEffect = leastEffect
        self.costLimits = costLimits
    }
}

/// What one gate says of one selector on one pool, or of a pool.
public struct GateResult: Sendable, Codable, Hashable {
    public enum Outcome: String, Sendable, Codable, Hashable {
        case passed
        case failed
        /// There is nothing that it could judge.
        case notJudged
    }

    public var gate: Gate
    public var pool: String
    /// Nil where the gate concerns the whole pool.
    public var selector: String?
    public var outcome: Outcome
    /// A full sentence.
    public var message: String
    /// Problems, verdicts or costs that it concerns, a line each.
    public var details: [String]
}

/// Judges a comparison: a pure function. Without gates there are no results, and nothing fails.
///
/// The regression gate's test is two-sided, like the p-value in the tables. If head is as good as base, the probability of any false alarm in the whole
/// comparison is at most alpha, and about half of it, because gains raise none; a selector's chance to be caught is what `PairedPower` tells for the level
/// alpha.
///
/// - Returns: one result per gate, pool and selector, in the order of gates, pools and selectors.
public func gates(_ comparison: RunComparison, under policy: GatePolicy) -> [GateResult] {
    Gate.allCases.filter { policy.gates.contains($0) }.flatMap { gate in
        let gone = gate == .incomplete ? comparison.missingPools.map(GateResult.init(missingPool:)) : []
        return gone
            + comparison.pools.flatMap { pool -> [GateResult] in
                switch gate {
                case .regression: pool.selectors.map { $0.regression(policy) }
                case .anyLoss: pool.selectors.map(\.anyLoss)
                case .anyVerdictChange: [pool.anyVerdictChange]
                case .costIncrease: pool.selectors.map { $0.costIncrease(policy) }
                case .incomplete: pool.incomplete
                }
            }
    }
}

extension SelectorComparison {
    private func result(
        _ gate: Gate, _ outcome: GateResult.Outcome, _ message: String, _ details: [String] = []
    ) -> GateResult {
        GateResult(gate: gate, pool: pool, selector: label, outcome: outcome, message: message, details: details)
    }

    private func notJudged(_ gate: Gate) -> GateResult {
        result(gate, .notJudged, "No problem is complete on both sides.")
    }

    private var losses: [String] { lost.map { "lost \($0.words)" } }

    fileprivate func regression(_ policy: GatePolicy) -> GateResult {
        guard let overall, let p = overall.adjustedP else { return notJudged(.regression) }
        let numbers =
            "pass@1 \(NumberFormat.percent(overall.base)) → \(NumberFormat.percent(overall.head)) (\(NumberFormat.points(overall.difference.value)) points, adjusted p \(NumberFormat.probability(p)), \(NumberFormat.count(overall.problems, "problem")))"
        // Means of shares differ from the wished effect by rounding alone.
        let loss = -overall.difference.value
        guard loss > 0 else { return result(.regression, .passed, "No loss: \(numbers).") }
        guard p < policy.alpha else {
            return result(.regression, .passed, "The loss is not significant: \(numbers).")
        }
        guard loss >= policy.leastEffect - 1e-12 else {
            return result(.regression, .passed, "The loss is smaller than the least effect: \(numbers).")
        }
        return result(.regression, .failed, "Regression: \(numbers).", losses)
    }

    fileprivate var anyLoss: GateResult {
        guard overall != nil else { return notJudged(.anyLoss) }
        if lost.isEmpty { return result(.anyLoss, .passed, "No problem was lost.") }
        return result(.anyLoss, .failed, "\(NumberFormat.count(lost.count, "problem")) lost.", losses)
    }

    fileprivate func costIncrease(_ policy: GatePolicy) -> GateResult {
        let limited = costs.filter { policy.costLimits[$0.kind] != nil }
        let above = limited.filter { change in
            // No increase is told where base spent nothing: any spending is then too much.
            guard let increase = change.increase else { return true }
            return increase > (policy.costLimits[change.kind] ?? .infinity) + 1e-12
        }
        if limited.isEmpty { return result(.costIncrease, .passed, "None of the limited costs was spent.") }
        let details = above.map { change in
            "\(change.words); \(NumberFormat.percent(policy.costLimits[change.kind])) % more are allowed"
        }
        guard above.isEmpty else {
            return result(
                .costIncrease, .failed,
                "Too costly: \(above.map(\.words).joined(separator: "; ")).", details)
        }
        return result(
            .costIncrease, .passed, "Within the limit: \(limited.map(\.words).joined(separator: "; ")).")
    }
}

extension PoolComparison {
    fileprivate var anyVerdictChange: GateResult {
        GateResult(
            gate: .anyVerdictChange, pool: name, selector: nil, outcome: verdictChanges.isEmpty ? .passed : .failed,
            message: verdictChanges.isEmpty
                ? "No verdict changed."
                : "\(NumberFormat.count(verdictChanges.count, "verdict")) changed.",
            details: verdictChanges.map(\.words))
    }

    fileprivate var incomplete: [GateResult] {
        selectors.map { row in
            let left = row.leftOut.reduce(0) { $0 + $1.problems.count }
            return GateResult(
                gate: .incomplete, pool: name, selector: row.label, outcome: left == 0 ? .passed : .failed,
                message: left == 0
                    ? "All problems were compared."
                    : "\(NumberFormat.count(left, "problem")) of \(problems) could not be compared.",
                details: row.leftOut.map {
                    "\(NumberFormat.count($0.problems.count, "problem")) \($0.reason.title): \(fewIDs($0.problems))"
                })
        }
            + missingSelectors.map { label in
                GateResult(
                    gate: .incomplete, pool: name, selector: label, outcome: .failed,
                    message: "The selector is only in base.", details: [])
            }
    }
}

extension GateResult {
    fileprivate init(missingPool name: String) {
        self.init(
            gate: .incomplete, pool: name, selector: nil, outcome: .failed, message: "The pool is only in base.",
            details: [])
    }

    /// What it concerns: `pool, selector`, or the pool alone.
    public var subject: String { shown(pool) + (selector.map { ", " + shown($0) } ?? "") }
}

extension ProblemChange {
    /// The id with its values, where they are not all or nothing.
    package var words: String {
        // Spaces that do not break keep the values on one line.
        isWhole
            ? shown(id)
            : "\(shown(id)) (\(NumberFormat.percent(base))\u{A0}→\u{A0}\(NumberFormat.percent(head))\u{A0}%)"
    }
}

extension VerdictChange {
    package var words: String { "\(shown(problem)) candidate \(candidate): \(title)" }
}

extension CostChange {
    package var words: String {
        func amount(_ value: Double) -> String {
            guard kind != .cpu, let count = Int(exactly: value) else { return NumberFormat.seconds(value) }
            return NumberFormat.integer(count)
        }
        guard let increase else { return "\(kind.title) \(amount(base)) → \(amount(head))" }
        return "\(kind.title) \(amount(base)) → \(amount(head)) (\(NumberFormat.points(increase)) %)"
    }
}

// SPDX-License-Identifier: Apache-2.0
import SelectorKit
import Statistics

extension RunComparison {
    /// Compares two results: a pure function, the same for the same results.
    ///
    /// - Throws: `ComparisonRefusal` where problems, pools or grading differ, or nothing is left to compare.
    public init(base: RunResults, head: RunResults, settings: Settings = Settings()) throws(ComparisonRefusal) {
        let check = ComparisonCheck(base: base, head: head, allowsGradingChange: settings.allowsGradingChange)
        guard check.refusals.isEmpty else { throw ComparisonRefusal(reasons: check.refusals) }
        let pairs = SelectorPair.pairs(base: base, head: head, only: settings.only)
        guard !pairs.isEmpty else {
            throw ComparisonRefusal(reasons: [
                settings.only.isEmpty
                    ? "They have no selector in common."
                    : "None of the selectors asked for (\(fewIDs(settings.only.sorted()))) is in both."
            ])
        }
        let difficulties = Dictionary(base.problems.map { ($0.id, $0.difficulty) }) { first, _ in first }
        let others = Dictionary(head.pools.map { ($0.name, $0) }) { first, _ in first }
        let missing = base.selectors.map(\.label).filter { label in
            !pairs.contains { $0.label == label } && (settings.only.isEmpty || settings.only.contains(label))
        }
        let pools = base.pools.compactMap { pool in
            others[pool.name].map { other in
                PoolPair(
                    base: pool, head: other, difficulties: difficulties, bootstrap: settings.bootstrap
                ).compared(pairs, missing: missing, between: base, and: head)
            }
        }
        self.init(
            base: Side(run: base.run, toolVersion: base.toolVersion),
            head: Side(run: head.run, toolVersion: head.toolVersion), benchmark: base.benchmark,
            problemCount: base.problems.count, pools: pools,
            notes: check.notes + SelectorPair.notes(base: base, head: head, only: settings.only, pairs: pairs),
            missingPools: base.pools.map(\.name).filter { others[$0] == nil })
        guard self.pools.contains(where: { $0.selectors.contains { $0.overall != nil } }) else {
            throw ComparisonRefusal(reasons: [
                "No problem is complete on both sides for any selector: candidates without a verdict, or selectors that did not score."
            ])
        }
        adjust()
    }

    /// Holm over all selectors of all pools for which anything changed.
    ///
    /// The others cannot raise a false alarm: given how far each problem's value moved, signs aside, it is settled that their p-value is 1 (Tarone 1990). So
    /// the probability of any false alarm stays below the level, and baselines that never change cost no power.
    private mutating func adjust() {
        var places: [(pool: Int, selector: Int)] = []
        var values: [Double] = []
        for (pool, entry) in pools.enumerated() {
            for (selector, row) in entry.selectors.enumerated() {
                guard let overall = row.overall else { continue }
                guard overall.lost + overall.gained > 0 else {
                    pools[pool].selectors[selector].overall?.adjustedP = 1
                    continue
                }
                places.append((pool, selector))
                values.append(overall.p)
            }
        }
        for (place, p) in zip(places, Adjustment.holm.adjusted(values)) {
            pools[place.pool].selectors[place.selector].overall?.adjustedP = p
        }
    }
}

extension RunComparison.Settings {
    fileprivate var bootstrap: Bootstrap { Bootstrap(resamples: resamples, seed: seed) }
}

/// A selector of both sides.
struct SelectorPair {
    var label: String
    /// Its places in the two lists of selectors.
    var base: Int
    var head: Int
    var changes: [String]

    static func pairs(base: RunResults, head: RunResults, only: Set<String>) -> [SelectorPair] {
        let places = Dictionary(head.selectors.enumerated().map { ($0.element.label, $0.offset) }) { first, _ in first }
        return base.selectors.enumerated().compactMap { index, selector in
            guard only.isEmpty || only.contains(selector.label), let place = places[selector.label] else { return nil }
            return SelectorPair(
                label: selector.label, base: index, head: place,
                changes: changes(from: selector, of: base, to: head.selectors[place], of: head))
        }
    }

    private static func changes(
        from old: RunResults.Selector, of base: RunResults, to new: RunResults.Selector, of head: RunResults
    ) -> [String] {
        let label = shown(old.label)
        var changes: [String] = []
        if old.name != new.name {
            changes.append("Selector \(label) is '\(old.name)' in base and '\(new.name)' in head.")
        } else if old.version != new.version {
            changes.append("Selector \(label) has version \(old.version) in base and \(new.version) in head.")
        }
        if old.options != new.options {
            changes.append(
                "Selector \(label) has other options: \(shown(old.options)) in base, \(shown(new.options)) in head.")
        }
        for role in Set(old.models).intersection(new.models).sorted() {
            let before = base.models.first { $0.role == role }?.fingerprint
            let after = head.models.first { $0.role == role }?.fingerprint
            guard before != after else { continue }
            changes.append("Selector \(label) asks another model in the role \(shown(role)).")
        }
        return changes
    }

    static func notes(base: RunResults, head: RunResults, only: Set<String>, pairs: [SelectorPair]) -> [String] {
        func absent(_ labels: [String], _ side: String) -> [String] {
            labels.filter { label in
                !pairs.contains { $0.label == label } && (only.isEmpty || only.contains(label))
            }.map { "Selector \(shown($0)) is only in \(side)." }
        }
        return pairs.flatMap(\.changes) + absent(base.selectors.map(\.label), "base")
            + absent(head.selectors.map(\.label), "head")
    }
}

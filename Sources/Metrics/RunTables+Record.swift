// SPDX-License-Identifier: Apache-2.0
public import RunStore
import SelectorKit
import Statistics

extension RunTables {
    /// Computes all tables of a run: a pure function, the same for the same record.
    ///
    /// A run that was interrupted, or in which something failed, gets tables on the problems that are left; see `GroupTable` and `Coverage`. A selector
    /// that scored no problem of a pool at all has an empty row there and does not shrink the set for the others.
    ///
    /// - Parameter resamples: of the problems, for intervals and p-values of gains.
    public init(record: RunRecord, resamples: Int = 10_000) {
        let bootstrap = Bootstrap(resamples: resamples, seed: record.manifest.seed)
        let shown = record.withoutFurtherSeeds
        self.init(
            run: record.manifest.name, benchmark: record.manifest.benchmark, problemCount: record.problems.count,
            selectors: SelectorSummary.all(of: shown),
            pools: record.pools.map { PoolTable(pool: $0, in: shown, bootstrap: bootstrap) })
        ablation = AblationTable(record: record, bootstrap: bootstrap)
        warnings = record.manifest.warnings ?? []
        guard shown.selectors.count < record.selectors.count else { return }
        for pool in pools.indices {
            pools[pool].notes.append(
                Note(
                    kind: .information,
                    text:
                        "Of selectors with several seeds this table shows the first; their means are in the ablation table."
                ))
        }
    }
}

extension RunRecord {
    /// The run with one selector in place of several that differ in their seeds alone.
    fileprivate var withoutFurtherSeeds: RunRecord {
        let further = Set((manifest.ablation ?? []).flatMap { $0.selectors.dropFirst() })
        var record = self
        record.selectors.removeAll { further.contains($0.label) }
        return record
    }
}

extension SelectorSummary {
    static func all(of record: RunRecord) -> [SelectorSummary] {
        let descriptors = Dictionary(record.selectors.map { ($0.label, $0.descriptor) }) { first, _ in first }
        return record.selectors.map { selector in
            var summary = SelectorSummary(selector)
            summary.usesTests = usesTests(selector.label, descriptors, depth: record.selectors.count)
            let roles = selector.descriptor.requirements.compactMap { requirement in
                if case .rewardModel(let role) = requirement { role } else { nil }
            }
            summary.warnings = (record.manifest.warnings ?? []).filter { warning in
                roles.contains { warning.hasPrefix("Reward model '\($0)' ") }
            }
            return summary
        }
    }

    /// A selector that builds on another's scores knows what that one knows.
    private static func usesTests(_ label: String, _ descriptors: [String: SelectorDescriptor], depth: Int) -> Bool {
        guard let descriptor = descriptors[label], depth >= 0 else { return false }
        return descriptor.usesTests
            || descriptor.requirements.contains { requirement in
                guard case .scores(let other) = requirement else { return false }
                return usesTests(other, descriptors, depth: depth - 1)
            }
    }

    init(_ selector: SelectorRecord) {
        let descriptor = selector.descriptor
        self.init(
            label: selector.label, name: descriptor.name, version: descriptor.version, scope: descriptor.scope,
            summary: descriptor.summary, options: selector.options,
            uses: descriptor.requirements.sorted().map(\.description),
            usesTests: descriptor.usesTests)
    }
}

extension MeasuredProblem {
    /// The problems that a pool has candidates for, under all selectors of a run.
    static func all(of pool: PoolRecord, in record: RunRecord) -> [MeasuredProblem] {
        // What a selector never scored cannot be compared at all; it must not empty the set for the others.
        let judged = Set(
            record.selectors.indices.filter { index in
                (record.selectors[index].scores[pool.name] ?? [:]).values.contains { $0.isScored }
            })
        return record.problems.compactMap { entry in
            guard let candidates = pool.candidates[entry.problem.id], !candidates.isEmpty else { return nil }
            return MeasuredProblem(
                problem: entry.problem, candidates: candidates,
                scores: record.selectors.map { $0.scores[pool.name]?[entry.problem.id] }, judged: judged)
        }
    }
}

extension RunRecord {
    /// One level per difficulty, easiest first; problems without one come last, where others have one.
    var difficultyLevels: [(title: String, difficulty: Difficulty?)] {
        let rated = Set(problems.compactMap(\.problem.difficulty)).sorted()
        var levels = rated.map { (title: $0.rawValue, difficulty: Difficulty?.some($0)) }
        if !rated.isEmpty, problems.contains(where: { $0.problem.difficulty == nil }) {
            levels.append(("unrated", nil))
        }
        return levels
    }
}

extension PoolTable {
    init(pool: PoolRecord, in record: RunRecord, bootstrap: Bootstrap) {
        let labels = record.selectors.map(\.label)
        let measured = MeasuredProblem.all(of: pool, in: record)
        func group(_ title: String, _ belongs: (Difficulty?) -> Bool) -> GroupTable {
            GroupTable(
                title: title, problems: record.problems.count { belongs($0.problem.difficulty) },
                measured: measured.filter { belongs($0.table.difficulty) }, labels: labels,
                bootstrap: bootstrap)
        }
        let shapes = ProgramShape.shapes(of: pool)
        func steps(_ title: String, _ belongs: (Difficulty?) -> Bool) -> StepSummary {
            let members = record.problems.filter { belongs($0.problem.difficulty) }
            return StepSummary(
                title: title, problems: members.map { shapes[$0.problem.id] ?? [] },
                bootstrap: bootstrap.limited(to: 2000))
        }
        let levels = record.difficultyLevels
        let sizes = measured.map(\.table.candidates.count)
        self.init(
            name: pool.name, verdictsImported: pool.verdictsImported, fewestCandidates: sizes.min() ?? 0,
            mostCandidates: sizes.max() ?? 0, overall: group("overall") { _ in true },
            difficulties: levels.map { level in group(level.title) { $0 == level.difficulty } },
            steps: [steps("overall") { _ in true }]
                + levels.map { level in steps(level.title) { $0 == level.difficulty } },
            verdicts: VerdictSummary(of: pool, problems: record.problems), notes: [], problems: measured.map(\.table))
        let counted = measured.map(\.table).filter { $0.exclusion == nil }
        pairs = PairComparison.all(of: counted, labels: labels, bootstrap: bootstrap.limited(to: 2000))
        bestOfN = BestOfNCurves(
            counted, selectors: record.selectors, pool: pool.name, bootstrap: bootstrap.limited(to: 1000))
        rewards = RewardSummary.all(
            of: counted, selectors: record.selectors, bootstrap: bootstrap.limited(to: 2000))
        disagreements = labels.count > 1 ? Disagreements(counted, labels: labels) : nil
        notes = makeNotes(selectors: SelectorSummary.all(of: record))
    }
}

// SPDX-License-Identifier: Apache-2.0
public import RunStore
import SelectorKit

extension RunTables {
    /// Computes all tables of a run: a pure function, the same for the same record.
    ///
    /// A run that was interrupted, or in which something failed, gets tables on the problems that are left; see `GroupTable` and `Coverage`. A selector
    /// that scored no problem of a pool at all has an empty row there and does not shrink the set for the others.
    public init(record: RunRecord) {
        self.init(
            run: record.manifest.name, benchmark: record.manifest.benchmark, problemCount: record.problems.count,
            selectors: record.selectors.map(SelectorSummary.init),
            pools: record.pools.map { PoolTable(pool: $0, in: record) })
    }
}

extension SelectorSummary {
    init(_ selector: SelectorRecord) {
        let descriptor = selector.descriptor
        self.init(
            label: selector.label, name: descriptor.name, version: descriptor.version, scope: descriptor.scope,
            summary: descriptor.summary, options: selector.options,
            uses: descriptor.requirements.sorted().map(\.description),
            usesTests: !descriptor.requirements.isDisjoint(with: [.publicTests, .execution]))
    }
}

extension PoolTable {
    init(pool: PoolRecord, in record: RunRecord) {
        let labels = record.selectors.map(\.label)
        // What a selector never scored cannot be compared at all; it must not empty the set for the others.
        let judged = Set(
            record.selectors.indices.filter { index in
                (record.selectors[index].scores[pool.name] ?? [:]).values.contains { $0.isScored }
            })
        var measured: [MeasuredProblem] = []
        for entry in record.problems {
            guard let candidates = pool.candidates[entry.problem.id], !candidates.isEmpty else { continue }
            measured.append(
                MeasuredProblem(
                    problem: entry.problem, candidates: candidates,
                    scores: record.selectors.map { $0.scores[pool.name]?[entry.problem.id] }, judged: judged))
        }

        func group(_ title: String, _ belongs: (Difficulty?) -> Bool) -> GroupTable {
            GroupTable(
                title: title, problems: record.problems.count { belongs($0.problem.difficulty) },
                measured: measured.filter { belongs($0.table.difficulty) }, labels: labels)
        }
        let difficulties = Set(record.problems.compactMap(\.problem.difficulty)).sorted()
        var groups = difficulties.map { difficulty in group(difficulty.rawValue) { $0 == difficulty } }
        if !difficulties.isEmpty, record.problems.contains(where: { $0.problem.difficulty == nil }) {
            groups.append(group("unrated") { $0 == nil })
        }
        let sizes = measured.map(\.table.candidates.count)
        self.init(
            name: pool.name, verdictsImported: pool.verdictsImported, fewestCandidates: sizes.min() ?? 0,
            mostCandidates: sizes.max() ?? 0, overall: group("overall") { _ in true }, difficulties: groups,
            verdicts: VerdictSummary(of: pool, problems: record.problems), notes: [], problems: measured.map(\.table))
        notes = makeNotes(selectors: record.selectors.map(SelectorSummary.init))
    }
}

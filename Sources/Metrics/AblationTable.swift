// SPDX-License-Identifier: Apache-2.0
import RunStore
import SelectorKit
import Statistics

/// Selectors that differ in one thing each from the first (the paper's Table 3).
public struct AblationTable: Sendable, Codable, Hashable {
    public struct Row: Sendable, Codable, Hashable {
        /// What is different.
        public var label: String
        public var pool: String
        /// How many seeds the values are means of.
        public var seeds: Int
        /// Problems that the values stand on.
        public var problems: Int
        /// Selected pass@1, the mean over seeds.
        public var passAt1: Estimate?
        /// By difficulty, as in the pools' tables.
        public var byDifficulty: [Double?]
        /// Pass@1 minus that of a random choice from the same pool.
        public var gain: Estimate?
        /// Pass@1 minus that of a random choice in which equal programs count once.
        public var programGain: Estimate?
        /// Pass@1 minus the first row's, on problems that both rows have; nil for the first row.
        public var difference: Estimate?
        /// How probable such a difference would be if there were none (`SignFlip`), adjusted for the number of rows (Holm).
        public var adjustedP: Double?
        /// The lowest and highest overall pass@1 of any seed; nil for a single seed.
        public var seedRange: [Double]?
        /// The probability that a correct candidate of any problem scores higher than a wrong one of any problem.
        public var area: Estimate?
        /// The same for candidates of one problem, the mean over problems that have both kinds.
        public var pairAccuracy: Estimate?
    }

    /// The difficulties of `Row.byDifficulty`.
    public var difficulties: [String]
    public var rows: [Row]
}

extension AblationTable {
    /// - Returns: nil where the run's experiment asks for no such table.
    init?(record: RunRecord, bootstrap: Bootstrap) {
        guard let wanted = record.manifest.ablation, !wanted.isEmpty else { return nil }
        let pools = Dictionary(record.pools.map { ($0.name, MeasuredProblem.all(of: $0, in: record).map(\.table)) }) {
            first, _ in first
        }
        let difficulties = pools.isEmpty ? [] : record.difficultyLevels.map(\.title)
        let measured = wanted.map { row in
            MeasuredRow(row, labels: record.selectors.map(\.label), problems: pools[row.pool] ?? [])
        }
        self.init(
            difficulties: difficulties,
            rows: measured.enumerated().map { index, row in
                row.row(against: index == 0 ? nil : measured[0], difficulties: difficulties, bootstrap: bootstrap)
            })
        let tested = rows.indices.filter { rows[$0].difference != nil }
        let values = tested.map { SignFlip(measured[$0].differences(from: measured[0]), seed: bootstrap.seed).p }
        for (index, p) in zip(tested, Adjustment.holm.adjusted(values)) { rows[index].adjustedP = p }
    }
}

/// What a row's values are computed from.
private struct MeasuredRow {
    struct Entry {
        /// By seed.
        var correctness: [Double]
        var random: Double
        var randomProgram: Double
        var difficulty: String
        /// By seed, the scores of the candidates.
        var scores: [[Double]]
        var correct: [Bool]

        var value: Double { correctness.reduce(0, +) / Double(correctness.count) }
    }

    let wanted: RunManifest.AblationRow
    /// By problem.
    var entries: [(id: String, entry: Entry)] = []

    init(_ wanted: RunManifest.AblationRow, labels: [String], problems: [ProblemTable]) {
        self.wanted = wanted
        let places = wanted.selectors.compactMap { labels.firstIndex(of: $0) }
        guard places.count == wanted.selectors.count, !places.isEmpty else { return }
        for problem in problems {
            let correct = problem.candidates.map { $0.passed == true }
            let choices = places.map { problem.choices[$0] }
            let correctness = choices.compactMap(\.correctness)
            guard !problem.candidates.contains(where: { $0.passed == nil }), correctness.count == places.count,
                let random = share(correct),
                let randomProgram = share(problem.distinctCandidates.map { $0.passed == true })
            else { continue }
            entries.append(
                (
                    problem.id,
                    Entry(
                        correctness: correctness, random: random, randomProgram: randomProgram,
                        difficulty: problem.difficulty?.rawValue ?? "unrated",
                        scores: choices.map { $0.scores.map { $0 ?? -.infinity } }, correct: correct)
                ))
        }
    }

    /// Problem by problem, on those that both have.
    func differences(from first: MeasuredRow) -> [Double] {
        let others = Dictionary(first.entries.map { ($0.id, $0.entry.value) }) { first, _ in first }
        return entries.compactMap { id, entry in others[id].map { entry.value - $0 } }
    }

    func row(against first: MeasuredRow?, difficulties: [String], bootstrap: Bootstrap) -> AblationTable.Row {
        func estimate(_ values: [Double]) -> Estimate? { Estimate(meanOf: values, bootstrap: bootstrap) }
        let values = entries.map(\.entry)
        let bySeed = wanted.selectors.indices.compactMap { seed in mean(values.map { $0.correctness[seed] }) }
        let pairs = values.compactMap { entry in
            mean(entry.scores.compactMap { Statistics.pairAccuracy(scores: $0, correct: entry.correct) })
        }
        return AblationTable.Row(
            label: wanted.label, pool: wanted.pool, seeds: wanted.selectors.count, problems: entries.count,
            passAt1: estimate(values.map(\.value)),
            byDifficulty: difficulties.map { level in mean(values.filter { $0.difficulty == level }.map(\.value)) },
            gain: estimate(values.map { $0.value - $0.random }),
            programGain: estimate(values.map { $0.value - $0.randomProgram }),
            difference: first.flatMap { estimate(differences(from: $0)) },
            seedRange: bySeed.count > 1 ? [bySeed.min() ?? 0, bySeed.max() ?? 0] : nil,
            area: area(values, bootstrap: bootstrap.limited(to: 1000)), pairAccuracy: estimate(pairs))
    }

    /// Pooled over problems; the interval resamples problems with all their candidates.
    private func area(_ values: [Entry], bootstrap: Bootstrap) -> Estimate? {
        let owners = values.enumerated().flatMap { index, entry in entry.correct.map { _ in index } }
        let correct = values.flatMap(\.correct)
        let ranked = wanted.selectors.indices.map { seed in
            RankedOutcomes(scores: values.flatMap { $0.scores[seed] }, correct: correct)
        }
        guard let value = mean(ranked.compactMap { $0.area() }) else { return nil }
        // Every resample is a pass over all candidates of all seeds.
        let interval = bootstrap.interval(problems: values.count) { counts in
            let weights = owners.map { Double(counts[$0]) }
            return mean(ranked.compactMap { $0.area(weights: weights) })
        }
        return .init(value: value, low: interval?.lowerBound, high: interval?.upperBound)
    }
}

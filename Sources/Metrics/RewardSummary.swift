// SPDX-License-Identifier: Apache-2.0
import RunStore
import SelectorKit
import Statistics

/// How a selector's scores of candidates go with their verdicts, over the counted problems of a pool.
///
/// Only for selectors that score candidates one by one: the score of one that compares candidates means nothing outside its problem.
public struct RewardSummary: Sendable, Codable, Hashable {
    public var label: String
    /// Scored candidates that passed, and that failed.
    public var passed: Int
    public var failed: Int
    /// Candidates that the selector rejected; they count as lower than every score in the areas below, and are in no bar.
    public var rejectedPassed: Int
    public var rejectedFailed: Int
    /// The probability that a correct candidate of any problem scores higher than a wrong one of any problem (area under the ROC curve, ties half).
    public var area: Double?
    /// The same within a problem, the mean over problems with both (with 95 % interval): what selection depends on.
    public var pairAccuracy: Estimate?
    /// The mean precision from the highest score down.
    public var averagePrecision: Double?
    /// Scores from the lowest to the highest in bars of equal width; the first takes what lies below, the last what lies above.
    public var bars: [Bar]
    /// Whether scores mean what they say; nil unless all lie within 0...1 and take more than two values.
    public var calibration: Calibration?

    public struct Bar: Sendable, Codable, Hashable {
        public var low: Double
        public var high: Double
        public var passed: Int
        public var failed: Int
    }

    /// Scores read as probabilities to be correct.
    public struct Calibration: Sendable, Codable, Hashable {
        /// The mean squared distance of score and outcome.
        public var brier: Double
        /// What a constant guess of the share of correct candidates would get: a score that is worth something is below it.
        public var brierOfConstant: Double
        /// The mean distance of score and share of correct candidates over ten bins, weighted by their sizes (expected calibration error).
        public var error: Double
        /// Bins with candidates.
        public var bins: [Bin]

        public struct Bin: Sendable, Codable, Hashable {
            public var candidates: Int
            public var meanScore: Double
            public var correct: Double
        }
    }
}

extension RewardSummary {
    private static let barCount = 20

    static func all(of problems: [ProblemTable], selectors: [SelectorRecord], bootstrap: Bootstrap) -> [RewardSummary] {
        selectors.enumerated().compactMap { index, selector in
            guard selector.descriptor.scope == .candidate else { return nil }
            return RewardSummary(label: selector.label, selector: index, problems: problems, bootstrap: bootstrap)
        }
    }

    /// - Returns: nil where the selector gave no score.
    private init?(label: String, selector: Int, problems: [ProblemTable], bootstrap: Bootstrap) {
        let judged = problems.filter { $0.choices[selector].state == .scored }
        let outcomes = judged.flatMap { problem in problem.candidates.map { $0.passed == true } }
        let given = judged.flatMap { $0.choices[selector].scores }
        let scored = zip(given, outcomes).compactMap { score, outcome in score.map { ($0, outcome) } }
        guard !scored.isEmpty else { return nil }
        self.label = label
        passed = scored.count { $0.1 }
        failed = scored.count - passed
        rejectedPassed = zip(given, outcomes).count { $0 == nil && $1 }
        rejectedFailed = zip(given, outcomes).count { $0 == nil && !$1 }
        let ranks = given.map { $0 ?? -.infinity }
        area = RankedOutcomes(scores: ranks, correct: outcomes).area()
        averagePrecision = Statistics.averagePrecision(scores: ranks, correct: outcomes)
        let within = judged.compactMap { problem in
            Statistics.pairAccuracy(
                scores: problem.choices[selector].scores.map { $0 ?? -.infinity },
                correct: problem.candidates.map { $0.passed == true })
        }
        pairAccuracy = Estimate(meanOf: within, bootstrap: bootstrap)
        bars = Self.bars(scored)
        calibration = Calibration(scored)
    }

    private static func bars(_ scored: [(Double, Bool)]) -> [Bar] {
        let sorted = scored.map(\.0).sorted()
        // A single outlier must not press all others into one bar.
        let tail = sorted.count / 200
        let (low, high) = (sorted[tail], sorted[sorted.count - 1 - tail])
        guard high > low, (high - low).isFinite else {
            return [Bar(low: low, high: high, passed: scored.count { $0.1 }, failed: scored.count { !$0.1 })]
        }
        let width = (high - low) / Double(barCount)
        var bars = (0..<barCount).map { index in
            Bar(low: low + width * Double(index), high: low + width * Double(index + 1), passed: 0, failed: 0)
        }
        for (score, isCorrect) in scored {
            let place = ((score - low) / width).rounded(.down)
            let index = Int(min(max(place, 0), Double(barCount - 1)))
            if isCorrect { bars[index].passed += 1 } else { bars[index].failed += 1 }
        }
        return bars
    }
}

extension RewardSummary.Calibration {
    private static let binCount = 10

    init?(_ scored: [(Double, Bool)]) {
        guard scored.allSatisfy({ (0...1).contains($0.0) }), Set(scored.map(\.0)).count > 2 else { return nil }
        let predictions = scored.map(\.0)
        let outcomes = scored.map(\.1)
        guard let brier = brierScore(predictions: predictions, correct: outcomes), let rate = share(outcomes),
            let error = calibrationError(
                predictions: predictions, outcomes: outcomes.map { $0 ? 1 : 0 }, bins: Self.binCount)
        else { return nil }
        self.brier = brier
        self.error = error
        brierOfConstant = rate * (1 - rate)
        let byBin = Dictionary(grouping: scored) { min(Int($0.0 * Double(Self.binCount)), Self.binCount - 1) }
        bins = byBin.sorted { $0.key < $1.key }.map { _, members in
            Bin(
                candidates: members.count, meanScore: members.reduce(0) { $0 + $1.0 } / Double(members.count),
                correct: Double(members.count { $0.1 }) / Double(members.count))
        }
    }
}

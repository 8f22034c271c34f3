// SPDX-License-Identifier: Apache-2.0
import ContentHash
import Datasets
public import Foundation
import RunStore
import SelectorKit
import Statistics

/// Which problems (or programs) models are trained on and which they are evaluated on.
public enum Split: Sendable, Hashable {
    /// Every problem is evaluated, by a model that was trained on the other folds.
    case folds(Int)
    /// Training before a contest date, evaluation from it on.
    case date(String)
    /// A seeded choice with the same mix of difficulties (or given numbers of each).
    case stratified(Stratified)
    /// Lists of problem ids.
    case ids(train: URL, test: URL)
    /// Of every problem, a share of the programs is trained on and the others are evaluated. It shows what a model remembers, not what it can do with new
    /// problems: for studies only.
    case byTrajectory(share: Double, seed: UInt64)

    /// A seeded stratified split.
    public struct Stratified: Sendable, Hashable {
        /// How many problems to train on; nil for all that are not evaluated.
        public var train: Int?
        /// How many problems to evaluate: in all, or of each stratum.
        public var test: Test
        /// A file with the ids of the stratum `hard`, for benchmarks whose problems tell no difficulty; all others are then `easy`.
        public var hard: URL?
        public var seed: UInt64

        public enum Test: Sendable, Hashable {
            case total(Int)
            case each([String: Int])
        }

        public init(train: Int? = nil, test: Test, hard: URL? = nil, seed: UInt64 = 1) {
            self.train = train
            self.test = test
            self.hard = hard
            self.seed = seed
        }
    }

    public enum Part: String, Sendable, Hashable, CaseIterable { case train, test }

    /// What a reader of a report must know; nil where the split is one by problem.
    public var warning: String? {
        guard case .byTrajectory = self else { return nil }
        return
            "Reward models were trained on other programs of these very problems (split by trajectory). The numbers tell nothing about new problems."
    }
}

/// The programs that take part, of a split by trajectory.
struct TrajectoryFilter: Sendable, Hashable {
    var part: Split.Part
    var share: Double
    var seed: UInt64

    /// Equal programs of a problem are on the same side.
    func takes(_ program: String, of problemID: String) -> Bool {
        var random = SeededNumbers(hash: ContentHash.of("split by trajectory", String(seed), problemID, program))
        return (random.nextUnit() < share) == (part == .train)
    }
}

extension Experiment {
    /// Whether the split leaves some problems to train on and others to evaluate.
    var dividesProblems: Bool {
        switch split {
        case nil, .folds, .byTrajectory: false
        case .date, .ids, .stratified: true
        }
    }

    /// The problems of one side of the split, as an experiment that divides nothing.
    ///
    /// - Throws: `DataError` for a split that does not fit the problems.
    public func only(_ part: Split.Part) throws -> Experiment {
        var experiment = try self.part(part)
        experiment.split = nil
        return experiment
    }

    /// The experiment on one side of its split.
    ///
    /// - Throws: `DataError` for a split that does not fit the problems.
    public func part(_ part: Split.Part) throws -> Experiment {
        var experiment = self
        // What is expected is said of the problems that are evaluated.
        if part == .train { experiment.expect = nil }
        switch split {
        case nil, .folds: break
        case .date(let day):
            // Half-open intervals: what begins with the day is evaluated.
            if part == .train {
                experiment.subset.to = min(day, subset.to ?? day)
            } else {
                experiment.subset.from = max(day, subset.from ?? day)
            }
        case .ids(let train, let test):
            let (trained, tested) = (try IDList.read(train), try IDList.read(test))
            if let both = trained.intersection(tested).min() {
                throw DataError(
                    file: test.displayPath, message: "Problem '\(both)' is in both lists. Take it out of one of them.")
            }
            experiment.subset.only = part == .train ? trained : tested
        case .stratified(let stratified):
            let ids = try stratified.ids(of: strata(hard: stratified.hard))
            experiment.subset.only = Set(part == .train ? ids.train : ids.test)
        case .byTrajectory(let share, let seed):
            experiment.trajectories = TrajectoryFilter(part: part, share: share, seed: seed)
        }
        return experiment
    }

    /// The ids of both sides, sorted, with the stratum of each; nil for splits that do not divide the problems.
    public func splitIDs() throws -> (train: [(id: String, stratum: String)], test: [(id: String, stratum: String)])? {
        func ids(_ part: Split.Part) throws -> [(id: String, stratum: String)] {
            let hard: URL? = if case .stratified(let stratified) = split { stratified.hard } else { nil }
            return try self.part(part).strata(hard: hard).flatMap { stratum, ids in ids.map { ($0, stratum) } }
                .sorted { $0.id < $1.id }
        }
        switch split {
        case .date, .ids, .stratified: return (try ids(.train), try ids(.test))
        case nil, .folds, .byTrajectory: return nil
        }
    }

    /// The ids of the stratum `hard`, where the split tells them for a benchmark whose problems have no difficulty.
    func hardProblems() throws -> Set<String>? {
        guard case .stratified(let stratified) = split else { return nil }
        return try stratified.hard.map { try IDList.read($0) }
    }

    /// The ids of all problems by difficulty.
    private func strata(hard: URL?) throws -> [String: [String]] {
        let problems = try ProblemSet(reading: benchmarkFiles())
        let hard = try hard.map { try IDList.read($0) }
        return Dictionary(grouping: problems.records.map(\.problem)) { problem in
            hard.map { $0.contains(problem.id) ? "hard" : "easy" } ?? problem.difficulty?.rawValue ?? "unrated"
        }.mapValues { $0.map(\.id) }
    }
}

extension Split.Stratified {
    /// - Parameter strata: the ids of each stratum.
    func ids(of strata: [String: [String]]) throws -> (train: [String], test: [String]) {
        let total = strata.values.reduce(0) { $0 + $1.count }
        func mistake(_ message: String) -> DataError { DataError(file: "split", field: "stratified", message: message) }
        let counts: [String: Int]
        switch test {
        case .each(let given):
            for (stratum, count) in given.sorted(by: { $0.key < $1.key }) where count > strata[stratum]?.count ?? 0 {
                throw mistake(
                    "The test part asks for \(count) problems of stratum '\(stratum)'; there are \(strata[stratum]?.count ?? 0). "
                        + "Strata: \(strata.map { "\($0) (\($1.count))" }.sorted().joined(separator: ", ")).")
            }
            counts = given
        case .total(let wanted):
            guard wanted < total else {
                throw mistake("\(wanted) of \(total) problems to evaluate leave none to train on.")
            }
            counts = Self.shares(of: wanted, strata.mapValues(\.count))
        }
        var (train, test): ([String], [String]) = ([], [])
        for (stratum, ids) in strata.sorted(by: { $0.key < $1.key }) {
            var random = SeededNumbers(hash: ContentHash.of("stratified split", String(seed), stratum))
            let shuffled = ids.sorted().shuffled(using: &random)
            test += shuffled.prefix(counts[stratum] ?? 0)
            train += shuffled.dropFirst(counts[stratum] ?? 0)
        }
        if let wanted = self.train {
            guard wanted <= train.count else {
                throw mistake("\(wanted) problems to train on: only \(train.count) are not evaluated.")
            }
            var random = SeededNumbers(hash: ContentHash.of("stratified split", String(seed)))
            train = Array(train.sorted().shuffled(using: &random).prefix(wanted))
        }
        return (train.sorted(), test.sorted())
    }

    /// Divides a number in proportion to sizes, the largest remainders first.
    private static func shares(of wanted: Int, _ sizes: [String: Int]) -> [String: Int] {
        let total = sizes.values.reduce(0, +)
        var shares = sizes.mapValues { wanted * $0 / total }
        let byRemainder = sizes.sorted { ($1.value * wanted % total, $0.key) < ($0.value * wanted % total, $1.key) }
        for (stratum, _) in byRemainder.prefix(wanted - shares.values.reduce(0, +)) { shares[stratum, default: 0] += 1 }
        return shares
    }
}

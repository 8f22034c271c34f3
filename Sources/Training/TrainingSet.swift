// SPDX-License-Identifier: Apache-2.0
import ContentHash
public import PythonSource
public import SelectorKit
import Statistics

/// A program with its verdict.
public struct Trajectory: Sendable, Hashable {
    public var problem: Problem
    public var program: String
    public var passed: Bool

    public init(problem: Problem, program: String, passed: Bool) {
        self.problem = problem
        self.program = program
        self.passed = passed
    }
}

/// A labelled prefix.
public struct TrainingRow: Sendable, Hashable {
    /// The place of its problem among the training set's.
    public var problem: Int
    /// The place of the program it begins, among the training set's, and how many of its bytes it has.
    public var program: Int
    public var end: Int
    /// SHA-256 of the prefix's UTF-8 bytes.
    public var hash: String
    /// How many steps the prefix has.
    public var step: Int
    /// The reward to learn, in [0, 1].
    public var target: Double
    /// How many programs the label comes from.
    public var samples: Int
    /// Whether the prefix is a whole program, whose label is its verdict.
    public var isWhole: Bool
}

/// Where the labels of prefixes that are no whole programs come from.
public enum PrefixLabels: Sendable {
    /// The share of the pool's programs beginning with the prefix that pass. It stands in for completions, which need a policy.
    case poolShare
    /// Monte Carlo rewards.
    case rollouts(RolloutFile)
    /// The true values that a rollout file brings.
    case exact(RolloutFile)

    /// In a model's card.
    public var name: String {
        switch self {
        case .poolShare: "share of programs with this beginning that pass"
        case .rollouts(let file):
            "Monte Carlo, \(file.header.samples) completions, seed \(file.header.seed), by \(file.header.policy)"
        case .exact(let file): "true values under \(file.header.policy)"
        }
    }
}

/// Labelled prefixes of programs whose verdicts are known.
public struct TrainingSet: Sendable {
    /// In order of their ids.
    public let problems: [Problem]
    public let programs: [String]
    /// In order of their problems; the same for the same programs in any order. Equal prefixes of a problem are one row.
    public let rows: [TrainingRow]
    /// The hash of problems, prefixes and labels.
    public let fingerprint: String

    /// Cuts programs into prefixes.
    ///
    /// - Parameter onlyWhole: leaves out all but whole programs, for an outcome reward model.
    /// - Throws: `TrainingError` for prefixes without a label.
    public init(
        _ trajectories: [Trajectory], stepper: any Stepper, labels: PrefixLabels = .poolShare, onlyWhole: Bool = false
    ) throws(TrainingError) {
        let measured = try labels.byPrefix()
        let byProblem = Dictionary(grouping: trajectories, by: \.problem.id).sorted { $0.key < $1.key }
        problems = byProblem.compactMap(\.value.first?.problem)
        var programs: [String] = []
        var rows: [TrainingRow] = []
        var missing: (count: Int, problem: String)?
        for (index, (id, trajectories)) in byProblem.enumerated() {
            var found: [PrefixKey: TrainingRow] = [:]
            var passed: [PrefixKey: Int] = [:]
            for trajectory in trajectories {
                let program = programs.count
                programs.append(trajectory.program)
                let bytes = Array(trajectory.program.utf8)
                let ends = onlyWhole ? [bytes.count] : stepper.steps(of: trajectory.program).prefixEnds
                // A text without any code has no step.
                for (step, end) in ends.enumerated() where end > 0 {
                    let hash = ContentHash.sha256(String(decoding: bytes[..<end], as: UTF8.self))
                    let key = PrefixKey(hash: hash, isWhole: end == bytes.count)
                    passed[key, default: 0] += trajectory.passed ? 1 : 0
                    found[
                        key,
                        default: TrainingRow(
                            problem: index, program: program, end: end, hash: hash, step: step + 1, target: 0,
                            samples: 0, isWhole: key.isWhole)
                    ].samples += 1
                }
            }
            for (key, row) in found.sorted(by: { $0.key < $1.key }) {
                var row = row
                if let measured, !row.isWhole {
                    guard let label = measured[.init(problemID: id, hash: row.hash)] else {
                        missing = ((missing?.count ?? 0) + 1, missing?.problem ?? id)
                        continue
                    }
                    (row.target, row.samples) = (label.target, label.samples)
                } else {
                    row.target = Double(passed[key] ?? 0) / Double(row.samples)
                }
                rows.append(row)
            }
        }
        if let missing {
            throw TrainingError(
                "\(missing.count) of the prefixes have no Monte Carlo reward, such as one of problem '\(missing.problem)'. "
                    + "Were the rollouts made of other pools or with another stepper? Make them anew: bestofn rollouts."
            )
        }
        self.programs = programs
        self.rows = rows
        var hash = ContentHash()
        for row in rows {
            hash.add("\(problems[row.problem].id)\n\(row.hash)\n\(row.isWhole)\n\(row.target.bitPattern)\n")
        }
        fingerprint = hash.hexDigest()
    }

    /// - Throws: `TrainingError` where nothing can be learnt.
    func check() throws(TrainingError) {
        guard let first = rows.first?.target else {
            throw TrainingError("There is nothing to learn from: no program of the pools has a verdict and a step.")
        }
        guard rows.contains(where: { $0.target != first }) else {
            throw TrainingError(
                "There is nothing to learn from: all programs \(first == 0 ? "fail" : "pass"). Train on pools with both kinds."
            )
        }
    }

    /// Which problems are only watched: the share of them that is not trained on.
    func heldOut(_ share: Double, seed: UInt64) -> [Bool] {
        var held = [Bool](repeating: false, count: problems.count)
        var random = SeededNumbers(seed: seed ^ 0x6865_6c64)
        for problem in problems.indices.shuffled(using: &random).prefix(Int(share * Double(problems.count))) {
            held[problem] = true
        }
        return held
    }

    /// The text of a row.
    public func prefix(_ row: TrainingRow) -> String {
        String(decoding: programs[row.program].utf8.prefix(row.end), as: UTF8.self)
    }
}

private struct PrefixKey: Hashable, Comparable {
    var hash: String
    var isWhole: Bool

    static func < (first: PrefixKey, second: PrefixKey) -> Bool {
        (first.hash, first.isWhole ? 1 : 0) < (second.hash, second.isWhole ? 1 : 0)
    }
}

extension PrefixLabels {
    fileprivate struct Key: Hashable {
        var problemID: String
        var hash: String
    }

    /// The label of every prefix that has one; nil where labels come from the pool.
    fileprivate func byPrefix() throws(TrainingError) -> [Key: (target: Double, samples: Int)]? {
        let file: RolloutFile
        let isExact: Bool
        switch self {
        case .poolShare: return nil
        case .rollouts(let rollouts): (file, isExact) = (rollouts, false)
        case .exact(let rollouts): (file, isExact) = (rollouts, true)
        }
        var labels: [Key: (target: Double, samples: Int)] = [:]
        for rollout in file.rollouts {
            guard let target = isExact ? rollout.exact : rollout.reward else {
                throw TrainingError(
                    isExact
                        ? "The rollouts bring no true values. Make them with --exact."
                        : "The rollouts bring true values only. Make them with --samples, or train on the true values.")
            }
            labels[Key(problemID: rollout.problemID, hash: rollout.prefixHash)] = (target, rollout.samples)
        }
        return labels
    }
}

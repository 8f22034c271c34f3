// SPDX-License-Identifier: Apache-2.0
public import PythonSource
public import RewardModels
public import SelectorKit

/// A labelled prefix.
public struct TrainingRow: Sendable, Hashable {
    /// The place of its problem among the training set's.
    public var problem: Int
    public var features: PrefixFeatures
    /// The reward to learn, in [0, 1].
    public var target: Float
    /// How many programs the label comes from.
    public var samples: Int
    /// Whether the prefix is a whole program.
    public var isWhole: Bool
}

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

/// Labelled prefixes of programs whose verdicts are known.
public struct TrainingSet: Sendable {
    /// In order of their ids.
    public let problems: [Problem]
    /// In order of their problems; the same for the same programs in any order.
    public let rows: [TrainingRow]

    /// Cuts programs into prefixes. A prefix gets the share of the programs with this beginning that pass; of a whole program this is its verdict. It
    /// stands in for Monte Carlo completions of the prefix, which need a language model.
    ///
    /// - Parameter onlyWhole: leaves out all but whole programs, for an outcome reward model.
    public init(_ trajectories: [Trajectory], stepper: any Stepper, shape: EmbeddedNetwork.Shape, onlyWhole: Bool) {
        struct Label {
            var passed = 0
            var samples = 0
            var isWhole = false
        }
        let byProblem = Dictionary(grouping: trajectories, by: \.problem.id).sorted { $0.key < $1.key }
        problems = byProblem.compactMap(\.value.first?.problem)
        var rows: [TrainingRow] = []
        for (index, (_, trajectories)) in byProblem.enumerated() {
            var labels: [String: Label] = [:]
            for trajectory in trajectories {
                let bytes = Array(trajectory.program.utf8)
                let ends = onlyWhole ? [bytes.count] : stepper.steps(of: trajectory.program).prefixEnds
                // A text without any code has no step.
                for end in ends where end > 0 {
                    var label = labels[String(decoding: bytes[..<end], as: UTF8.self)] ?? Label()
                    label.samples += 1
                    label.passed += trajectory.passed ? 1 : 0
                    label.isWhole = label.isWhole || end == bytes.count
                    labels[String(decoding: bytes[..<end], as: UTF8.self)] = label
                }
            }
            let words = StatementWords(problems[index].statement)
            for (prefix, label) in labels.sorted(by: { $0.key < $1.key }) {
                rows.append(
                    TrainingRow(
                        problem: index,
                        features: PrefixFeatures(prefix, statement: words, buckets: shape.buckets, order: shape.order),
                        target: Float(label.passed) / Float(label.samples), samples: label.samples,
                        isWhole: label.isWhole))
            }
        }
        self.rows = rows
    }
}

// SPDX-License-Identifier: Apache-2.0
import Foundation
public import SelectorKit

/// Majority vote of what programs do: candidates with the same outputs on all inputs are one cluster, and the heaviest cluster wins.
public struct ExecutionClustersSelector: Selector {
    /// What a cluster weighs.
    public enum Weights: String, Codable, Sendable, CaseIterable {
        /// Its members' number.
        case count
        /// The sum of its members' inner scores.
        case sum
        /// The best of them.
        case max
        /// The sum of its members' votes (N - r)^p, r counting the candidates with a better inner score.
        case borda
    }

    public struct Options: Codable, Sendable, Hashable {
        public var inputs: ExecutionInputs
        public var weights: Weights
        /// The label of the experiment's selector that weighs and orders candidates; empty for none.
        public var inner: String
        /// The exponent p of `borda`.
        public var power: Double
        /// The limit per input.
        public var seconds: Double

        public init(
            inputs: ExecutionInputs = .both, weights: Weights = .count, inner: String = "", power: Double = 0.5,
            seconds: Double = 2
        ) {
            self.inputs = inputs
            self.weights = weights
            self.inner = inner
            self.power = power
            self.seconds = seconds
        }
    }

    private let options: Options

    public init(_ options: Options = Options()) { self.options = options }

    public var descriptor: SelectorDescriptor {
        SelectorDescriptor(
            name: "execution-clusters", version: 1, scope: .pool,
            requirements: options.inputs.requirements.union(InnerScores.requirements(options.inner)),
            summary: ExecutionClustersPlugin.summary)
    }

    /// The cluster's weight; with an inner selector the cluster's place among the weights, and below 1 the candidate's own within it.
    public func score(_ pool: CandidatePool, in context: SelectionContext) async throws -> [CandidateScore] {
        let inputs = try options.inputs.inputs(in: context)
        let inner = try InnerScores(options.inner, of: pool, in: context)
        let signatures = try await pool.signatures(on: inputs, seconds: options.seconds, in: context)
        let votes = try votes(inner, of: pool.problem)
        var weights: [[ProgramOutput]: Double] = [:]
        for (signature, vote) in zip(signatures, votes) {
            guard let signature else { continue }
            weights[signature] =
                options.weights == .max
                ? Swift.max(weights[signature] ?? vote, vote) : (weights[signature] ?? 0) + vote
        }
        let values = signatures.map { $0.flatMap { weights[$0] } }
        guard !options.inner.isEmpty else { return pool.scores(values) }
        let places = denseRanks(values.map { $0 ?? -.infinity })
        return pool.scores(
            values.indices.map { values[$0] == nil ? nil : Double(places[$0]) + inner.shares[$0] })
    }

    /// What each candidate adds to its cluster's weight.
    private func votes(_ inner: InnerScores, of problem: Problem) throws(SelectorError) -> [Double] {
        let ranks = inner.scores.map(\.rank)
        switch options.weights {
        case .count: return ranks.map { _ in 1 }
        case .sum:
            guard !ranks.contains(where: { $0.isFinite && $0 < 0 }) else {
                throw SelectorError(
                    .invalidOption,
                    "Selector 'execution-clusters': with 'weights: sum' a cluster would lose by every member, for selector '\(inner.label)' gives "
                        + "scores below 0 (problem '\(problem.id)'). Use 'weights: max' or 'weights: borda'.")
            }
            return ranks.map { $0.isFinite ? $0 : 0 }
        case .max:
            // A rejected candidate weighs less than any other, and still something finite.
            let lowest = ranks.filter(\.isFinite).min() ?? 0
            return ranks.map { $0.isFinite ? $0 : lowest - 1 }
        case .borda:
            let count = Double(ranks.count)
            return ranks.map { rank in
                guard rank.isFinite else { return 0 }
                let better = ranks.count { $0 > rank }
                let equal = ranks.count { $0 == rank }
                // Candidates that tie share the votes of their places.
                let shared = (better..<better + equal).reduce(0) { $0 + pow(count - Double($1), options.power) }
                return shared / Double(equal)
            }
        }
    }
}

public enum ExecutionClustersPlugin: SelectorPlugin {
    public static let name = "execution-clusters"
    public static let summary = "the largest group of programs that give the same outputs"
    public static let defaultOptions = ExecutionClustersSelector.Options()

    public static func makeSelector(options: ExecutionClustersSelector.Options) throws -> any Selector {
        try checkLimit(options.seconds, of: name)
        guard options.weights == .count || !options.inner.isEmpty else {
            throw SelectorError(
                .invalidOption,
                "Selector '\(name)': 'weights: \(options.weights.rawValue)' weighs by another selector's scores. Name it in option 'inner'."
            )
        }
        guard options.power >= 0, options.power <= 10 else {
            throw SelectorError(
                .invalidOption,
                "Selector '\(name)': option 'power' is \(options.power); expected a number from 0 to 10.")
        }
        return ExecutionClustersSelector(options)
    }
}

// SPDX-License-Identifier: Apache-2.0
public import SelectorKit

/// Minimum Bayes risk over execution results (MBR-exec, Shi et al. 2022): the program that disagrees least with the others.
public struct MinimumBayesRiskSelector: Selector {
    public enum Loss: String, Codable, Sendable, CaseIterable {
        /// 1 where any output differs.
        case hard
        /// The share of inputs on which the outputs differ.
        case soft
    }

    public struct Options: Codable, Sendable, Hashable {
        public var inputs: ExecutionInputs
        public var loss: Loss
        /// The limit per input.
        public var seconds: Double

        public init(inputs: ExecutionInputs = .both, loss: Loss = .soft, seconds: Double = 2) {
            self.inputs = inputs
            self.loss = loss
            self.seconds = seconds
        }
    }

    private let options: Options

    public init(_ options: Options = Options()) { self.options = options }

    public var descriptor: SelectorDescriptor {
        SelectorDescriptor(
            name: "mbr-exec", version: 1, scope: .pool, requirements: options.inputs.requirements,
            summary: MinimumBayesRiskPlugin.summary)
    }

    /// Minus the mean loss against the pool's candidates that are not blank.
    public func score(_ pool: CandidatePool, in context: SelectionContext) async throws -> [CandidateScore] {
        let inputs = try options.inputs.inputs(in: context)
        let outputs = try await ProgramOutputs(of: pool, on: inputs, seconds: options.seconds, in: context)
        // Few signatures are distinct, so losses are computed between those.
        var counts: [[ProgramOutput]: Int] = [:]
        let signatures = outputs.signatures(on: inputs, of: pool.problem)
        for signature in signatures.compactMap(\.self) { counts[signature, default: 0] += 1 }
        let total = counts.values.reduce(0, +)
        let risks = counts.keys.reduce(into: [[ProgramOutput]: Double]()) { risks, one in
            // Whole numbers until the end: the order in which the dictionary gives them must not show.
            let differing = counts.reduce(0) { $0 + $1.value * differences(one, $1.key) }
            risks[one] = Double(differing) / Double(total * unit(inputs))
        }
        return pool.scores(
            signatures.map { signature -> Double? in
                guard let signature, inputs.isEmpty || !signature.allSatisfy(\.hasFailed) else { return nil }
                return risks[signature].map { 0 - $0 }
            })
    }

    private func unit(_ inputs: [ProgramInput]) -> Int { options.loss == .hard ? 1 : Swift.max(1, inputs.count) }

    /// The loss in units of 1, or of one input.
    private func differences(_ one: [ProgramOutput], _ other: [ProgramOutput]) -> Int {
        switch options.loss {
        case .hard: one == other ? 0 : 1
        case .soft: zip(one, other).count { $0 != $1 }
        }
    }
}

public enum MinimumBayesRiskPlugin: SelectorPlugin {
    public static let name = "mbr-exec"
    public static let summary = "the program whose outputs differ least from the others'"
    public static let defaultOptions = MinimumBayesRiskSelector.Options()

    public static func makeSelector(options: MinimumBayesRiskSelector.Options) throws -> any Selector {
        try checkLimit(options.seconds, of: name)
        return MinimumBayesRiskSelector(options)
    }
}

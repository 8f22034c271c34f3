// SPDX-License-Identifier: Apache-2.0
public import SelectorKit

/// A made-up programming problem with a made-up author of programs: an entry function and helpers, each in correct and plausibly wrong
/// variants with probabilities. A candidate is one variant drawn per function, so that its correctness is known by construction.
public struct LatticeProblem: Sendable, Hashable {
    /// One version of a function.
    public struct Variant: Sendable, Hashable {
        public var probability: Double
        /// What is wrong with it; nil for a correct variant.
        public var bug: String?
        /// One `def`, unindented, its docstring first.
        public var code: String

        public init(probability: Double, bug: String? = nil, code: String) {
            self.probability = probability
            self.bug = bug
            self.code = code
        }

        public var isCorrect: Bool { bug == nil }
    }

    /// One function of the program, with its versions.
    public struct Slot: Sendable, Hashable {
        public var name: String
        public var variants: [Variant]

        public init(name: String, variants: [Variant]) {
            self.name = name
            self.variants = variants
        }

        /// The probability that a drawn variant is correct.
        public var probabilityCorrect: Double { variants.reduce(0) { $0 + ($1.isCorrect ? $1.probability : 0) } }
    }

    public var id: String
    public var title: String
    public var difficulty: Difficulty
    /// `YYYY-MM-DD`.
    public var date: String
    public var kind: TestExample.Kind
    public var statement: String
    /// The method of `class Solution` that functional tests call.
    public var function: String?
    /// The class header that the statement gives for functional problems.
    public var starter: String?
    /// Imports and constants that come first in every program.
    public var preamble: String
    /// The entry first, then the helpers.
    public var slots: [Slot]
    /// Inputs that the statement shows.
    public var publicInputs: [String]
    /// Hidden inputs written out in the file.
    public var hiddenInputs: [String]
    /// Python text defining `inputs(rng)`, which yields more hidden inputs; nil for none. Running it is the execution engine's business.
    public var generator: String?

    /// The exact probability that every function of a drawn candidate is correct.
    public var probabilityCorrect: Double { slots.reduce(1) { $0 * $1.probabilityCorrect } }

    /// The first correct variant of each function: the program whose outputs are the expected ones.
    public var referenceChoice: [Int] { slots.map { slot in slot.variants.firstIndex(where: \.isCorrect) ?? 0 } }

    /// Whether all chosen variants are correct.
    public func isCorrect(_ choice: [Int]) -> Bool { zip(slots, choice).allSatisfy { $0.variants[$1].isCorrect } }
}

/// The problems of a folder.
public struct Lattice: Sendable {
    /// Sorted by id.
    public var problems: [LatticeProblem]

    public init(problems: [LatticeProblem]) { self.problems = problems }
}

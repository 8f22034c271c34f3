// SPDX-License-Identifier: Apache-2.0
public import SelectorKit

/// Something that writes programs to their end: a language model, or a distribution that is known exactly.
public protocol CompletionPolicy: Sendable {
    /// Identifies what completions depend on besides problem, prefix, seed and number.
    var fingerprint: String { get }
    /// How many prefixes may be asked about at the same time; nil for one per processor.
    var concurrency: Int? { get }

    /// Whole programs that begin with `prefix`, byte for byte: for the first numbers in `samples`, one at least, so that what came at once is kept at once.
    ///
    /// Drawn independently. Where the policy can, the same seed and number give the same program, whatever other numbers are asked for.
    ///
    /// - Throws: `SelectorError` where this prefix could not be completed now; the others go on. Other errors end everything.
    func completions(
        of prefix: String, problem: Problem, samples: Range<Int>, seed: UInt64
    ) async throws -> [Completion]

    /// Every program that begins with `prefix`, with probabilities that add up to 1; nil where the policy is not known exactly.
    func distribution(of prefix: String, problem: Problem) throws -> [(program: String, probability: Double)]?
}

extension CompletionPolicy {
    public var concurrency: Int? { nil }

    public func distribution(of prefix: String, problem: Problem) throws -> [(program: String, probability: Double)]? {
        nil
    }
}

/// Why prefixes cannot be completed, as a full sentence.
public struct RolloutError: Error, Sendable, Hashable, CustomStringConvertible {
    public var description: String

    public init(_ description: String) { self.description = description }
}

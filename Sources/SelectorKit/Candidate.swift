// SPDX-License-Identifier: Apache-2.0

/// Names a candidate within a problem: which model wrote it, and which of its samples it is.
public struct CandidateID: Sendable, Hashable, Codable, Comparable, CustomStringConvertible {
    public var model: String
    /// The sample's index, from 0, as the pool file gives it.
    public var sample: Int

    public init(model: String, sample: Int) {
        self.model = model
        self.sample = sample
    }

    /// `model/sample`, as written in every file and table.
    public var description: String { "\(model)/\(sample)" }

    public static func < (left: CandidateID, right: CandidateID) -> Bool {
        (left.model, left.sample) < (right.model, right.sample)
    }
}

/// One program that a model wrote for a problem.
public struct Candidate: Sendable, Hashable, Codable {
    public var id: CandidateID
    /// The program's text, extracted from the model's answer; empty when nothing could be extracted.
    public var program: String
    /// What the pool knows of the model's token probabilities. Present only for selectors that declare `.tokenStatistics`.
    public var tokens: TokenStatistics?

    public init(id: CandidateID, program: String, tokens: TokenStatistics? = nil) {
        self.id = id
        self.program = program
        self.tokens = tokens
    }

    /// Whether the program is nothing but white space. A blank program is never chosen while another is left.
    public var isBlank: Bool { program.allSatisfy(\.isWhitespace) }
}

/// Statistics of the tokens that a model generated for one candidate, in nats.
public struct TokenStatistics: Sendable, Hashable, Codable {
    /// How many tokens were generated.
    public var count: Int
    /// The sum of the log-probabilities of the generated tokens.
    public var sumLogProb: Double?
    /// The mean Kullback-Leibler divergence from the uniform distribution (Kang et al. 2025).
    public var selfCertainty: Double?
    /// How many log-probabilities per token `selfCertainty` was computed from; nil for the whole vocabulary.
    public var k: Int?
    /// Whether `selfCertainty` came from the whole vocabulary. Exact and approximate values must not be mixed.
    public var exact: Bool?

    public init(count: Int, sumLogProb: Double? = nil, selfCertainty: Double? = nil, k: Int? = nil, exact: Bool? = nil)
    {
        self.count = count
        self.sumLogProb = sumLogProb
        self.selfCertainty = selfCertainty
        self.k = k
        self.exact = exact
    }
}

/// The candidates of one problem, in pool order: what a selector scores in one call.
public struct CandidatePool: Sendable, Hashable, Codable {
    /// The pool's name in the experiment, such as `gpt-4`.
    public var name: String
    public var problem: Problem
    public var candidates: [Candidate]

    public init(name: String, problem: Problem, candidates: [Candidate]) {
        self.name = name
        self.problem = problem
        self.candidates = candidates
    }
}

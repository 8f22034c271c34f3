// SPDX-License-Identifier: Apache-2.0
import Foundation
public import SelectorKit

/// Lets a language model say for each program, from 1 to 5, how likely it is to be right.
public struct PointwiseJudge: CandidateScorer {
    /// How the number is read.
    public enum Reading: String, Codable, Sendable {
        /// The number that the answer ends with.
        case answer
        /// The mean of the digits 1 to 5 under the probabilities of the first token: finer, and one token per program.
        case expected
    }

    public struct Options: Codable, Sendable, Hashable {
        public var languageModel = "judge"
        public var reading = Reading.answer
        public var maxTokens = 1024
        public var temperature = 0.0

        public init() {}
    }

    private let options: Options
    private let asking: JudgeOptions

    /// - Throws: `SelectorError` for an option out of range.
    public init(_ options: Options = Options()) throws {
        self.options = options
        var asking = JudgeOptions()
        asking.languageModel = options.languageModel
        asking.maxTokens = options.maxTokens
        asking.temperature = options.temperature
        try asking.check(PointwisePlugin.name)
        self.asking = asking
    }

    public var descriptor: SelectorDescriptor {
        SelectorDescriptor(
            name: PointwisePlugin.name, version: 1, scope: .candidate,
            requirements: [.languageModel(role: options.languageModel)], summary: PointwisePlugin.summary)
    }

    public func score(_ pool: CandidatePool, in context: SelectionContext) async throws -> [CandidateScore] {
        try await concurrentMap(pool.candidates, limit: asking.concurrency) {
            try await score($0, of: pool.problem, in: context)
        }
    }

    public func score(
        _ candidate: Candidate, of problem: Problem, in context: SelectionContext
    ) async throws -> CandidateScore {
        guard !candidate.isBlank else { return .rejected(reason: "blank program") }
        let model = try context.languageModel(options.languageModel)
        let prompt = JudgePrompt.single(candidate.program, of: problem, digitOnly: options.reading == .expected)
        var request = asking.request(prompt, seed: context.seed)
        switch options.reading {
        case .answer:
            let text = try await model.reply(to: request).text
            guard let score = lastTag("score", in: text).flatMap(Double.init), (1...5).contains(score) else {
                return .rejected(reason: "the judge's answer ends with no score from 1 to 5")
            }
            return .value(score)
        case .expected:
            request.maxTokens = 1
            request.topLogProbs = 20
            guard let score = Self.expectedScore(try await model.reply(to: request).firstToken) else {
                return .rejected(reason: "none of the digits 1 to 5 is among the judge's likely answers")
            }
            return .value(score)
        }
    }

    /// The mean digit under the probabilities of the tokens "1" to "5", with or without a blank before them; nil where none was told.
    static func expectedScore(_ logProbs: [String: Double]) -> Double? {
        var weights = [Double](repeating: 0, count: 6)
        let greatest = logProbs.values.max() ?? 0
        for (token, logProb) in logProbs {
            guard let digit = Int(token.trimmingCharacters(in: .whitespaces)), (1...5).contains(digit) else { continue }
            weights[digit] += exp(logProb - greatest)
        }
        let total = weights.reduce(0, +)
        guard total > 0 else { return nil }
        return weights.enumerated().reduce(0) { $0 + Double($1.offset) * $1.element } / total
    }
}

public enum PointwisePlugin: SelectorPlugin {
    public static let name = "judge-pointwise"
    public static let summary = "a language model says from 1 to 5 how likely a program is right"
    public static let defaultOptions = PointwiseJudge.Options()
    public static func makeSelector(options: PointwiseJudge.Options) throws -> any Selector {
        try PointwiseJudge(options)
    }
}

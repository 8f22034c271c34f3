// SPDX-License-Identifier: Apache-2.0
public import Foundation
import SelectorKit

/// What a generated pool was made of: written beside its file as `<name>.card.json`.
public struct PoolCard: Sendable, Codable, Hashable {
    public struct Prompt: Sendable, Codable, Hashable {
        public var name: String
        /// SHA-256 of all its words.
        public var hash: String
        /// The words that do not depend on the problem, by form of answer.
        public var texts: [String: String]

        /// - Parameter formats: the forms of answer that the pool's problems ask for.
        public init(_ prompt: GenerationPrompt, formats: Set<PromptFormat>) {
            name = prompt.name
            hash = prompt.hash
            let others = Set(PromptFormat.allCases).subtracting(formats).map(\.rawValue)
            texts = prompt.texts.filter { !others.contains($0.key) }
        }
    }

    /// Sums over the pool's candidates.
    public struct Totals: Sendable, Codable, Hashable {
        public var candidates = 0
        public var promptTokens = 0.0
        public var completionTokens = 0
        public var reasoningTokens = 0
        /// In the currency of `prices`.
        public var cost: Double?
        /// Answers that ran into the limit of their length.
        public var truncated = 0
        /// Answers without a program.
        public var blank = 0
        /// Answers to a problem whose middle was left out.
        public var shortened = 0
        /// Candidates with log-probabilities.
        public var withLogProbs = 0
        public var latencySeconds = 0.0

        public init() {}

        /// Adds a candidate as it stands in a pool's file.
        public mutating func add(_ row: PoolRow) {
            let making = row.generation
            candidates += 1
            promptTokens += Double(making.promptTokens) / Double(max(making.sharedBy, 1))
            completionTokens += making.completionTokens
            reasoningTokens += making.reasoningTokens ?? 0
            if let own = making.cost { cost = (cost ?? 0) + own }
            if making.truncated { truncated += 1 }
            if row.code.allSatisfy(\.isWhitespace) { blank += 1 }
            if making.leftOut != nil { shortened += 1 }
            if row.tokens?.sumLogProb != nil { withLogProbs += 1 }
            latencySeconds += making.latencySeconds / Double(max(making.sharedBy, 1))
        }

        public mutating func add(_ answer: GeneratedAnswer, isBlank: Bool, prices: Prices?) {
            candidates += 1
            promptTokens += Double(answer.promptTokens) / Double(max(answer.sharedBy, 1))
            completionTokens += answer.completionTokens
            reasoningTokens += answer.reasoningTokens ?? 0
            if let prices { cost = (cost ?? 0) + answer.cost(prices) }
            if answer.isTruncated { truncated += 1 }
            if isBlank { blank += 1 }
            if answer.leftOut != nil { shortened += 1 }
            if answer.tokens?.sumLogProb != nil { withLogProbs += 1 }
            latencySeconds += answer.latencySeconds / Double(max(answer.sharedBy, 1))
        }
    }

    public var format = "bestofn pool card 1"
    public var tool: String
    public var benchmark: String
    /// How many problems, and SHA-256 of them with their tests.
    public var problems: Int
    public var problemsHash: String
    /// Identifies model, prompt and sampling; the pool's answers are kept under it in the run's directory.
    public var generation: String
    /// The name that the server was asked for.
    public var model: String
    /// The names that the server gave in its answers.
    public var reportedModels: [String]
    public var prompt: Prompt
    public var settings: GenerationSettings
    /// The rule by which programs were cut out of the answers.
    public var extraction: String
    public var prices: Prices?
    public var totals: Totals

    public init(
        tool: String, benchmark: String, problems: Int, problemsHash: String, generation: String, model: String,
        reportedModels: [String], prompt: Prompt, settings: GenerationSettings, extraction: String, prices: Prices?,
        totals: Totals
    ) {
        self.tool = tool
        self.benchmark = benchmark
        self.problems = problems
        self.problemsHash = problemsHash
        self.generation = generation
        self.model = model
        self.reportedModels = reportedModels
        self.prompt = prompt
        self.settings = settings
        self.extraction = extraction
        self.prices = prices
        self.totals = totals
    }

    /// Where the card of a pool's file lies: `cof.jsonl.gz` has `cof.card.json`.
    public static func file(of pool: URL) -> URL {
        var name = pool.lastPathComponent
        for ending in [".gz", ".jsonl"] where name.hasSuffix(ending) { name.removeLast(ending.count) }
        return pool.deletingLastPathComponent().appendingPathComponent(name + ".card.json")
    }

    public func write(beside pool: URL) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try encoder.encode(self).write(to: Self.file(of: pool), options: .atomic)
    }

    /// The card beside a pool; nil where there is none that can be read.
    public init?(beside pool: URL) {
        guard let data = try? Data(contentsOf: Self.file(of: pool)),
            let card = try? JSONDecoder().decode(PoolCard.self, from: data)
        else { return nil }
        self = card
    }
}

// SPDX-License-Identifier: Apache-2.0
import ContentHash
public import Foundation
public import SelectorKit
import Transformer

/// Rewards of a checkpoint in process: no server, no Python, and nothing to download but the checkpoint.
///
/// A problem's prompt is computed once for its programs, and a program's tokens once for all its prefixes.
public struct TransformerRewardModel: ProgramRewardModel, TrainedRewardModel {
    /// What gives the reward.
    public enum Head: String, Sendable, Hashable, CaseIterable {
        /// The probabilities of two tokens as the answer (FunPRM, appendix C).
        case tokens
        /// A number on the last token's state: an adapter's trained head, or a classifier's `score`.
        case scalar
        /// A number at the end of each line, `v_head.summary`, with the input that Skywork's process reward models were made for.
        case lines
    }

    public struct Options: Sendable, Hashable {
        /// A folder with an adapter in peft's layout.
        public var adapter: URL?
        /// Nil for that of the adapter's card, and without one for `tokens`.
        public var head: Head?
        /// Tokens that say yes and no; nil for those of the adapter's card, and without one for + and -.
        public var plus: String?
        public var minus: String?
        /// Nil for that of the adapter's card, and without one for `prefix`.
        public var prompt: RewardPrompt.Kind?
        public var showsCompleteness = false
        /// How many tokens a prompt may have; nil for as many as the model was made for, up to 4,096.
        public var maxTokens: Int?
        public var threads: Int?
        public var allowsOverlap = false

        public init() {}
    }

    let engine: TransformerEngine
    let input: RewardInput
    public let card: AdapterCard?
    public let allowsOverlap: Bool
    public let fingerprint: String
    private let head: RewardHead
    private let seen: Set<String>

    public var distinguishesWholePrograms: Bool {
        if case .chat(let prompt) = input.layout { prompt.showsCompleteness } else { false }
    }

    /// - Throws: `TransformerError` naming the file for a checkpoint or an adapter that cannot be used.
    public init(folder: URL, options: Options = Options()) throws {
        let language = try LanguageCheckpoint(folder: folder, maxTokens: options.maxTokens)
        let card = try options.adapter.flatMap { try AdapterCard(folder: $0) }
        let identity = language.identity
        if let card, card.checkpoint != identity {
            throw TransformerError(
                "\(options.adapter?.relativePath ?? ""): The adapter was trained on another checkpoint than \(folder.relativePath)."
            )
        }
        let kind = options.head ?? card.flatMap { Head(rawValue: $0.head) } ?? .tokens
        let prompt = RewardPrompt(
            kind: options.prompt ?? card.flatMap { RewardPrompt.Kind(rawValue: $0.prompt) } ?? .prefix,
            showsCompleteness: options.showsCompleteness)
        let signs = [options.plus ?? card?.plus ?? "+", options.minus ?? card?.minus ?? "-"]
        input = try RewardInput(language, layout: kind == .lines ? .lines : .chat(prompt))
        var model = try language.model(threads: options.threads)
        if let adapter = options.adapter { model.adapter = try LoRAAdapter(peft: adapter, model.shape) }
        switch kind {
        case .tokens:
            head = RewardHead(
                plus: try language.token(signs[0], option: "plus"),
                minus: try language.token(signs[1], option: "minus"),
                of: model)
        case .scalar:
            if let adapter = options.adapter, AdaptedTransformer.hasHead(in: adapter) {
                let adapted = try AdaptedTransformer(model, folder: adapter, head: .scalar)
                head = RewardHead(weights: Array(adapted.headRow.dropLast()), bias: adapted.headRow.last ?? 0)
            } else {
                head = try RewardHead(named: "score", of: language.checkpoint)
            }
        case .lines: head = try RewardHead(named: "v_head.summary", of: language.checkpoint)
        }
        self.card = card
        allowsOverlap = options.allowsOverlap
        seen = Set(card?.problems ?? [])
        var hash = ContentHash()
        for text in ["transformer reward model 1", kind.rawValue, "\(language.maxTokens)", identity] { hash.add(text) }
        if kind == .tokens { for sign in signs { hash.add(sign) } }
        if kind != .lines { hash.add("\(prompt.hash) \(prompt.showsCompleteness)") }
        for values in [head.weights, model.adapter?.parameters ?? []] {
            values.withUnsafeBytes { hash.add($0) }
        }
        fingerprint = hash.hexDigest() + (options.allowsOverlap ? " allowing overlap" : "")
        engine = TransformerEngine(model)
    }

    /// - Throws: `SelectorError` for a problem that the adapter was trained on, and for programs that are too long.
    public func rewards(for prefixes: [RewardedPrefix], of problem: Problem) async throws -> PrefixRewards {
        guard !prefixes.isEmpty else { return PrefixRewards([]) }
        if !allowsOverlap, !overlap(with: [problem]).isEmpty {
            throw SelectorError(
                .invalidOption,
                "The adapter was trained on problem '\(problem.id)' itself. Evaluate it on other problems; --allow-overlap shows what it remembers."
            )
        }
        let requests = try prefixes.map { PrefixForward.Request(try input.tokens(for: $0, of: problem)) }
        let answers = try await engine.states(requests)
        return PrefixRewards(
            answers.map { GenerativeReward.sigmoid(head.logit(of: $0.states)) },
            cost: answers.reduce(.zero) {
                $0 + Cost(promptTokens: $1.computed, sharedTokens: $1.shared, forwardPasses: $1.passes)
            })
    }

    public func overlap(with problems: [Problem]) -> [Problem] {
        problems.filter { seen.contains(EmbeddedRewardModel.hash(of: $0)) }
    }

    public func nearDuplicates(among problems: [Problem]) -> [Problem] {
        guard let card else { return [] }
        return problems.filter { problem in
            guard !seen.contains(EmbeddedRewardModel.hash(of: problem)) else { return false }
            let sketch = StatementSketch(problem.statement)
            return card.sketches.contains { $0.likeness(to: sketch) >= StatementSketch.nearDuplicate }
        }
    }
}

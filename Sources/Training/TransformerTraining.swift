// SPDX-License-Identifier: Apache-2.0
public import Foundation
import LinearAlgebra
public import RewardModels
import SelectorKit
public import Transformer

/// Trains a low-rank adapter of a checkpoint, and a head of one number where that is asked for, to give rewards.
public struct TransformerTraining: Sendable {
    public var training: RewardTraining
    /// The folder of the checkpoint.
    public var checkpoint: URL
    public var adapter = LoRASettings(dropout: 0.05)
    /// What gives the reward: `tokens` or `scalar`.
    public var head = TransformerRewardModel.Head.tokens
    public var prompt = RewardPrompt.Kind.prefix
    public var plus = "+"
    public var minus = "-"
    /// How many tokens a prompt may have; nil for as many as the model was made for, up to 4,096.
    public var maxTokens: Int?
    public var threads: Int?
    /// The share of the problems that are not trained on, to watch the loss on them.
    public var heldOut = 0.0

    public init(_ checkpoint: URL, training: RewardTraining) {
        self.checkpoint = checkpoint
        self.training = training
    }

    /// What training gives.
    public struct Result: Sendable {
        public var model: AdaptedTransformer
        public var card: AdapterCard
        public var curve: [CurvePoint]
        /// The labels that training ended with, in the order of the training set's rows; nil for whole programs, and where nothing is corrected.
        public var corrected: [CorrectedLabel?]
        /// Prefixes that nothing was learnt from, because they do not fit into the model's window with their prompt, by their problem.
        public var tooLong: [String]
        /// Prefixes learnt from in this call, with repetition.
        public var updates: Int
        /// How long that took, without reading.
        public var seconds: Double

        /// Writes the adapter as peft has it, the head, and the card.
        public func write(folder: URL, checkpoint: URL) throws {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try model.write(folder: folder, model: checkpoint.standardizedFileURL.lastPathComponent)
            try card.write(folder: folder)
        }
    }

    /// - Parameters:
    ///   - facts: recorded in the card beside the options.
    ///   - checkpoints: where to keep what is done, and to go on from; nil for nowhere.
    ///   - advanced: called after each iteration with how many there were.
    ///   - report: points of the curve.
    /// - Throws: `TrainingError` for a set that nothing can be learnt from, `TransformerError` for an unusable checkpoint, `CancellationError`, with the
    ///   checkpoints written.
    public func train(
        on set: TrainingSet, facts: [String: String] = [:], checkpoints: CheckpointFolder? = nil,
        advanced: (Int) -> Void = { _ in }, report: (CurvePoint) -> Void = { _ in }
    ) throws -> Result {
        try set.check()
        guard head != .lines else {
            throw TrainingError(
                "A head at every line's end is read, not trained: train with 'tokens' or 'scalar' on --stepper line.")
        }
        let language = try LanguageCheckpoint(folder: checkpoint, maxTokens: maxTokens)
        let model = try language.model(threads: threads)
        try model.checkFinite()
        let adapter = try LoRAAdapter(adapter, model.shape, seed: training.seed)
        let adapted =
            switch head {
            case .tokens:
                try AdaptedTransformer(
                    model, adapter,
                    head: .generative(
                        plus: try language.token(plus, option: "--plus"),
                        minus: try language.token(minus, option: "--minus")))
            default: try AdaptedTransformer(model, adapter, head: .scalar)
            }
        let identity = try identity(of: set, language)
        try checkpoints?.prepare(for: identity)

        let input = try RewardInput(language, layout: .chat(RewardPrompt(kind: prompt)))
        let isHeldOut = set.heldOut(heldOut, seed: training.seed)
        // Nil for what does not fit.
        var tokens: [[Int]?] = []
        for row in set.rows {
            do {
                let sequence = try input.tokens(
                    for: RewardedPrefix(set.prefix(row), isWhole: row.isWhole), of: set.problems[row.problem])
                try adapted.check(sequence)
                tokens.append(sequence)
            } catch is SelectorError {
                tokens.append(nil)
            }
        }
        let tooLong = tokens.indices.filter { tokens[$0] == nil }.map { set.problems[set.rows[$0].problem].id }
        guard tooLong.count < tokens.count else {
            throw TrainingError(
                "No program fits into \(language.maxTokens) tokens with its prompt. Raise --max-tokens, if the model was made for longer texts."
            )
        }
        func examples(whole: Bool, heldOut: Bool) -> [RewardTrainer<AdaptedTransformer>.Example] {
            zip(set.rows, tokens).compactMap { row, tokens in
                guard let tokens, row.isWhole == whole, isHeldOut[row.problem] == heldOut else { return nil }
                return .init(input: tokens, target: row.target)
            }
        }
        let trainer = try RewardTrainer(
            adapted, options: training, partials: examples(whole: false, heldOut: false),
            finals: examples(whole: true, heldOut: false))
        var loop = try TrainingLoop(
            trainer, name: "adapter", watched: examples(whole: true, heldOut: true), checkpoints: checkpoints)
        let start = ContinuousClock.now
        try loop.run(advanced: advanced, report: report)
        let seconds = (ContinuousClock.now - start) / .seconds(1)

        var corrected = [CorrectedLabel?](repeating: nil, count: set.rows.count)
        let partial = set.rows.indices.filter {
            !set.rows[$0].isWhole && !isHeldOut[set.rows[$0].problem] && tokens[$0] != nil
        }
        for (place, label) in zip(partial, loop.corrected) { corrected[place] = label }
        let learnt = set.problems.indices.filter { !isHeldOut[$0] }.map { set.problems[$0] }
        var record = facts
        record["options"] = try json(training)
        record["adapter"] = describe(self.adapter)
        record["heldOut"] = "\(heldOut)"
        record["identity"] = identity
        record["data"] = set.fingerprint
        record["tooLong"] = String(tooLong.count)
        record["prefixes"] = String(set.rows.count { !$0.isWhole })
        record["wholePrograms"] = String(set.rows.count(where: \.isWhole))
        record["blasCore"] = BLASCore.name
        record["curve"] = try json(loop.curve.points)
        return Result(
            model: loop.trainer.model,
            card: AdapterCard(
                head: head.rawValue, prompt: prompt.rawValue, plus: plus, minus: minus, checkpoint: language.identity,
                problems: learnt.map { EmbeddedRewardModel.hash(of: $0) }.sorted(),
                sketches: learnt.map { StatementSketch($0.statement) }, training: record),
            curve: loop.curve.points, corrected: corrected, tooLong: tooLong,
            updates: (loop.trainer.iteration - loop.resumed) * training.batch, seconds: seconds)
    }

    /// All that the numbers depend on.
    private func identity(of set: TrainingSet, _ language: LanguageCheckpoint) throws -> String {
        "\(set.fingerprint) \(try json(training)) \(describe(adapter)) \(head) \(prompt) \(plus) \(minus) \(language.maxTokens) \(heldOut) "
            + "\(language.identity) \(BLASCore.name)"
    }

    private func describe(_ settings: LoRASettings) -> String {
        "LoRA, rank \(settings.rank), alpha \(settings.alpha), dropout \(settings.dropout), "
            + LoRASettings.Target.allCases.filter(settings.targets.contains).map(\.rawValue).joined(separator: " ")
    }

    private func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}

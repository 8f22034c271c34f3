// SPDX-License-Identifier: Apache-2.0
import Foundation
public import SelectorKit
public import Transformer

/// What a checkpoint is given of a prefix and its problem.
public struct RewardInput: Sendable {
    /// How problem and code are laid out.
    public enum Layout: Sendable, Hashable {
        /// A chat that asks for a judgement.
        case chat(RewardPrompt)
        /// The problem and the code, each line encoded by itself, as Skywork's process reward models were trained. The reward stands at the last line's end.
        case lines
    }

    public let language: LanguageCheckpoint
    public let layout: Layout
    /// What ends a line in the layout `lines`.
    private let lineEnd: Int

    /// - Throws: `TransformerError` for a tokenizer that cannot encode a line end.
    public init(_ language: LanguageCheckpoint, layout: Layout) throws(TransformerError) {
        self.language = language
        self.layout = layout
        guard let lineEnd = language.tokenizer.encode("\n", specialTokens: false).last else {
            throw TransformerError(
                "\(language.checkpoint.folder.relativePath): The tokenizer has no token for a line end.")
        }
        self.lineEnd = lineEnd
    }

    /// The tokens of one prefix: where they would be too many, without the middle of the problem, but with all of the code.
    ///
    /// - Throws: `SelectorError` for code that does not fit.
    public func tokens(for prefix: RewardedPrefix, of problem: Problem) throws -> [Int] {
        let limit = language.maxTokens
        let statement = RewardPrompt.text(of: problem)
        var tokens = try encode(prefix, problem, statement, without: 0)
        guard tokens.count > limit else { return tokens }
        // A token is no fixed number of characters: leave out more until it fits.
        let length = language.tokenizer.encode(statement, specialTokens: false).count
        let charactersPerToken = Double(statement.unicodeScalars.count) / Double(max(1, length))
        var excess = 0
        while tokens.count > limit {
            excess += max(8, Int(Double(tokens.count - limit) * charactersPerToken))
            guard RewardPrompt.shortened(statement, by: excess) != nil else {
                throw SelectorError(
                    .serviceFailed,
                    "A program of problem '\(problem.id)' takes more than \(limit) tokens, even with most of the problem left out. Raise 'maxTokens', if the "
                        + "model was made for longer texts.")
            }
            tokens = try encode(prefix, problem, statement, without: excess)
        }
        return tokens
    }

    private func encode(
        _ prefix: RewardedPrefix, _ problem: Problem, _ statement: String, without excess: Int
    ) throws -> [Int] {
        guard case .chat(var prompt) = layout else {
            return lines(prefix, excess > 0 ? RewardPrompt.shortened(statement, by: excess) ?? statement : statement)
        }
        if excess > 0 { prompt.maxCharacters = try prompt.messages(for: prefix, of: problem).characters - excess }
        let messages = try prompt.messages(for: prefix, of: problem)
        return language.chat.encode([.init(.system, messages.system), .init(.user, messages.user)])
    }

    private func lines(_ prefix: RewardedPrefix, _ statement: String) -> [Int] {
        let tokenizer = language.tokenizer
        var tokens = tokenizer.encode(statement + "\n", specialTokens: false)
        var lines = prefix.text.split(separator: "\n", omittingEmptySubsequences: false)
        // What ends with a line has no further one.
        if lines.last?.isEmpty == true { lines.removeLast() }
        for line in lines {
            tokens += tokenizer.encode(String(line), specialTokens: false)
            tokens.append(lineEnd)
        }
        return tokens
    }
}

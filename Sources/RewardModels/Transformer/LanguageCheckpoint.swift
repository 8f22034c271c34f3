// SPDX-License-Identifier: Apache-2.0
public import Foundation
public import Transformer

/// A checkpoint with what turns texts into its tokens.
public struct LanguageCheckpoint: Sendable {
    public let checkpoint: Checkpoint
    public let tokenizer: Tokenizer
    public let chat: ChatTemplate
    /// How many tokens a sequence may have.
    public let maxTokens: Int

    /// How many tokens a sequence may have where nothing is said, if the model was made for more.
    public static let defaultMaxTokens = 4096

    /// - Parameters:
    ///   - folder: a checkpoint as it is downloaded.
    ///   - maxTokens: nil for as many as the model was made for, up to 4,096.
    /// - Throws: `TransformerError` naming the file for one that is missing, damaged or unsupported.
    public init(folder: URL, maxTokens: Int? = nil) throws(TransformerError) {
        checkpoint = try Checkpoint(folder: folder)
        let limit = checkpoint.configuration.contextLength
        if let maxTokens, maxTokens > limit {
            throw TransformerError(
                "\(folder.relativePath): The model was made for sequences of \(limit) tokens, not of \(maxTokens) (maxTokens)."
            )
        }
        self.maxTokens = maxTokens ?? min(limit, Self.defaultMaxTokens)
        tokenizer = try Tokenizer(file: folder.appendingPathComponent("tokenizer.json"))
        let settings = folder.appendingPathComponent("tokenizer_config.json")
        let hasSettings = FileManager.default.fileExists(atPath: settings.path)
        chat = try ChatTemplate(tokenizer, configuration: hasSettings ? settings : nil)
        let vocabulary = checkpoint.configuration.shape.vocabulary
        guard tokenizer.count <= vocabulary else {
            throw TransformerError(
                "\(folder.relativePath): The tokenizer knows \(tokenizer.count) tokens, and the model \(vocabulary): they do not belong together."
            )
        }
    }

    /// The token that is all of a text.
    ///
    /// - Parameter option: which option to change where it is more than one.
    /// - Throws: `TransformerError` for a text of several tokens.
    public func token(_ text: String, option: String) throws(TransformerError) -> Int {
        let tokens = tokenizer.encode(text, specialTokens: true)
        guard tokens.count == 1 else {
            throw TransformerError(
                "\(checkpoint.folder.relativePath): '\(text)' is \(tokens.count) tokens of the model; an answer must be one. Choose another with '\(option)'."
            )
        }
        return tokens[0]
    }
}

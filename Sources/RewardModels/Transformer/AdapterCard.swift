// SPDX-License-Identifier: Apache-2.0
import ContentHash
public import Foundation
public import Transformer

/// What stands beside an adapter that was trained here: how it is to be asked, and which problems it has seen.
public struct AdapterCard: Sendable, Hashable, Codable {
    public static let file = "bestofn.json"

    /// `TransformerRewardModel.Head` and `RewardPrompt.Kind`.
    public var head: String
    public var prompt: String
    public var plus: String
    public var minus: String
    /// Identifies the checkpoint that it was trained on.
    public var checkpoint: String
    /// The statement hashes of the problems that it was trained on, sorted.
    public var problems: [String]
    /// Of their statements, to find those told again in other words.
    public var sketches: [StatementSketch]
    /// How it was trained, for people and records.
    public var training: [String: String]

    public init(
        head: String, prompt: String, plus: String, minus: String, checkpoint: String, problems: [String],
        sketches: [StatementSketch], training: [String: String]
    ) {
        self.head = head
        self.prompt = prompt
        self.plus = plus
        self.minus = minus
        self.checkpoint = checkpoint
        self.problems = problems
        self.sketches = sketches
        self.training = training
    }

    public func write(folder: URL) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
        try encoder.encode(self).write(to: folder.appendingPathComponent(Self.file), options: .atomic)
    }

    /// The card of an adapter's folder; nil for one that was made elsewhere.
    ///
    /// - Throws: `TransformerError` for a card that cannot be read.
    public init?(folder: URL) throws(TransformerError) {
        let file = folder.appendingPathComponent(Self.file)
        guard FileManager.default.fileExists(atPath: file.path) else { return nil }
        do {
            self = try JSONDecoder().decode(Self.self, from: Data(contentsOf: file))
        } catch {
            throw TransformerError("\(file.relativePath): This is no card of an adapter: \(error)")
        }
    }
}

extension LanguageCheckpoint {
    /// Identifies texts and weights.
    public var identity: String {
        var hash = ContentHash()
        checkpoint.identity { hash.add($0) }
        return hash.hexDigest()
    }
}

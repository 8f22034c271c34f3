// SPDX-License-Identifier: Apache-2.0
public import Foundation

/// What a model said, and what it thought where the server tells it apart.
public struct AnswerText: Sendable, Hashable, Codable {
    public var text: String
    public var reasoning: String?

    public init(_ text: String, reasoning: String? = nil) {
        self.text = text
        self.reasoning = reasoning?.isEmpty == true ? nil : reasoning
    }

    /// The text without a reasoning model's thoughts, where they stand in it between `<think>` and `</think>`; empty where the thoughts never ended.
    public var answer: String {
        if let end = text.range(of: "</think>", options: .backwards) { return String(text[end.upperBound...]) }
        let start = text.drop { $0.isWhitespace }
        return start.hasPrefix("<think>") ? "" : text
    }

    public func compressed() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try CompressedText.compress(String(decoding: encoder.encode(self), as: UTF8.self))
    }

    public init(compressed: Data) throws {
        self = try JSONDecoder().decode(AnswerText.self, from: Data(try CompressedText.decompress(compressed).utf8))
    }
}

// SPDX-License-Identifier: Apache-2.0
import Foundation
import RunStore

/// A program that a policy completed a prefix to.
public struct Completion: Sendable, Hashable {
    /// Begins with the prefix, byte for byte.
    public var program: String
    /// How a language model wrote it; nil for distributions that are known exactly.
    public var details: Details?

    public init(_ program: String, details: Details? = nil) {
        self.program = program
        self.details = details
    }

    public struct Details: Sendable, Hashable, Codable {
        /// Whether the model reached the limit on tokens.
        public var isTruncated = false
        /// Whether it added nothing but white space.
        public var isBlank = false
        /// Whether it gave the prefix once more, which was taken off.
        public var repeatsPrefix = false
        /// How many functions and classes of the prefix it defined again: then it is no pure continuation.
        public var redefinitions = 0
        /// Whether the middle of the problem was left out, because the server's context was too short.
        public var isShortened = false
        /// What the request took that brought this completion; zero for the further ones of a request.
        public var requests = 0
        public var promptTokens = 0
        public var completionTokens = 0

        public init() {}
    }

    func row() throws -> CompletionRow {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        return CompletionRow(
            program: program, details: try details.map { String(decoding: try encoder.encode($0), as: UTF8.self) })
    }
}

/// What language models' completions were like, altogether.
public struct CompletionTally: Sendable, Hashable {
    public var completions = 0
    public var truncated = 0
    public var blank = 0
    public var repeatedPrefixes = 0
    /// Completions that define something of the prefix again.
    public var redefining = 0
    public var shortened = 0
    public var requests = 0
    public var promptTokens = 0
    public var completionTokens = 0

    public init() {}

    mutating func add(_ details: Completion.Details) {
        completions += 1
        truncated += details.isTruncated ? 1 : 0
        blank += details.isBlank ? 1 : 0
        repeatedPrefixes += details.repeatsPrefix ? 1 : 0
        redefining += details.redefinitions > 0 ? 1 : 0
        shortened += details.isShortened ? 1 : 0
        requests += details.requests
        promptTokens += details.promptTokens
        completionTokens += details.completionTokens
    }
}

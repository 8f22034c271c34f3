// SPDX-License-Identifier: Apache-2.0
import ContentHash
public import SelectorKit

/// The question that a generative reward model answers with + or -.
///
/// What prefixes share comes first (instructions, problem, the program's beginning), so that a server keeps it in its prefix cache.
public struct RewardPrompt: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// Code that may be unfinished: a process reward model.
        case prefix
        /// A whole program: an outcome reward model.
        case outcome
    }

    public var kind: Kind
    /// Whether the model is told if the code is complete. That gives away where a program ends, so it is off by default.
    public var showsCompleteness: Bool
    /// The most characters (Unicode scalars) of system and user message together; nil for no limit.
    public var maxCharacters: Int?

    public init(kind: Kind = .prefix, showsCompleteness: Bool = false, maxCharacters: Int? = nil) {
        self.kind = kind
        self.showsCompleteness = showsCompleteness
        self.maxCharacters = maxCharacters
    }

    public struct Messages: Sendable, Hashable {
        public var system: String
        public var user: String
        /// Whether the middle of the problem was left out.
        public var isShortened: Bool

        /// Unicode scalars of both.
        var characters: Int { system.unicodeScalars.count + user.unicodeScalars.count }
    }

    /// The messages about one prefix. The code is never changed; only a final line feed is made sure of.
    ///
    /// - Throws: `SelectorError` when the code alone is too long.
    public func messages(for prefix: RewardedPrefix, of problem: Problem) throws -> Messages {
        let full = Self.text(of: problem)
        let messages = messages(problem: full, prefix: prefix)
        guard let maxCharacters else { return messages }
        let excess = messages.characters - maxCharacters
        guard excess > 0 else { return messages }
        guard let part = Self.shortened(full, by: excess) else {
            throw SelectorError(
                .serviceFailed,
                "A program of problem '\(problem.id)' does not fit into a prompt of \(maxCharacters) characters, even with most of the problem left out. "
                    + "Raise 'maxPromptCharacters'.")
        }
        var shortened = self.messages(problem: part, prefix: prefix)
        shortened.isShortened = true
        return shortened
    }

    private static let gap = "\n[...]\n"
    /// Less of a problem than this says nothing.
    private static let leastProblem = 100

    /// The text without `excess` characters from its middle; nil where hardly anything would be left.
    static func shortened(_ text: String, by excess: Int) -> String? {
        let scalars = text.unicodeScalars
        let kept = scalars.count - excess - gap.unicodeScalars.count
        guard kept >= leastProblem else { return nil }
        let head = String(String.UnicodeScalarView(scalars.prefix((kept + 1) / 2)))
        return head + gap + String(String.UnicodeScalarView(scalars.suffix(kept / 2)))
    }

    /// The problem as a model reads it, with the code that an answer must keep.
    static func text(of problem: Problem) -> String {
        guard let starter = problem.starterCode, !starter.isEmpty else { return problem.statement }
        return "\(problem.statement)\n\n```python\n\(starter)\n```"
    }

    private func messages(problem: String, prefix: RewardedPrefix) -> Messages {
        let heading = kind == .prefix ? "## Solution so far" : "## Solution"
        let end = prefix.text.utf8.last == UInt8(ascii: "\n") ? "" : "\n"
        var user = "## Problem\n\(problem)\n\n\(heading)\n```python\n\(prefix.text)\(end)```\n"
        if showsCompleteness { user += "complete: \(prefix.isWhole ? "yes" : "no")\n" }
        return Messages(system: Self.system(kind), user: user, isShortened: false)
    }

    private static func system(_ kind: Kind) -> String {
        switch kind {
        case .prefix:
            "You are a strict code reviewer. You see a programming problem and a Python solution that may be unfinished: it is the beginning of a "
                + "program, cut after some function. Functions that are called but not written yet are allowed and will be written later. "
                + "Decide whether this code, as far as it goes, is correct and can be continued to a program that solves the whole problem. "
                + "If the program is complete, decide whether it passes every test. Answer with a single character: + if yes, - if no."
        case .outcome:
            "You are a strict code reviewer. You see a programming problem and a Python solution. Decide whether the program solves the whole "
                + "problem and passes every test. Answer with a single character: + if yes, - if no."
        }
    }

    /// Identifies the texts around problem and code.
    var hash: String {
        let sample = messages(problem: "{problem}", prefix: RewardedPrefix("{code}", isWhole: true))
        return ContentHash.of(sample.system, sample.user, maxCharacters.map(String.init) ?? "unlimited", Self.gap)
    }
}

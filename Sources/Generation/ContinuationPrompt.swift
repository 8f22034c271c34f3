// SPDX-License-Identifier: Apache-2.0
import ContentHash
public import Datasets
public import SelectorKit

/// How a model is asked to go on with a program that was begun.
public struct ContinuationPrompt: Sendable, Hashable {
    /// What comes before the program in the model's turn.
    public static let fence = "```python\n"

    public enum Form: String, Sendable, Hashable, Codable, CaseIterable {
        /// The model's own turn is opened with a fence and the prefix, and the server continues it: the model cannot but go on.
        case prefilled
        /// The prefix is part of the question, for servers that open no turn.
        case asked
    }

    public struct Messages: Sendable, Hashable {
        public var system: String?
        public var user: String
        /// The model's turn as far as it is opened; nil for a new one.
        public var assistant: String?
    }

    public var form: Form
    /// How programs are asked for: that of the policy that completes.
    public var prompt: GenerationPrompt

    public init(_ form: Form, of prompt: GenerationPrompt = .cof) {
        self.form = form
        self.prompt = prompt
    }

    /// - Parameter statement: the problem's statement, where it had to be shortened.
    public func messages(
        continuing prefix: String, of problem: Problem, benchmark: Benchmark, statement: String? = nil
    ) -> Messages {
        switch form {
        case .prefilled:
            let messages = prompt.messages(for: problem, of: benchmark, statement: statement)
            return Messages(system: messages.system, user: messages.user, assistant: Self.fence + prefix)
        case .asked:
            let messages = prompt.messages(for: problem, of: benchmark, statement: statement, reply: Self.reply)
            let block = Self.fence + prefix + (prefix.hasSuffix("\n") ? "" : "\n") + "```"
            return Messages(
                system: messages.system, user: "\(messages.user)\n\n\(Self.begun)\n\n\(block)\n\n\(Self.request)")
        }
    }

    /// SHA-256 of all the prompt's words.
    public var hash: String {
        ContentHash.of(
            "continuation prompt 1", form.rawValue, prompt.hash,
            form == .asked ? Self.reply + Self.begun + Self.request : "")
    }

    public func join(_ text: String, to prefix: String) -> Continuation {
        switch form {
        case .prefilled: Continuation(of: prefix, prefilled: text)
        case .asked: Continuation(of: prefix, answer: text)
        }
    }

    private static let reply = "Reply with exactly one fenced python code block that holds the remaining code only."
    private static let begun = "The program below was started and must be continued."
    private static let request = """
        Write only the remaining code, starting on the next line with the same indentation level. Do not repeat the given code. \
        If nothing is missing, reply with an empty code block.
        """
}

// SPDX-License-Identifier: Apache-2.0
import ContentHash
public import Datasets
public import SelectorKit

/// How a model is asked for a program.
public struct GenerationPrompt: Sendable, Hashable {
    enum Source: Sendable, Hashable {
        case chainOfFunctions
        case plain
        case template(PromptTemplateText)
    }

    /// What the experiment calls it: `cof`, `plain` or the template's path.
    public let name: String
    let source: Source

    /// Chain-of-Function: separate functions, top-down, each with a docstring (section 4.1 of the paper).
    public static let cof = GenerationPrompt(name: "cof", source: .chainOfFunctions)
    /// The control: the same task and form of answer, and not a word about functions.
    public static let plain = GenerationPrompt(name: "plain", source: .plain)

    public init(name: String, template: PromptTemplateText) {
        self.init(name: name, source: .template(template))
    }

    private init(name: String, source: Source) {
        self.name = name
        self.source = source
    }

    /// The messages for one problem.
    public struct Messages: Sendable, Hashable {
        public var system: String?
        public var user: String

        public init(system: String? = nil, user: String) {
            self.system = system
            self.user = user
        }
    }

    /// - Parameters:
    ///   - statement: the problem's statement, where it had to be shortened.
    ///   - reply: what to reply with, where it is not the whole program. A template says that itself.
    public func messages(
        for problem: Problem, of benchmark: Benchmark, statement: String? = nil, reply: String? = nil
    ) -> Messages {
        let format = PromptFormat(problem, of: benchmark)
        let statement = statement ?? problem.statement
        switch source {
        case .chainOfFunctions: return Self.own(problem, statement, format, ordersFunctions: true, reply)
        case .plain: return Self.own(problem, statement, format, ordersFunctions: false, reply)
        case .template(let template): return template.messages(problem, statement, format)
        }
    }

    /// The words that do not depend on the problem, by form of answer: what a pool's card records.
    public var texts: [String: String] {
        switch source {
        case .template(let template): ["template": template.text]
        case .chainOfFunctions, .plain:
            Dictionary(
                uniqueKeysWithValues: PromptFormat.allCases.map {
                    ($0.rawValue, Self.system($0, ordersFunctions: source == .chainOfFunctions))
                })
        }
    }

    /// SHA-256 of all the prompt's words.
    public var hash: String {
        var hash = ContentHash()
        hash.add("generation prompt 1")
        for (name, text) in texts.sorted(by: { $0.key < $1.key }) {
            hash.add(name)
            hash.add(text)
        }
        return hash.hexDigest()
    }

    // MARK: Our own words

    private static let opening =
        "You are an expert Python programmer. Solve the task with one complete, correct Python 3 program."
    private static let chain = """
        Organise the program as a chain of functions:
        - Put each logically independent piece of work in its own function. Do not write one long function.
        - Order the functions top-down: the entry point comes first and shows the overall strategy; the helpers it calls follow, in the order they are needed.
        - Begin every function with a short docstring saying what it receives, what it returns and what it guarantees.
        - Keep imports and constants at the top. Define functions at top level (or as methods where a class is required), not inside other functions.
        - A very simple task may need only one function.
        """
    private static let closing = "Reply with exactly one fenced python code block that holds the whole program."

    private static func system(_ format: PromptFormat, ordersFunctions: Bool, _ reply: String? = nil) -> String {
        var parts = [opening]
        if ordersFunctions { parts.append(chain) }
        parts += [reply ?? closing, format.paragraph(ordersFunctions: ordersFunctions)]
        return parts.joined(separator: "\n")
    }

    private static func own(
        _ problem: Problem, _ statement: String, _ format: PromptFormat, ordersFunctions: Bool, _ reply: String?
    ) -> Messages {
        var user = ""
        if let title = problem.title, !title.isEmpty { user += "# \(title)\n\n" }
        user += statement
        if let starter = starterBlock(problem, format) { user += "\n\nStart from this code:\n\(starter)" }
        return Messages(system: system(format, ordersFunctions: ordersFunctions, reply), user: user)
    }

    /// The code that the answer must keep, in a fence; nil where the statement holds it already.
    static func starterBlock(_ problem: Problem, _ format: PromptFormat) -> String? {
        guard format == .starterCode, let starter = problem.starterCode else { return nil }
        return "```python\n\(starter)\(starter.hasSuffix("\n") ? "" : "\n")```"
    }
}

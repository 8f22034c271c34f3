// SPDX-License-Identifier: Apache-2.0
public import Datasets
public import Foundation
import SelectorKit

/// A user's prompt: a text in which `{{statement}}` and other names stand for what differs between problems.
///
/// A line of `---` parts the system message, before it, from the user message; without one all is the user message.
public struct PromptTemplateText: Sendable, Hashable {
    public let text: String
    private let system: [Part]?
    private let user: [Part]

    /// What can stand between double braces.
    public enum Name: String, Sendable, Hashable, CaseIterable {
        /// The problem's text; must occur.
        case statement
        case title
        /// The code that an answer must keep, in a fenced block; nothing where there is none.
        case starterCode
        /// The function that the tests call; nothing for programs that read standard input.
        case entryPoint
        /// What the answer must look like so that the benchmark's tests can use it, with what is said of functions and their order.
        case format
        /// The same without a word about functions.
        case plainFormat
    }

    private enum Part: Sendable, Hashable {
        case text(String)
        case name(Name)
    }

    /// - Throws: `DataError` naming file and line.
    public init(file: URL) throws {
        let text: String
        do {
            text = try String(contentsOf: file, encoding: .utf8)
        } catch {
            throw DataError(
                file: file.relativePath, message: "The prompt cannot be read: \(error.localizedDescription)")
        }
        try self.init(text, file: file.relativePath)
    }

    public init(_ text: String, file: String) throws(DataError) {
        self.text = text
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        var parts: [[Part]] = [[]]
        for (number, line) in lines.enumerated() {
            if line == "---", parts.count == 1 {
                parts.append([])
                continue
            }
            parts[parts.count - 1] += try Self.parts(line, file: file, line: number + 1)
            if number < lines.count - 1 { parts[parts.count - 1].append(.text("\n")) }
        }
        system = parts.count == 2 ? parts[0] : nil
        user = parts[parts.count - 1]
        guard parts.joined().contains(.name(.statement)) else {
            throw DataError(
                file: file, message: "The prompt does not hold {{statement}}, so the model would not see the problem.")
        }
    }

    private static func parts(_ line: Substring, file: String, line number: Int) throws(DataError) -> [Part] {
        var parts: [Part] = []
        var rest = line
        while let start = rest.range(of: "{{") {
            guard let end = rest[start.upperBound...].range(of: "}}") else {
                throw DataError(file: file, line: number, message: "'{{' is not closed by '}}' in the same line.")
            }
            let text = rest[start.upperBound..<end.lowerBound].trimmingCharacters(in: .whitespaces)
            guard let name = Name(rawValue: text) else {
                let known = Name.allCases.map { "{{\($0.rawValue)}}" }.joined(separator: ", ")
                throw DataError(
                    file: file, line: number, message: "Nothing is called {{\(text)}}. Available: \(known).")
            }
            parts += [.text(String(rest[..<start.lowerBound])), .name(name)]
            rest = rest[end.upperBound...]
        }
        return parts + [.text(String(rest))]
    }

    func messages(_ problem: Problem, _ statement: String, _ format: PromptFormat) -> GenerationPrompt.Messages {
        func filled(_ parts: [Part]) -> String {
            let texts = parts.map { part -> String in
                switch part {
                case .text(let text): text
                case .name(.statement): statement
                case .name(.title): problem.title ?? ""
                case .name(.starterCode): GenerationPrompt.starterBlock(problem, format) ?? ""
                case .name(.entryPoint): problem.entryPoint ?? ""
                case .name(.format): format.paragraph(ordersFunctions: true)
                case .name(.plainFormat): format.paragraph(ordersFunctions: false)
                }
            }
            return texts.joined().trimmingCharacters(in: .newlines)
        }
        return GenerationPrompt.Messages(system: system.map(filled), user: filled(user))
    }
}

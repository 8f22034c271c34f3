// SPDX-License-Identifier: Apache-2.0

/// A program cut into steps. Step k ends prefix k; the last prefix is the whole program, byte for byte.
public struct Steps: Sendable, Hashable {
    /// The program's text, as it was given.
    public let text: String
    /// In the text's order. Empty for text that is nothing but white space.
    public let steps: [Step]
    /// Whether quotes, brackets and indentation fit together. Text of which they do not is a single step for steppers that look at structure.
    public let isWellFormed: Bool

    init(text: String, steps: [Step], isWellFormed: Bool) {
        self.text = text
        self.steps = steps
        self.isWellFormed = isWellFormed
    }

    public var count: Int { steps.count }

    /// The text of one step.
    public func text(of step: Step) -> String { Self.string(text.utf8, step.bytes) }

    /// The program's beginning up to the end of the step at `index`.
    public func prefix(through index: Int) -> String { Self.string(text.utf8, 0..<steps[index].bytes.upperBound) }

    /// All prefixes, shortest first; the last is `text`.
    public var prefixes: [String] { steps.indices.map(prefix(through:)) }

    private static func string(_ bytes: String.UTF8View, _ range: Range<Int>) -> String {
        let start = bytes.index(bytes.startIndex, offsetBy: range.lowerBound)
        return String(decoding: bytes[start..<bytes.index(start, offsetBy: range.count)], as: UTF8.self)
    }
}

/// One step of a program.
public struct Step: Sendable, Hashable {
    /// What a step is made of.
    public enum Kind: String, Sendable, Codable, Hashable {
        case function
        case method
        /// A function's head with its docstring, or what follows it.
        case docstring
        case line
        case paragraph
        /// What follows the last function, where that is a step of its own.
        case tail
        /// The whole program.
        case program
    }

    public var kind: Kind
    /// The name of the function or method that the step ends with; nil for other kinds.
    public var name: String?
    /// Offsets into the text's UTF-8. Steps lie side by side and cover the text.
    public var bytes: Range<Int>
    /// Physical lines, from 1, of what gives the step its kind: a function with its decorators, a paragraph without the blank lines before it.
    public var lines: ClosedRange<Int>
}

/// Cuts programs into steps, the units that a process reward model scores. Any text is accepted, and the same text gives the same steps.
public protocol Stepper: Sendable {
    /// The stepper's name in experiments, such as `function`.
    var name: String { get }
    /// Everything that can change the steps besides the text, for fingerprints.
    var options: String { get }
    func steps(of text: String) -> Steps
}

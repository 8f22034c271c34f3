// SPDX-License-Identifier: Apache-2.0
import SelectorKit

/// How a lattice's functions are put together.
public enum LatticeStyle: String, Sendable, Hashable, Codable, CaseIterable {
    /// Chain of functions: all functions side by side.
    case chainOfFunctions = "cof"
    /// One function that holds its helpers as nested functions.
    case plain
}

extension LatticeProblem {
    /// The program made of the chosen variant of each function.
    ///
    /// - Parameter choice: an index into each slot's variants, in slot order.
    public func program(choice: [Int], style: LatticeStyle) -> String {
        let codes = zip(slots, choice).map { $0.variants[$1].code.withoutTrailingNewlines }
        let head = preamble.withoutTrailingNewlines
        let start = head.isEmpty ? "" : head + "\n\n\n"
        switch (kind, style) {
        case (.standardInput, .chainOfFunctions): return start + codes.joined(separator: "\n\n\n") + "\n\n\nmain()\n"
        case (.standardInput, .plain): return start + Self.nested(codes) + "\n\nmain()\n"
        case (.functional, .chainOfFunctions):
            return start + "class Solution:\n" + codes.map(\.indented).joined(separator: "\n\n") + "\n"
        case (.functional, .plain):
            let functions = codes.enumerated().map { freed($1, isHelper: $0 > 0) }
            return start + "class Solution:\n" + Self.nested(functions).indented
        }
    }

    /// The first function with the others nested behind its docstring.
    private static func nested(_ codes: [String]) -> String {
        guard let entry = codes.first else { return "" }
        let lines = entry.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let helpers = codes.dropFirst().flatMap { [$0.indented, ""] }
        let bodyStart = docstringEnd(lines) + 1
        return (lines[..<bodyStart] + helpers + lines[bodyStart...]).joined(separator: "\n") + "\n"
    }

    /// The line on which the docstring ends that stands on the second line; the reader has checked that there is one.
    static func docstringEnd(_ lines: [String]) -> Int {
        let quotes = "\"\"\""
        guard lines.count > 1 else { return 0 }
        let first = lines[1].trimmingSpaces
        if first.hasSuffix(quotes), first.utf8.count >= 6 { return 1 }
        return lines.indices.dropFirst(2).first { lines[$0].trimmingSpaces.hasSuffix(quotes) } ?? 1
    }

    /// A method as a function of its own: helpers are called by their names, and helpers lose their `self`.
    private func freed(_ code: String, isHelper: Bool) -> String {
        var code = code
        for slot in slots.dropFirst() { code = code.replacingAll("self.\(slot.name)(", by: "\(slot.name)(") }
        guard isHelper else { return code }
        var lines = code.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if let header = lines.firstIndex(where: { $0.trimmingSpaces.hasPrefix("def ") }) {
            lines[header] = lines[header].replacingFirst("(self, ", by: "(").replacingFirst("(self)", by: "()")
        }
        return lines.joined(separator: "\n")
    }
}

extension String {
    var trimmingSpaces: Substring {
        let start = drop { $0 == " " || $0 == "\t" || $0 == "\r" }
        guard let last = start.lastIndex(where: { $0 != " " && $0 != "\t" && $0 != "\r" }) else { return "" }
        return start[...last]
    }

    var withoutTrailingNewlines: String {
        guard let last = unicodeScalars.lastIndex(where: { $0 != "\n" }) else { return "" }
        return String(unicodeScalars[...last])
    }

    /// Every line that is not blank, four columns to the right.
    var indented: String {
        split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.allSatisfy(\.isWhitespace) ? String(line) : "    " + line
        }.joined(separator: "\n")
    }

    func replacingFirst(_ text: String, by other: String) -> String {
        guard let range = firstRange(of: text) else { return self }
        return self[..<range.lowerBound] + other + self[range.upperBound...]
    }

    func replacingAll(_ text: String, by other: String) -> String {
        split(separator: text, omittingEmptySubsequences: false).joined(separator: other)
    }
}

// SPDX-License-Identifier: Apache-2.0
import Foundation
import SelectorKit
import Yams

/// Turns the YAML of one lattice problem into a value, collecting what is wrong with it.
struct LatticeFileReader {
    private static let keys: Set = [
        "id", "title", "difficulty", "date", "kind", "statement", "function", "starter", "preamble", "slots", "tests",
    ]

    let file: String
    let root: Node
    private(set) var mistakes = DataErrorList()

    init(file: String, root: Node) {
        self.file = file
        self.root = root
    }

    mutating func complain(_ node: Node?, _ field: String, _ message: String) {
        mistakes.append(DataError(file: file, line: node?.mark?.line, field: field, message: message))
    }

    mutating func problem() -> LatticeProblem {
        checkKeys(root, known: Self.keys, in: nil)
        let kindText = text("kind")
        let kind = TestExample.Kind(rawValue: kindText)
        if kind == nil, !kindText.isEmpty {
            complain(root["kind"], "kind", "'\(kindText)' is no kind of test. Known: stdin, functional.")
        }
        let difficulty = text("difficulty")
        if !difficulty.isEmpty, !["easy", "medium", "hard"].contains(difficulty) {
            complain(root["difficulty"], "difficulty", "'\(difficulty)' is no difficulty. Known: easy, medium, hard.")
        }
        let date = text("date")
        if !date.isEmpty, !BenchmarkOptions.isDay(date) {
            complain(root["date"], "date", "'\(date)' is not a day. Write it as YYYY-MM-DD.")
        }
        let problem = LatticeProblem(
            id: text("id"), title: text("title"), difficulty: Difficulty(rawValue: difficulty), date: date,
            kind: kind ?? .standardInput, statement: text("statement"),
            function: kind == .functional ? text("function") : optionalText("function"),
            starter: kind == .functional ? text("starter") : optionalText("starter"),
            preamble: optionalText("preamble") ?? "",
            slots: slots(), publicInputs: inputs("public", isRequired: true),
            hiddenInputs: inputs("hidden", isRequired: false),
            generator: generator())
        check(problem)
        return problem
    }

    // MARK: Slots

    private mutating func slots() -> [LatticeProblem.Slot] {
        guard let node = root["slots"]?.sequence, !node.isEmpty else {
            complain(root["slots"], "slots", "The problem needs a list of slots: the entry function, then its helpers.")
            return []
        }
        var slots: [LatticeProblem.Slot] = []
        for (index, item) in node.enumerated() {
            let place = "slots[\(index)]"
            guard item.mapping != nil, let name = item["name"]?.string, !name.isEmpty else {
                complain(item, place, "The slot has no 'name', the name of its function.")
                continue
            }
            checkKeys(item, known: ["name", "variants"], in: "slot '\(name)'")
            if slots.contains(where: { $0.name == name }) {
                complain(item, "slot '\(name)'", "Another slot has the same name.")
            }
            slots.append(.init(name: name, variants: variants(of: name, item)))
        }
        return slots
    }

    private mutating func variants(of slot: String, _ node: Node) -> [LatticeProblem.Variant] {
        guard let items = node["variants"]?.sequence, !items.isEmpty else {
            complain(node, "slot '\(slot)'", "The slot has no list of 'variants'.")
            return []
        }
        var variants: [LatticeProblem.Variant] = []
        for (index, item) in items.enumerated() {
            let place = "slot '\(slot)', variant \(index + 1)"
            checkKeys(item, known: ["probability", "bug", "code"], in: place)
            guard let probability = item["probability"]?.float, (0...1).contains(probability) else {
                complain(item, place, "'probability' is missing or not a number from 0 to 1.")
                continue
            }
            guard let code = item["code"]?.string, !code.isEmpty else {
                complain(item, place, "'code', the text of the function, is missing.")
                continue
            }
            if let mistake = Self.mistake(in: code, of: slot) { complain(item["code"], place, mistake) }
            variants.append(.init(probability: probability, bug: item["bug"].map { $0.string ?? "wrong" }, code: code))
        }
        guard variants.count == items.count else { return variants }
        let sum = variants.reduce(0) { $0 + $1.probability }
        if abs(sum - 1) > 1e-9 {
            complain(node, "slot '\(slot)'", "The probabilities of its variants sum to \(sum), not to 1.")
        }
        if !variants.contains(where: { $0.isCorrect && $0.probability > 0 }) {
            complain(node, "slot '\(slot)'", "No variant is correct: each has a 'bug' or the probability 0.")
        }
        return variants
    }

    /// The layout that assembling programs relies on.
    private static func mistake(in code: String, of slot: String) -> String? {
        let lines = code.withoutTrailingNewlines.split(separator: "\n", omittingEmptySubsequences: false).map(
            String.init)
        guard let header = lines.firstIndex(where: { !$0.hasPrefix("@") }) else { return "The code is empty." }
        guard lines[header].hasPrefix("def \(slot)("), lines[header].hasSuffix(":") else {
            return "The code must begin with 'def \(slot)(…):' on one line."
        }
        guard header + 1 < lines.count, lines[header + 1].trimmingSpaces.hasPrefix("\"\"\"") else {
            return "The line after the 'def' must begin a docstring in triple double quotes."
        }
        return nil
    }

    private mutating func check(_ problem: LatticeProblem) {
        guard let entry = problem.slots.first else { return }
        let expected = problem.kind == .standardInput ? "main" : problem.function ?? ""
        if entry.name != expected, !expected.isEmpty {
            complain(
                root["slots"], "slots",
                "The first slot is the entry and must be named '\(expected)', not '\(entry.name)'.")
        }
        for (index, variant) in entry.variants.enumerated() where variant.code.hasPrefix("@") {
            complain(
                root["slots"], "slot '\(entry.name)', variant \(index + 1)", "The entry function must not be decorated."
            )
        }
    }

    // MARK: Tests

    private mutating func inputs(_ name: String, isRequired: Bool) -> [String] {
        guard let node = root["tests"]?[name] else {
            if isRequired { complain(root["tests"], "tests", "The list '\(name)' of inputs is missing.") }
            return []
        }
        guard let items = node.sequence, !(isRequired && items.isEmpty) else {
            complain(node, "tests.\(name)", "Expected a list of inputs.")
            return []
        }
        var inputs: [String] = []
        for (index, item) in items.enumerated() {
            guard let text = item.scalar?.string else {
                complain(item, "tests.\(name)[\(index)]", "An input must be text. Write it as a block: '- |'.")
                continue
            }
            inputs.append(text)
        }
        return inputs
    }

    private mutating func generator() -> String? {
        if let tests = root["tests"] { checkKeys(tests, known: ["public", "hidden", "generator"], in: "tests") }
        return root["tests"]?["generator"]?.string
    }

    // MARK: Texts

    private mutating func text(_ name: String) -> String {
        guard let text = optionalText(name), !text.isEmpty else {
            complain(root, name, "The field is missing.")
            return ""
        }
        return text
    }

    private func optionalText(_ name: String) -> String? { root[name]?.scalar?.string }

    private mutating func checkKeys(_ node: Node, known: Set<String>, in place: String?) {
        guard let mapping = node.mapping else {
            complain(node, place ?? "file", "Expected named values: \(known.sorted().joined(separator: ", ")).")
            return
        }
        for (key, _) in mapping where !known.contains(key.string ?? "") {
            complain(
                key, place ?? "file",
                "Unknown key '\(key.string ?? "?")'. Known: \(known.sorted().joined(separator: ", ")).")
        }
    }
}

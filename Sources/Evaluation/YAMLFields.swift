// SPDX-License-Identifier: Apache-2.0
import Datasets
import Foundation
import Yams

/// A YAML mapping whose keys are read one by one, so that every mistake names file, line and key, and keys that nobody read are reported.
final class YAMLFields {
    private let file: String
    private let path: String
    private let mapping: Node.Mapping
    private var known: Set<String> = []

    /// - Parameter path: the mapping's place in the document, such as `pools[0]`; empty for the document itself.
    init(_ node: Node, file: String, path: String) throws {
        guard case .mapping(let mapping) = node else {
            throw DataError(
                file: file, line: node.mark?.line, field: path.isEmpty ? nil : path,
                message: "Expected named values (key: value).")
        }
        self.file = file
        self.path = path
        self.mapping = mapping
    }

    /// All keys of the mapping.
    var keys: [String] { mapping.compactMap { $0.key.string } }

    private func name(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    func error(_ key: String, _ message: String) -> DataError {
        let line = mapping.first { $0.key.string == key }.flatMap { $0.key.mark?.line } ?? mapping.mark?.line
        return DataError(file: file, line: line, field: name(key), message: message)
    }

    /// The value of a key; nil when it is absent or null.
    func node(_ key: String) -> Node? {
        known.insert(key)
        guard let node = mapping[key], node.null == nil else { return nil }
        return node
    }

    func string(_ key: String) throws -> String? {
        guard let node = node(key) else { return nil }
        guard let text = node.scalar?.string else { throw error(key, "Expected a text.") }
        return text
    }

    func requiredString(_ key: String) throws -> String {
        guard let text = try string(key) else { throw error(key, "The key is missing.") }
        return text
    }

    func integer(_ key: String, in range: ClosedRange<Int> = 0...Int.max) throws -> Int? {
        guard let node = node(key) else { return nil }
        guard let value = node.int, range.contains(value) else {
            let bound =
                range.upperBound == Int.max
                ? "of at least \(range.lowerBound)" : "from \(range.lowerBound) to \(range.upperBound)"
            throw error(key, "Expected a whole number \(bound), not '\(node.scalar?.string ?? "a list or mapping")'.")
        }
        return value
    }

    func number(_ key: String) throws -> Double? {
        guard let node = node(key) else { return nil }
        guard let value = node.float, value.isFinite else {
            throw error(key, "Expected a number, not '\(node.scalar?.string ?? "a list or mapping")'.")
        }
        return value
    }

    /// One of the cases of a closed list.
    func choice<Choice: RawRepresentable & CaseIterable>(_ key: String, _ type: Choice.Type) throws -> Choice?
    where Choice.RawValue == String {
        guard let text = try string(key) else { return nil }
        guard let value = Choice(rawValue: text) else {
            throw error(key, unknownName(text, kind: "value", available: Choice.allCases.map(\.rawValue)))
        }
        return value
    }

    /// A list of texts; a single text counts as a list of one.
    func strings(_ key: String) throws -> [String]? {
        guard let node = node(key) else { return nil }
        if let text = node.scalar?.string { return [text] }
        guard case .sequence(let items) = node else { throw error(key, "Expected a text or a list of texts.") }
        return try items.map { item in
            guard let text = item.scalar?.string else { throw error(key, "Expected a list of texts.") }
            return text
        }
    }

    func list(_ key: String) throws -> [Node]? {
        guard let node = node(key) else { return nil }
        guard case .sequence(let items) = node else { throw error(key, "Expected a list (- item).") }
        return Array(items)
    }

    func fields(_ key: String) throws -> YAMLFields? {
        guard let node = node(key) else { return nil }
        return try YAMLFields(node, file: file, path: name(key))
    }

    /// Throws when the mapping has a key that was never asked for.
    func finish() throws {
        for (key, _) in mapping {
            let text = key.string ?? ""
            if !known.contains(text) {
                throw DataError(
                    file: file, line: key.mark?.line, field: name(text),
                    message: unknownName(text, kind: "key", available: known.sorted()))
            }
        }
    }
}

/// `Unknown key 'selctors'. Did you mean 'selectors'? Available: …`
public func unknownName(_ name: String, kind: String, available: [String]) -> String {
    var text = "Unknown \(kind) '\(name)'."
    let nearest = available.min { editDistance($0, name) < editDistance($1, name) }
    if let nearest, editDistance(nearest, name) <= max(2, name.count / 3) { text += " Did you mean '\(nearest)'?" }
    return text + " Available: \(available.joined(separator: ", "))."
}

/// Levenshtein distance, for suggestions.
private func editDistance(_ first: String, _ second: String) -> Int {
    let first = Array(first.lowercased())
    let second = Array(second.lowercased())
    var row = Array(0...second.count)
    for (i, a) in first.enumerated() {
        var diagonal = row[0]
        row[0] = i + 1
        for (j, b) in second.enumerated() {
            let substituted = diagonal + (a == b ? 0 : 1)
            diagonal = row[j + 1]
            row[j + 1] = min(substituted, diagonal + 1, row[j] + 1)
        }
    }
    return row[second.count]
}

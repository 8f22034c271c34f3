// SPDX-License-Identifier: Apache-2.0
public import Foundation
import SelectorKit

/// A file of results that cannot be used: what, where, and what to do.
public struct RunResultsError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The file.
    public var path: String
    /// The field that is wrong, such as `pools[0].problems[12].verdicts`; nil where the file as a whole is.
    public var field: String?
    /// A full sentence.
    public var message: String

    public init(path: String, field: String? = nil, _ message: String) {
        self.path = path
        self.field = field
        self.message = message
    }

    public var description: String { "\(path): " + (field.map { "field '\($0)': " } ?? "") + message }
}

extension RunResults {
    /// The results as JSON with sorted keys and one line per problem, so that a comparison of two versions of the file shows which problems changed. The same
    /// bytes for the same results.
    public func encoded() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        func json(_ value: some Encodable) throws -> String {
            String(decoding: try encoder.encode(value), as: UTF8.self)
        }
        func list(_ values: [some Encodable], indent: String) throws -> String {
            guard !values.isEmpty else { return "[]" }
            let lines = try values.map { indent + "  " + (try json($0)) }
            return "[\n" + lines.joined(separator: ",\n") + "\n\(indent)]"
        }
        let pools = try pools.map { pool in
            """
                {
                  "costs": \(try list(pool.costs, indent: "      ")),
                  "hash": \(try json(pool.hash)),
                  "name": \(try json(pool.name)),
                  "problems": \(try list(pool.problems, indent: "      ")),
                  "verdictsImported": \(pool.verdictsImported)
                }
            """
        }
        let text = """
            {
              "benchmark": \(try json(benchmark)),
              "format": \(try json(Self.format)),
              "formatVersion": \(Self.currentFormatVersion),\(try grading.map { "\n  \"grading\": \(try json($0))," } ?? "")
              "models": \(try list(models, indent: "  ")),
              "pools": [\(pools.isEmpty ? "" : "\n" + pools.joined(separator: ",\n") + "\n  ")],
              "problems": \(try list(problems, indent: "  ")),
              "problemsHash": \(try json(problemsHash)),
              "run": \(try json(run)),
              "selectors": \(try list(selectors, indent: "  ")),
              "toolVersion": \(try json(toolVersion))
            }

            """
        return Data(text.utf8)
    }

    /// Reads what `encoded()` wrote.
    ///
    /// - Parameter path: of the file, for messages.
    /// - Throws: `RunResultsError`, naming the field.
    public init(data: Data, path: String) throws {
        let decoder = JSONDecoder()
        do {
            let head = try decoder.decode(Head.self, from: data)
            guard head.format == Self.format else {
                throw RunResultsError(
                    path: path, field: "format",
                    "It is \(head.format.map { "'\($0)'" } ?? "missing"), not '\(Self.format)'. Give a run's directory or a file that 'bestofn baseline save' wrote."
                )
            }
            guard let version = head.formatVersion, version >= 1 else {
                throw RunResultsError(path: path, field: "formatVersion", "It is not a whole number of at least 1.")
            }
            guard version <= Self.currentFormatVersion else {
                throw RunResultsError(
                    path: path, field: "formatVersion",
                    "The file has version \(version) of the format; this program reads up to version \(Self.currentFormatVersion). Use a newer bestofn, or save the baseline again with this one."
                )
            }
            self = try decoder.decode(RunResults.self, from: data)
        } catch let error as DecodingError {
            let isJSON = (try? JSONSerialization.jsonObject(with: data, options: .fragmentsAllowed)) != nil
            throw RunResultsError(decoding: error, path: path, isJSON: isJSON)
        }
        try check(path: path)
    }

    private struct Head: Decodable {
        var format: String?
        var formatVersion: Int?
    }

    /// What the types of the fields do not say. A careless merge, for example, leaves a line twice.
    private func check(path: String) throws {
        func wrong(_ field: String, _ message: String) -> RunResultsError {
            RunResultsError(path: path, field: field, message)
        }
        func repeated(_ names: [String]) -> (index: Int, name: String)? {
            var seen: Set<String> = []
            return names.enumerated().first { !seen.insert($0.element).inserted }.map { ($0.offset, $0.element) }
        }
        if let twice = repeated(problems.map(\.id)) {
            throw wrong("problems[\(twice.index)].id", "Problem '\(twice.name)' comes twice.")
        }
        if let twice = repeated(selectors.map(\.label)) {
            throw wrong("selectors[\(twice.index)].label", "Selector '\(twice.name)' comes twice.")
        }
        if let twice = repeated(pools.map(\.name)) {
            throw wrong("pools[\(twice.index)].name", "Pool '\(twice.name)' comes twice.")
        }
        let known = Set(problems.map(\.id))
        for (place, pool) in pools.enumerated() {
            if let twice = repeated(pool.problems.map(\.id)) {
                throw wrong("pools[\(place)].problems[\(twice.index)].id", "Problem '\(twice.name)' comes twice.")
            }
            guard pool.costs.count == selectors.count else {
                throw wrong(
                    "pools[\(place)].costs",
                    "There are \(pool.costs.count) entries for \(NumberFormat.count(selectors.count, "selector")).")
            }
            if let index = pool.costs.firstIndex(where: \.isNegative) {
                throw wrong("pools[\(place)].costs[\(index)]", "A number in it is negative.")
            }
            for (index, problem) in pool.problems.enumerated() {
                let field = "pools[\(place)].problems[\(index)]"
                guard known.contains(problem.id) else {
                    throw wrong("\(field).id", "Problem '\(problem.id)' is not in the field 'problems'.")
                }
                guard problem.chosen.count == selectors.count else {
                    throw wrong(
                        "\(field).chosen",
                        "There are \(problem.chosen.count) entries for \(NumberFormat.count(selectors.count, "selector"))."
                    )
                }
                guard !problem.verdicts.isEmpty else {
                    throw wrong("\(field).verdicts", "There is no candidate.")
                }
            }
        }
    }
}

extension RunResults.Spending {
    fileprivate var isNegative: Bool {
        let counts = [
            problems, cost.calls, cost.promptTokens, cost.sharedTokens, cost.completionTokens, cost.forwardPasses,
            cost.executions,
            cost.approximations,
        ]
        return counts.contains { $0 < 0 } || cost.cpuSeconds < 0
    }
}

extension RunResultsError {
    init(decoding error: DecodingError, path: String, isJSON: Bool) {
        func field(_ path: [any CodingKey]) -> String? {
            let text = path.reduce(into: "") { text, key in
                if let index = key.intValue {
                    text += "[\(index)]"
                } else {
                    text += (text.isEmpty ? "" : ".") + key.stringValue
                }
            }
            return text.isEmpty ? nil : text
        }
        switch error {
        case .keyNotFound(let key, let context):
            self.init(path: path, field: field(context.codingPath + [key]), "It is missing.")
        case .typeMismatch(let type, let context):
            self.init(path: path, field: field(context.codingPath), "It is not \(Self.words(for: type)).")
        case .valueNotFound(let type, let context):
            self.init(path: path, field: field(context.codingPath), "It is null, not \(Self.words(for: type)).")
        case .dataCorrupted(let context):
            if let field = field(context.codingPath) {
                self.init(path: path, field: field, context.debugDescription + ".")
            } else if isJSON {
                // Foundation does not always tell where, as of a number that is none.
                self.init(path: path, "A value in it has the wrong form: \(Self.reason(context)).")
            } else {
                self.init(
                    path: path,
                    "The file is not whole JSON; it may have been cut off or merged badly. Save the baseline again.")
            }
        @unknown default:
            self.init(path: path, "The file cannot be read: \(error).")
        }
    }

    private static func reason(_ context: DecodingError.Context) -> String {
        let cause = context.underlyingError.map { ($0 as NSError).userInfo[NSDebugDescriptionErrorKey] as? String }
        return (cause ?? nil) ?? context.debugDescription
    }

    private static func words(for type: Any.Type) -> String {
        switch type {
        case is String.Type: "a text"
        case is Int.Type: "a whole number"
        case is Double.Type: "a number"
        case is Bool.Type: "true or false"
        case is [Any].Type: "a list"
        case is [String: Any].Type: "an object"
        default: "of the right type"
        }
    }
}

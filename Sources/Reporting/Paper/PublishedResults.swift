// SPDX-License-Identifier: Apache-2.0
public import Foundation
import Statistics

/// Numbers that others published, with their source, to be laid beside a run's own.
///
/// `reports/published/*.json`; `reports/published/README.md` describes the format. Percentages are kept as they were printed.
public struct PublishedResults: Sendable, Codable, Hashable {
    public var formatVersion: Int
    /// A short name for tables and figures, such as `DAJ`.
    public var name: String
    public var source: Source
    /// As an experiment names it: `livecodebench`.
    public var benchmark: String
    /// Which of the benchmark's problems, in words.
    public var subset: String
    /// The base model that the candidates come from.
    public var model: String
    /// Candidates per problem; nil where the source does not say.
    public var candidates: Int?
    /// How many problems each column stands on: by difficulty, and `overall`.
    public var problems: [String: Int]
    public var rows: [Row]

    public struct Source: Sendable, Codable, Hashable {
        public var title: String
        /// Such as `arXiv:2512.15000`.
        public var identifier: String
        public var url: String
        /// The table, figure or section, as far as it is known.
        public var place: String

        /// One line.
        public var citation: String { "\(title), \(identifier), \(place)" }
    }

    public struct Row: Sendable, Codable, Hashable {
        public enum Kind: String, Sendable, Codable, Hashable {
            /// The base model's answer without selection.
            case base
            /// What a random choice among the candidates is expected to get.
            case random
            case selector
        }

        public var method: String
        public var kind: Kind
        /// Percentages by column, as printed.
        public var passAt1: [String: Double]
        /// How many problems were solved, by column; nil where that is not a whole number or not known.
        public var solved: [String: Int]?
        /// Whether the source tells percentages only, and the counts are the one way to get them.
        public var solvedIsDerived: Bool?
    }

    /// The columns that any row has, easiest first, `overall` last.
    public var columns: [String] {
        let known = ["easy", "medium", "hard", "overall"]
        let others = Set(rows.flatMap(\.passAt1.keys)).subtracting(known).sorted()
        return (known.dropLast() + others + ["overall"]).filter { column in
            rows.contains { $0.passAt1[column] != nil }
        }
    }

    /// The share of problems solved, from the count where there is one.
    public func share(of row: Row, _ column: String) -> Double? {
        if let solved = row.solved?[column], let problems = problems[column] {
            return Double(solved) / Double(problems)
        }
        return row.passAt1[column].map { $0 / 100 }
    }

    /// How sure a published count of solved problems is: the Wilson interval.
    static func interval(solved: Int, of problems: Int) -> ClosedRange<Double> {
        wilsonInterval(successes: solved, trials: problems)
    }

    /// - Throws: `ReportError` naming file and key.
    public init(file: URL) throws {
        let data: Data
        do {
            data = try Data(contentsOf: file)
        } catch {
            throw ReportError(
                .publishedFile, "\(file.relativePath): The file cannot be read: \(error.localizedDescription)")
        }
        try self.init(data, name: file.relativePath)
    }

    /// - Parameter name: the file's name in messages.
    public init(_ data: Data, name file: String) throws {
        func mistake(_ field: String, _ message: String) -> ReportError {
            ReportError(.publishedFile, "\(file): \(field.isEmpty ? "" : "field '\(field)': ")\(message)")
        }
        do {
            self = try JSONDecoder().decode(PublishedResults.self, from: data)
        } catch let error as DecodingError {
            switch error {
            case .keyNotFound(let key, let context):
                throw mistake(Self.path(context.codingPath + [key]), "The key is missing.")
            case .typeMismatch(let type, let context):
                throw mistake(Self.path(context.codingPath), "Expected \(Self.name(of: type)).")
            case .valueNotFound(_, let context):
                throw mistake(Self.path(context.codingPath), "Expected a value, found null.")
            case .dataCorrupted(let context):
                throw mistake(Self.path(context.codingPath), "The value cannot be read: \(context.debugDescription)")
            @unknown default: throw mistake("", "The file cannot be read: \(error)")
            }
        }
        guard formatVersion == 1 else {
            throw mistake("formatVersion", "This version reads format 1, not \(formatVersion).")
        }
        guard !rows.isEmpty else { throw mistake("rows", "Give at least one row.") }
        if let (column, count) = problems.first(where: { $0.value < 1 }) {
            throw mistake("problems.\(column)", "Expected a whole number of at least 1, not \(count).")
        }
        for (index, row) in rows.enumerated() {
            for (column, percent) in row.passAt1.sorted(by: { $0.key < $1.key }) {
                let field = "rows[\(index)].passAt1.\(column)"
                guard (0...100).contains(percent) else {
                    throw mistake(field, "Expected a percentage, not \(percent).")
                }
                guard let total = problems[column] else {
                    throw mistake(field, "'problems' does not tell how many problems '\(column)' has.")
                }
                guard let solved = row.solved?[column] else { continue }
                let exact = Double(solved) / Double(total) * 100
                guard (0...total).contains(solved), abs(exact - percent) < 0.0501 else {
                    throw mistake(
                        "rows[\(index)].solved.\(column)",
                        "\(solved) of \(total) problems are \(String(format: "%.2f", exact)) %, not \(percent) %.")
                }
            }
            if let extra = row.solved?.keys.sorted().first(where: { row.passAt1[$0] == nil }) {
                throw mistake("rows[\(index)].solved.\(extra)", "The row has no percentage of that name.")
            }
        }
    }

    private static func path(_ keys: [any CodingKey]) -> String {
        keys.reduce("") { path, key in
            if let index = key.intValue { return path + "[\(index)]" }
            return path.isEmpty ? key.stringValue : path + "." + key.stringValue
        }
    }

    private static func name(of type: any Any.Type) -> String {
        switch type {
        case is String.Type: "a text"
        case is Int.Type: "a whole number"
        case is Double.Type: "a number"
        case is Bool.Type: "true or false"
        case is [String: Any].Type: "named values"
        default: "\(type)".hasPrefix("Array") ? "a list" : "named values"
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
import Datasets
import SelectorKit

/// How many problems an experiment is about, so that a run on others stops instead of filling a table that looks right.
public struct ExpectedProblems: Sendable, Hashable {
    /// In all; nil where that is not told.
    public var problems: Int?
    /// By difficulty; `unrated` for problems without one.
    public var byDifficulty: [String: Int]

    public init(problems: Int? = nil, byDifficulty: [String: Int] = [:]) {
        self.problems = problems
        self.byDifficulty = byDifficulty
    }

    init(_ fields: YAMLFields) throws {
        problems = try fields.integer("problems")
        byDifficulty = [:]
        for key in fields.keys where key != "problems" { byDifficulty[key] = try fields.integer(key) }
        guard problems != nil || !byDifficulty.isEmpty else {
            throw fields.error("problems", "Say how many problems are expected: {problems: 131, easy: 31}.")
        }
        try fields.finish()
    }

    var fields: YAMLMapping {
        var fields = YAMLMapping()
        fields.add("problems", problems)
        for (difficulty, count) in byDifficulty.sorted(by: {
            Difficulty(rawValue: $0.key) < Difficulty(rawValue: $1.key)
        }) {
            fields.add(difficulty, count)
        }
        return fields
    }

    /// Refuses problems that are not as many as expected.
    ///
    /// - Parameter name: the experiment's.
    func check(_ problems: [Problem], name: String) throws(DataError) {
        let counts = Dictionary(problems.map { ($0.difficulty?.rawValue ?? "unrated", 1) }, uniquingKeysWith: +)
        var differences: [String] = []
        if let wanted = self.problems, wanted != problems.count {
            differences.append("\(problems.count) problem\(problems.count == 1 ? "" : "s") instead of \(wanted)")
        }
        for (difficulty, wanted) in byDifficulty.sorted(by: {
            Difficulty(rawValue: $0.key) < Difficulty(rawValue: $1.key)
        })
        where counts[difficulty, default: 0] != wanted {
            differences.append("\(counts[difficulty, default: 0]) \(difficulty) instead of \(wanted)")
        }
        guard !differences.isEmpty else { return }
        let found = counts.sorted { Difficulty(rawValue: $0.key) < Difficulty(rawValue: $1.key) }
            .map { "\($0.value) \($0.key)" }
        throw DataError(
            file: "experiment '\(name)'", field: "expect",
            message:
                "The problems are not the expected ones: \(differences.joined(separator: ", ")). Loaded: \(problems.count) (\(found.joined(separator: ", "))). "
                + "Check 'problems', 'subset' and 'split', or leave 'expect' out (--set expect=null) to run on these.")
    }
}

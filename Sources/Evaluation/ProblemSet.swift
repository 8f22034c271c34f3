// SPDX-License-Identifier: Apache-2.0
import Datasets
import Foundation
import RunStore
import SelectorKit

/// The problems of an experiment without their hidden tests, which are read again when candidates are executed.
struct ProblemSet: Sendable {
    struct Entry: Sendable {
        var problem: Problem
        var suiteHash: String
        var publicTests: [TestExample]
        /// About how many tests there are.
        var expectedTests: Int
    }

    private let entries: [String: Entry]
    /// The problems sorted by id, as the store keeps them.
    let records: [ProblemRecord]
    /// Identifies problems and tests.
    let hash: String
    /// What candidates need to know of the problems.
    let index: ProblemIndex
    /// What to say of problems without tests, one line each.
    let untested: [String]

    /// Reads all problems.
    ///
    /// - Parameter hard: the problems that are hard, all others being easy, where the benchmark tells no difficulty (BigCodeBench-Hard).
    /// - Throws: `InputErrors` with every bad row.
    init(reading files: BenchmarkFiles, hard: Set<String>? = nil) throws {
        var entries: [String: Entry] = [:]
        var hash = ProblemsHash()
        var index = ProblemIndex(benchmark: files.benchmark)
        var mistakes = DataErrorList()
        var untested: [String] = []
        var reader = files.makeReader()
        while let item = reader.next(collecting: &mistakes) {
            var problem = item.problem
            if let hard, problem.difficulty == nil { problem.difficulty = hard.contains(problem.id) ? .hard : .easy }
            entries[problem.id] = Entry(
                problem: problem, suiteHash: item.suite.hash, publicTests: item.publicTests,
                expectedTests: item.suite.expectedTests)
            hash.add(item)
            index.add(item)
            if item.suite.isEmpty { untested.append(item.problem.id) }
        }
        if !entries.isEmpty, untested.count == entries.count {
            for id in untested {
                mistakes.append(DataError(file: reader.place(of: id) ?? id, message: "Problem '\(id)' has no tests."))
            }
        }
        if mistakes.isEmpty && entries.isEmpty {
            mistakes.append(
                DataError(
                    file: files.files.first?.relativePath ?? "problems",
                    message: "No problem is left. Check the files and the experiment's subset."))
        }
        guard mistakes.isEmpty else { throw InputErrors(mistakes) }
        self.entries = entries
        records = entries.values.sorted { $0.problem.id < $1.problem.id }.map {
            ProblemRecord(problem: $0.problem, suiteHash: $0.suiteHash)
        }
        self.hash = hash.value
        index.excluded = reader.excluded
        self.index = index
        self.untested = untested.map { id in
            "\(reader.place(of: id) ?? id): problem '\(id)' has no tests; officially every program that loads passes it"
        }
    }

    subscript(id: String) -> Entry? { entries[id] }
}

extension Experiment {
    /// The benchmark's files with the experiment's choice of problems.
    func benchmarkFiles() throws -> BenchmarkFiles {
        var options = BenchmarkOptions(
            prompt: subset.prompt == .instruct ? .instruct : .complete, from: subset.from, to: subset.to,
            limit: subset.limit)
        if let ids = subset.ids { options.ids = try IDList.read(ids) }
        if let only = subset.only { options.ids = options.ids.map { $0.intersection(only) } ?? only }
        return BenchmarkFiles(benchmark: benchmark, files: problems, options: options)
    }
}

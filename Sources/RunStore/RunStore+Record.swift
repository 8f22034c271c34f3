// SPDX-License-Identifier: Apache-2.0
import Foundation
import GRDB
import SelectorKit

extension RunStore {
    /// Reads the whole run as values: what the manifest names, with the verdicts made under its condition.
    ///
    /// - Parameter allowsParts: whether some of the problems' results may be all there is. Tables of such a record would look like those of the whole.
    /// - Throws: `RunStoreError`, also for a directory that holds parts which no whole run has gone over.
    public func record(allowsParts: Bool = false) throws -> RunRecord {
        if !allowsParts, let parts = try parts(), !parts.isWhole {
            throw RunStoreError(
                path: directory.path,
                "This is part of a run (\(parts.summary.joined(separator: "; "))), and tables of a part would mislead. Join all parts with 'bestofn merge', "
                    + "then 'bestofn run' the experiment in the merged directory: it computes what is missing and takes the rest as it is."
            )
        }
        let manifest = try manifest()
        return RunRecord(
            manifest: manifest, problems: try problemRecords(), pools: try poolRecords(condition: manifest.conditionID),
            selectors: try manifest.selectors.map { try selectorRecord($0) },
            condition: try manifest.conditionID.flatMap { try conditionJSON($0) })
    }

    private func conditionJSON(_ id: String) throws -> String? {
        try read { database in
            try String.fetchOne(database, sql: "SELECT json FROM condition WHERE id = ?", arguments: [id])
        }
    }

    private func problemRecords() throws -> [ProblemRecord] {
        let decoder = JSONDecoder()
        return try read { database in
            try Row.fetchAll(database, sql: "SELECT * FROM problem ORDER BY id").map { row in
                let json: String = row["json"]
                return ProblemRecord(
                    problem: try decoder.decode(Problem.self, from: Data(json.utf8)), suiteHash: row["suite_hash"])
            }
        }
    }

    private func poolRecords(condition: String?) throws -> [PoolRecord] {
        try read { database in
            var pools = try Row.fetchAll(database, sql: "SELECT * FROM pool ORDER BY position").map { row in
                PoolRecord(
                    name: row["name"], hash: row["hash"], verdictsImported: row["verdicts_imported"], candidates: [:])
            }
            for index in pools.indices {
                let rows = try Row.fetchCursor(
                    database,
                    sql: """
                        SELECT candidate.problem, candidate.model, candidate.sample, candidate.imported_passed, program.text, verdict.*
                        FROM candidate JOIN program ON program.hash = candidate.program_hash
                        JOIN problem ON problem.id = candidate.problem
                        LEFT JOIN verdict ON verdict.graded_hash = candidate.graded_hash AND verdict.suite_hash = problem.suite_hash
                            AND verdict.condition = ?
                        WHERE candidate.pool = ? ORDER BY candidate.problem, candidate.position
                        """, arguments: [condition ?? "", pools[index].name])
                while let row = try rows.next() {
                    let verdict: VerdictRecord?
                    if pools[index].verdictsImported {
                        let passed: Bool? = row["imported_passed"]
                        verdict = passed.map { VerdictRecord(passed: $0, outcome: "imported") }
                    } else {
                        let outcome: String? = row["outcome"]
                        verdict = outcome == nil ? nil : VerdictRecord(row: row)
                    }
                    let problem: String = row["problem"]
                    pools[index].candidates[problem, default: []].append(
                        CandidateRecord(
                            id: CandidateID(model: row["model"], sample: row["sample"]), program: row["text"],
                            verdict: verdict))
                }
            }
            return pools
        }
    }

    private func selectorRecord(_ entry: RunManifest.SelectorEntry) throws -> SelectorRecord {
        let decoder = JSONDecoder()
        var scores: [String: [String: PoolScores]] = [:]
        try read { database in
            let rows = try Row.fetchCursor(
                database, sql: "SELECT pool, problem, json FROM scoring WHERE selector = ?", arguments: [entry.label])
            while let row = try rows.next() {
                let pool: String = row["pool"]
                let problem: String = row["problem"]
                let json: String = row["json"]
                scores[pool, default: [:]][problem] = try decoder.decode(PoolScores.self, from: Data(json.utf8))
            }
        }
        var record = SelectorRecord(
            label: entry.label, descriptor: entry.descriptor, options: entry.options, scores: scores)
        record.subsets = try subsets(selector: entry.label)
        return record
    }
}

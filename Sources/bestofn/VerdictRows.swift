// SPDX-License-Identifier: Apache-2.0
import Foundation
import RunStore
import SelectorKit

/// The rows that `bestofn execute` writes: one per candidate, sorted by problem, then in pool order.
enum VerdictRows {
    private struct Row: Encodable {
        var problem: String
        var candidate: String
        var passed: Bool
        var outcome: String
        var cpuSeconds: Double
        var wallSeconds: Double
        var peakBytes: Int
        var testsRun: Int
        var testsTotal: Int
        var message: String
        var channel: String
        var nearLimit: Bool
        var firstTry: VerdictRecord.FirstTry?
    }

    /// - Returns: how many rows there are.
    @discardableResult
    static func write(_ record: RunRecord, to file: URL) throws -> Int {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var text = Data()
        var count = 0
        for (problem, candidate, verdict) in rows(record) {
            let row = Row(
                problem: problem, candidate: candidate.id.description, passed: verdict.passed, outcome: verdict.outcome,
                cpuSeconds: rounded(verdict.cpuSeconds), wallSeconds: rounded(verdict.wallSeconds),
                peakBytes: verdict.peakBytes, testsRun: verdict.testsRun, testsTotal: verdict.testsTotal,
                message: verdict.message, channel: verdict.channel, nearLimit: verdict.nearLimit,
                firstTry: verdict.firstTry)
            text += try encoder.encode(row)
            text.append(UInt8(ascii: "\n"))
            count += 1
        }
        // Through a temporary name, so that a file that exists is whole.
        try text.write(to: file, options: .atomic)
        return count
    }

    /// `1640 candidates: 1390 passed, 201 wrongAnswer, …; verdicts by split 1640`
    static func summary(_ record: RunRecord) -> String {
        var outcomes: [String: Int] = [:]
        var channels: [String: Int] = [:]
        var total = 0
        for (_, _, verdict) in rows(record) {
            outcomes[verdict.outcome, default: 0] += 1
            if !verdict.channel.isEmpty { channels[verdict.channel, default: 0] += 1 }
            total += 1
        }
        let sort = { (counts: [String: Int]) in counts.sorted { ($0.value, $1.key) > ($1.value, $0.key) } }
        let parts = sort(outcomes).map { "\($0.value) \($0.key)" }
        let made = sort(channels).map { "\($0.key) \($0.value)" }
        return "\(total) candidates: \(parts.joined(separator: ", "))"
            + (made.isEmpty ? "" : "; verdicts by \(made.joined(separator: ", "))")
    }

    private static func rows(_ record: RunRecord) -> [(
        problem: String, candidate: CandidateRecord, verdict: VerdictRecord
    )] {
        record.pools.flatMap { pool in
            record.problems.flatMap { entry in
                (pool.candidates[entry.problem.id] ?? []).compactMap { candidate in
                    candidate.verdict.map { (entry.problem.id, candidate, $0) }
                }
            }
        }
    }

    private static func rounded(_ seconds: Double) -> Double { (seconds * 1e6).rounded() / 1e6 }
}

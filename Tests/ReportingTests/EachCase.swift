// SPDX-License-Identifier: Apache-2.0
import RunStore
import SelectorKit

/// A run of one pool and one selector, small enough to compute by hand: of all that can happen to a problem, one of each.
enum EachCase {
    static func record() -> RunRecord {
        var record = SampleRun(problems: 7, candidates: 2, selectors: 1).record()
        record.manifest.name = "each <case>"
        let passed = VerdictRecord(passed: true, outcome: "passed", cpuSeconds: 0.1234, channel: "harness")
        let wrong = VerdictRecord(
            passed: false, outcome: "wrongAnswer", message: "got \"1\" \u{0}\u{1B}[0m", cpuSeconds: 2)
        let broken = VerdictRecord(passed: false, outcome: "infrastructureError", message: "killed")
        let cost = Cost(calls: 1)
        func scores(_ first: CandidateScore, _ second: CandidateScore) -> PoolScores {
            .scored([first, second], cost: cost, wallSeconds: 1)
        }
        let cases: [(VerdictRecord?, VerdictRecord?, PoolScores?)] = [
            (passed, wrong, scores(.value(2), .value(1))),
            (passed, wrong, scores(.value(1), .value(2))),
            (wrong, passed, scores(.value(1), .value(1))),
            (passed, wrong, scores(.rejected(reason: "r"), .rejected(reason: "r"))),
            (broken, passed, scores(.value(2), .value(1))),
            (nil, passed, scores(.value(2), .value(1))),
            (passed, wrong, .failed(message: "no server")),
        ]
        for (entry, wanted) in zip(record.problems, cases) {
            let id = entry.problem.id
            record.pools[0].candidates[id]?[0].verdict = wanted.0
            record.pools[0].candidates[id]?[1].verdict = wanted.1
            record.selectors[0].scores["gpt-4o-mini"]?[id] = wanted.2
        }
        return record
    }
}

// SPDX-License-Identifier: Apache-2.0
import RunStore
import SelectorKit

/// Small runs written as text. A problem's candidates are a string with one letter each: `+` passed, `-` wrong answer, `?` not graded, `!` our own
/// machinery failed, `t` tampered in its own process, `s` passed alone after a time-out, close to the limit, by a judge.
enum Runs {
    static func run(
        problems: [(id: String, difficulty: Difficulty?)], pools: [PoolRecord], selectors: [SelectorRecord] = []
    ) -> RunRecord {
        let manifest = RunManifest(
            name: "sample", toolVersion: "0", benchmark: "test", experiment: "", problemsHash: "",
            problemCount: problems.count,
            pools: [], selectors: [], execution: nil, conditionID: nil, seed: 0,
            environment: .init(startedAt: "", processor: "", operatingSystem: ""))
        let records = problems.map { id, difficulty in
            ProblemRecord(
                problem: Problem(id: id, benchmark: "test", statement: "", difficulty: difficulty), suiteHash: "")
        }
        return RunRecord(manifest: manifest, problems: records, pools: pools, selectors: selectors)
    }

    static func pool(_ verdicts: [String: String], name: String = "pool", imported: Bool = false) -> PoolRecord {
        let candidates = verdicts.mapValues { letters in
            letters.enumerated().map { index, letter in
                CandidateRecord(
                    id: CandidateID(model: "m", sample: index), program: "print(\(index))", verdict: verdict(letter))
            }
        }
        return PoolRecord(name: name, hash: "", verdictsImported: imported, candidates: candidates)
    }

    static func selector(
        _ label: String, requirements: Set<SelectorDescriptor.Requirement> = [], _ scores: [String: PoolScores],
        in pool: String = "pool"
    ) -> SelectorRecord {
        SelectorRecord(
            label: label,
            descriptor: SelectorDescriptor(name: label, version: 1, scope: .candidate, requirements: requirements),
            options: "{}", scores: [pool: scores])
    }

    /// Scores with one second of wall time and one call; nil for a rejected candidate.
    static func scored(_ values: Double?...) -> PoolScores {
        .scored(
            values.map { value in value.map { .value($0) } ?? .rejected(reason: "test") },
            cost: Cost(calls: 1, cpuSeconds: 0.5),
            wallSeconds: 1)
    }

    private static func verdict(_ letter: Character) -> VerdictRecord? {
        switch letter {
        case "+": VerdictRecord(passed: true, outcome: "passed", cpuSeconds: 0.25)
        case "-": VerdictRecord(passed: false, outcome: "wrongAnswer", message: "expected 1, got 2")
        case "!": VerdictRecord(passed: false, outcome: "infrastructureError", message: "the sandbox died")
        case "t": VerdictRecord(passed: false, outcome: "tampered", message: "walked the frames", channel: "inProcess")
        case "s":
            VerdictRecord(
                passed: true, outcome: "passed", channel: "split", nearLimit: true,
                firstTry: .init(outcome: "cpuTimeout", cpuSeconds: 3, wallSeconds: 4, peakBytes: 0))
        default: nil
        }
    }
}

func close(_ value: Double?, _ expected: Double) -> Bool {
    value.map { abs($0 - expected) < 1e-12 } ?? false
}

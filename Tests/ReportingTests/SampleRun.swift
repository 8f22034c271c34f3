// SPDX-License-Identifier: Apache-2.0
import RunStore
import SelectorKit

/// A made-up run that looks like a real one: selectors of different quality, ties, rejections, failures and hostile text. The same on every machine.
struct SampleRun {
    var problems = 36
    var candidates = 8
    var pools = ["gpt-4o-mini"]
    var selectors = 5
    /// Missing verdicts, failed gradings and failed selectors.
    var hasGaps = false
    /// How many functions a program has.
    var programLength = 3

    /// Text that must be escaped wherever it is shown.
    static let hostile =
        "<script>alert('x')</script> & ]]> </pre></details> \"quoted\" \u{1B}[31m \u{0} \u{7F} \u{202E}reversed\u{202C} ünï → 🐍"

    private static let labels = [
        "funprm", "orm", "self-certainty", "majority-text", "shortest", "line-prm-skywork-o1-open-prm-qwen-2.5-7b",
        "mean-logprob",
        "judge-pointwise", "codet", "public-tests",
    ]
    /// How well each selector tells right from wrong.
    private static let skill = [0.9, 0.6, 0.35, 0.25, 0.1, 0.45, 0.2, 0.5, 0.6, 0.7]

    func record() -> RunRecord {
        var random = SplitMix(state: 7)
        let list = (0..<problems).map { index in problem(index) }.sorted { $0.problem.id < $1.problem.id }
        var poolRecords: [PoolRecord] = []
        for (position, name) in pools.enumerated() {
            var candidates: [String: [CandidateRecord]] = [:]
            for (index, entry) in list.enumerated() {
                candidates[entry.problem.id] = makeCandidates(
                    model: name, index: index, difficulty: entry.problem.difficulty, imported: position == 1,
                    random: &random)
            }
            poolRecords.append(
                PoolRecord(
                    name: name, hash: "c0ffee\(position)", verdictsImported: position == 1, candidates: candidates))
        }
        let selectorRecords = (0..<selectors).map { makeSelector($0, list: list, pools: poolRecords, random: &random) }
        return RunRecord(
            manifest: manifest(pools: poolRecords, selectors: selectorRecords), problems: list, pools: poolRecords,
            selectors: selectorRecords)
    }

    private func problem(_ index: Int) -> ProblemRecord {
        let difficulties: [Difficulty] = [.easy, .medium, .hard]
        let number = String(1000 + index).dropFirst()
        let statement =
            index == 0
            ? Self.hostile
            : """
            There are N parcel lockers in a row. You are given a list of deliveries; each takes the nearest free locker.

            Print, for each delivery, the number of the locker that it gets, or -1 if all are taken.

            Input
            N M
            d_1 ... d_M   (1 <= d_i <= N, N <= 200000)
            """
        return ProblemRecord(
            problem: Problem(
                id: "abc\(number)_\(["a", "d", "f"][index % 3])", benchmark: "livecodebench",
                title: index == 0 ? "A < B & \"C\"" : "Parcel Lockers \(index)", statement: statement,
                difficulty: difficulties[index % 3]),
            suiteHash: "0")
    }

    private func makeCandidates(
        model: String, index: Int, difficulty: Difficulty?, imported: Bool, random: inout SplitMix
    ) -> [CandidateRecord] {
        let rate = difficulty == .easy ? 0.85 : difficulty == .medium ? 0.5 : 0.2
        let level = min(1, max(0, rate + (random.next() - 0.5) * 0.7))
        return (0..<candidates).map { sample in
            let passed = random.next() < level
            let kinds = ["wrongAnswer", "wrongAnswer", "wrongAnswer", "exception", "cpuTimeout", "memoryLimit"]
            let kind = kinds[Int(random.next() * 6)]
            var verdict: VerdictRecord? = VerdictRecord(
                passed: passed, outcome: imported ? "imported" : passed ? "passed" : kind,
                message: passed || imported ? "" : message(kind, index),
                cpuSeconds: imported ? 0 : 0.02 + random.next() * 1.5,
                wallSeconds: 0.1, peakBytes: 20_000_000, testsRun: 10, testsTotal: 12)
            if hasGaps, !imported, index == 3, sample == 2 { verdict = nil }
            if hasGaps, !imported, index == 4, sample == 5 {
                verdict = VerdictRecord(
                    passed: false, outcome: "infrastructureError", message: "the sandbox was killed twice")
            }
            let isCopy = sample > 0 && random.next() < 0.15
            return CandidateRecord(
                id: CandidateID(model: model, sample: sample), program: program(index, isCopy ? 0 : sample),
                verdict: verdict)
        }
    }

    private func message(_ kind: String, _ index: Int) -> String {
        if index == 0 { return Self.hostile }
        switch kind {
        case "wrongAnswer": return "test 7: expected \"3 -1 5\", got \"3 -1 4\""
        case "exception": return "test 2: IndexError: list index out of range"
        case "cpuTimeout": return "test 11 used more than 6 s of CPU time"
        default: return "test 9 used more than 1024 MiB"
        }
    }

    private func program(_ index: Int, _ sample: Int) -> String {
        if index == 0, sample == 1 { return "print('''\(Self.hostile)''')\r\nprint(1)\n" }
        if index == 1, sample == 2 { return "" }
        let helpers = (1..<max(2, programLength)).map { step in
            """


            def step_\(step)(values, limit):
                \"""Return the values below the limit, in order (variant \(sample)).\"""
                chosen = []
                for value in values:
                    if value < limit and value not in chosen:
                        chosen.append(value * \(step + sample))
                return chosen
            """
        }
        return
            "def main():\n    \"\"\"Read the lockers and place every parcel.\"\"\"\n    n, m = map(int, input().split())\n"
            + "    print(step_1(list(map(int, input().split())), n))\n" + helpers.joined() + "\n\n\nmain()\n"
    }

    private func makeSelector(
        _ index: Int, list: [ProblemRecord], pools: [PoolRecord], random: inout SplitMix
    ) -> SelectorRecord {
        let label = Self.labels[index % Self.labels.count]
        let skill = Self.skill[index % Self.skill.count]
        var scores: [String: [String: PoolScores]] = [:]
        for pool in pools {
            for (position, entry) in list.enumerated() {
                let candidates = pool.candidates[entry.problem.id] ?? []
                let values = candidates.map { candidate -> CandidateScore in
                    if candidate.program.isEmpty { return .rejected(reason: "blank <program>") }
                    let signal = candidate.verdict?.passed == true ? skill : 0
                    let value = 0.45 * signal + random.next()
                    // Coarse scores tie.
                    return .value(label == "majority-text" ? (value * 4).rounded() : value, steps: [value])
                }
                let cost = Cost(
                    calls: index % 2 == 0 ? 8 : 0, promptTokens: index % 2 == 0 ? 9000 : 0, forwardPasses: index * 8,
                    executions: label == "public-tests" ? 24 : 0, cpuSeconds: random.next())
                var result: PoolScores = .scored(values, cost: cost, wallSeconds: random.next() * Double(index + 1))
                if hasGaps, index == 1, position == 6 || position == 8 {
                    result = .failed(message: "The server closed the connection. \(Self.hostile)")
                }
                scores[pool.name, default: [:]][entry.problem.id] = result
            }
        }
        let requirements: [Set<SelectorDescriptor.Requirement>] = [
            [.rewardModel(role: "prm")], [.rewardModel(role: "orm")], [.tokenStatistics], [], [],
        ]
        return SelectorRecord(
            label: label,
            descriptor: SelectorDescriptor(
                name: label, version: 1, scope: .candidate,
                requirements: label == "public-tests" ? [.publicTests, .execution] : requirements[index % 5],
                summary: "A sample selector."), options: "{\"aggregation\":\"mean\"}", scores: scores)
    }

    private func manifest(pools: [PoolRecord], selectors: [SelectorRecord]) -> RunManifest {
        RunManifest(
            name: "Parcel lockers, \(problems) problems", toolVersion: "0.1.0", benchmark: "livecodebench",
            experiment: "name: sample\nselectors:\n  - funprm\n", problemsHash: "a1b2c3", problemCount: problems,
            pools: pools.map {
                .init(
                    name: $0.name, hash: $0.hash, candidates: problems * candidates,
                    verdicts: $0.verdictsImported ? "imported" : "executed")
            }, selectors: selectors.map { .init(label: $0.label, descriptor: $0.descriptor, options: $0.options) },
            execution: .init(
                semantics: "livecodebench-official", clock: "cpu", sandboxTier: "namespaces",
                selfTest: ["network": "blocked", "other users' files": "hidden"], python: "3.11.2", workers: 2),
            conditionID: "f00d", seed: 1,
            environment: .init(
                startedAt: "2026-01-02T03:04:05Z", finishedAt: "2026-01-02T03:05:00Z", processor: "Example CPU",
                operatingSystem: "Linux",
                stageSeconds: ["execute": 12.5, "score": 3.25]))
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers on every machine.
struct SplitMix {
    var state: UInt64

    /// A number in 0..<1.
    mutating func next() -> Double {
        state &+= 0x9E37_79B9_7F4A_7C15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        return Double((bits ^ (bits >> 31)) >> 11) / 9_007_199_254_740_992
    }
}

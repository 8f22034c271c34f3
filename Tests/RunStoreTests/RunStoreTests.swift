// SPDX-License-Identifier: Apache-2.0
import Fixtures
import Foundation
import RunStore
import SelectorKit
import Testing

@Suite struct RunStoreTests {
    private let problem = Problem(id: "p/1", benchmark: "livecodebench", statement: "Add.", difficulty: .easy)
    private let descriptor = SelectorDescriptor(name: "first", version: 1, scope: .pool)

    private func manifest(condition: String?) -> RunManifest {
        RunManifest(
            name: "test", toolVersion: "0", benchmark: "livecodebench", experiment: "", problemsHash: "h",
            problemCount: 1,
            pools: [.init(name: "a", hash: "x", candidates: 2, verdicts: "executed")],
            selectors: [.init(label: "first", descriptor: descriptor, options: "{}")], execution: nil,
            conditionID: condition,
            seed: 1, environment: .init(startedAt: "2026-01-01T00:00:00Z", processor: "p", operatingSystem: "o"))
    }

    private func candidate(_ sample: Int, graded: String, imported: Bool? = nil) -> StoredCandidate {
        StoredCandidate(
            problemID: "p/1", id: CandidateID(model: "m", sample: sample), program: "print(\(sample))",
            programHash: "text\(sample)",
            gradedHash: graded, imported: imported.map { ($0, "official") })
    }

    private func fill(_ store: RunStore) throws {
        try store.replaceProblems([ProblemRecord(problem: problem, suiteHash: "s")])
        try store.replacePools([
            StoredPool(
                name: "a", hash: "x", verdictsImported: false,
                candidates: [candidate(0, graded: "g0"), candidate(1, graded: "g1")])
        ])
        try store.declareCondition(id: "c", json: "{}")
        try store.write(manifest(condition: "c"))
    }

    @Test func aRunIsReadBackAsItWasWritten() throws {
        try withTemporaryFolder { folder in
            let store = try RunStore(directory: folder)
            try fill(store)
            let verdict = VerdictRecord(
                passed: false, outcome: "wrongAnswer", message: "1 ≠ 2", cpuSeconds: 0.25, testsRun: 3, testsTotal: 9,
                channel: "split", nearLimit: true,
                firstTry: .init(outcome: "cpuTimeout", cpuSeconds: 3, wallSeconds: 4, peakBytes: 5))
            try store.record(verdict, for: VerdictKey(gradedHash: "g1", suiteHash: "s"), condition: "c")
            let scores = PoolScores.scored(
                [.value(1, steps: [0.5]), .rejected(reason: "blank")], cost: Cost(calls: 2), wallSeconds: 0.5)
            try store.record([], selector: "first", pool: "a", problem: "p/1", outcome: scores)

            let record = try RunStore.existing(directory: folder).record()
            #expect(record.problems.map(\.problem) == [problem])
            let candidates = try #require(record.pools.first?.candidates["p/1"])
            #expect(candidates.map(\.program) == ["print(0)", "print(1)"])
            #expect(candidates.map(\.verdict) == [nil, verdict])
            #expect(record.selectors.first?.scores["a"]?["p/1"] == scores)
        }
    }

    @Test func verdictsOfOtherConditionsOrSuitesDoNotCount() throws {
        try withTemporaryFolder { folder in
            let store = try RunStore(directory: folder)
            try fill(store)
            let verdict = VerdictRecord(passed: true, outcome: "passed")
            try store.record(verdict, for: VerdictKey(gradedHash: "g0", suiteHash: "s"), condition: "strict")
            try store.record(verdict, for: VerdictKey(gradedHash: "g1", suiteHash: "older"), condition: "c")
            #expect(try store.record().pools.first?.candidates["p/1"]?.compactMap(\.verdict) == [])
            #expect(try store.verdicts(condition: "strict").count == 1)
        }
    }

    @Test func verdictsSurviveAnExperimentThatChangesItsPools() throws {
        try withTemporaryFolder { folder in
            let store = try RunStore(directory: folder)
            try fill(store)
            let key = VerdictKey(gradedHash: "g0", suiteHash: "s")
            try store.record(VerdictRecord(passed: true, outcome: "passed"), for: key, condition: "c")
            try fill(store)
            #expect(try store.verdicts(condition: "c")[key]?.passed == true)
        }
    }

    @Test func importedVerdictsStandWhereThePoolSaysSo() throws {
        try withTemporaryFolder { folder in
            let store = try RunStore(directory: folder)
            try fill(store)
            try store.replacePools([
                StoredPool(
                    name: "a", hash: "x", verdictsImported: true,
                    candidates: [candidate(0, graded: "g0", imported: true), candidate(1, graded: "g1", imported: nil)])
            ])
            let verdicts = try store.record().pools.first?.candidates["p/1"]?.map(\.verdict)
            #expect(verdicts == [VerdictRecord(passed: true, outcome: "imported"), nil])
        }
    }

    @Test func poolsAreWrittenAnewWhenAnythingInThemChanges() throws {
        try withTemporaryFolder { folder in
            let store = try RunStore(directory: folder)
            try fill(store)
            let first = [candidate(0, graded: "g0"), candidate(1, graded: "g1")]
            func pool(_ candidates: [StoredCandidate], name: String = "a") -> StoredPool {
                StoredPool(name: name, hash: "x", verdictsImported: false, candidates: candidates)
            }
            for pools in [
                [pool(first)], [pool(first), pool(first, name: "b")], [pool(first.reversed())],
                [pool([candidate(0, graded: "other"), candidate(1, graded: "g1")])], [], [pool(first)],
            ] {
                try store.replacePools(pools)
                let stored = try store.record().pools
                #expect(stored.map(\.name) == pools.map(\.name))
                #expect(
                    stored.map { $0.candidates["p/1"]?.map(\.id) } == pools.map { $0.candidates.map(\.id) })
            }
        }
    }

    @Test func whatSelectorsSaidOfThePoolsIsForgottenWithEachRun() throws {
        try withTemporaryFolder { folder in
            let store = try RunStore(directory: folder)
            try fill(store)
            try store.record([], selector: "first", pool: "a", problem: "p/1", outcome: .failed(message: "no server"))
            #expect(try store.record().selectors.first?.scores["a"]?.count == 1)
            try store.replacePools([
                StoredPool(
                    name: "a", hash: "x", verdictsImported: false,
                    candidates: [candidate(0, graded: "g0"), candidate(1, graded: "g1")])
            ])
            #expect(try store.record().selectors.first?.scores["a"]?.isEmpty ?? true)
        }
    }

    @Test func cachedScoresAreFoundByTheirWholeKey() throws {
        try withTemporaryFolder { folder in
            let store = try RunStore(directory: folder)
            let key = ScoreKey(fingerprint: "f", problemHash: "p", candidateHash: "c", poolHash: "")
            let value = CachedScore(score: .value(0.1), cost: Cost(promptTokens: 7), wallSeconds: 2)
            try store.record(
                [(key, value)], selector: "s", pool: "a", problem: "p/1", outcome: .failed(message: "no server"))
            #expect(try store.scores(fingerprint: "f") == [key: value])
            #expect(try store.scores(fingerprint: "g").isEmpty)
        }
    }

    @Test func twoStoresMayWriteToOneDirectory() async throws {
        try await withTemporaryFolder { folder in
            let first = try RunStore(directory: folder)
            let second = try RunStore(directory: folder)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (index, store) in [first, second].enumerated() {
                    group.addTask {
                        for number in 0..<100 {
                            try store.record(
                                VerdictRecord(passed: true, outcome: "passed"),
                                for: VerdictKey(gradedHash: "\(index)-\(number)", suiteHash: "s"), condition: "c")
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try first.verdicts(condition: "c").count == 200)
        }
    }

    @Test func aFileThatIsNoDatabaseIsNamed() throws {
        try withTemporaryFolder { folder in
            try Data(repeating: 7, count: 5000).write(to: folder.appendingPathComponent("run.sqlite"))
            #expect {
                try RunStore(directory: folder)
            } throws: {
                "\($0)".contains("run.sqlite: The file is not a usable SQLite database")
            }
        }
    }

    @Test func aMissingRunSaysWhatToGive() throws {
        try withTemporaryFolder { folder in
            #expect {
                try RunStore.existing(directory: folder)
            } throws: {
                "\($0)".contains("There is no run here")
            }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
import Fixtures
import Foundation
import GRDB
import RunStore
import SelectorKit
import Testing

/// Runs that are made by hand, in folders named a, b, c.
struct MergeFolder {
    let folder: URL

    func url(_ name: String) -> URL { folder.appendingPathComponent(name) }

    static func manifest(seed: UInt64 = 1, python: String = "c") -> RunManifest {
        RunManifest(
            name: "test", toolVersion: "0", benchmark: "livecodebench", experiment: "", problemsHash: "h",
            problemCount: 2, pools: [.init(name: "pool", hash: "x", candidates: 4, verdicts: "executed")],
            selectors: [], execution: nil, conditionID: python, seed: seed,
            environment: .init(startedAt: "2026-01-01T00:00:00Z", processor: "p", operatingSystem: "o"))
    }

    /// A run with the candidates of some problems; each problem's graded hashes are `<problem>0` and `<problem>1`.
    @discardableResult
    func make(
        _ name: String, problems: [String] = ["p", "q"], manifest: RunManifest = manifest(),
        verdicts: [String: VerdictRecord] = [:]
    ) throws -> RunStore {
        let store = try RunStore(directory: url(name))
        try store.replaceProblems(
            ["p", "q"].map {
                ProblemRecord(
                    problem: Problem(id: $0, benchmark: "livecodebench", statement: "Do \($0)."),
                    suiteHash: "suite \($0)")
            })
        let candidates = problems.flatMap { problem in
            (0..<2).map { sample in
                StoredCandidate(
                    problemID: problem, id: CandidateID(model: "m", sample: sample), program: "\(problem)\(sample)",
                    programHash: "text \(problem)\(sample)", gradedHash: "\(problem)\(sample)", imported: nil)
            }
        }
        try store.replacePools([
            StoredPool(name: "pool", hash: "x", verdictsImported: false, candidates: candidates)
        ])
        try store.declareCondition(id: "c", json: "{}")
        try store.write(manifest)
        for (graded, verdict) in verdicts {
            try store.record(
                verdict, for: VerdictKey(gradedHash: graded, suiteHash: "suite \(graded.prefix(1))"), condition: "c")
        }
        try store.checkpoint()
        return store
    }

    @discardableResult
    func merge(_ inputs: [String], into output: String, skipsUnusable: Bool = false) throws -> RunMerge.Result {
        try RunMerge.merge(inputs.map(url), into: url(output), skipsUnusable: skipsUnusable)
    }

    /// The database's bytes: equal for the same rows.
    func bytes(_ name: String) throws -> Data { try Data(contentsOf: url(name).appendingPathComponent("run.sqlite")) }

    func verdicts(_ name: String) throws -> [String: String] {
        let known = try RunStore.existing(directory: url(name)).verdicts(condition: "c")
        return Dictionary(uniqueKeysWithValues: known.map { ($0.key.gradedHash, $0.value.outcome) })
    }

    static func with(_ body: (MergeFolder) throws -> Void) throws {
        try withTemporaryFolder { try body(MergeFolder(folder: $0)) }
    }
}

private let pass = VerdictRecord(passed: true, outcome: "passed", cpuSeconds: 0.5)
private let wrong = VerdictRecord(passed: false, outcome: "wrongAnswer", cpuSeconds: 0.25)
private let crash = VerdictRecord(passed: false, outcome: "crash", cpuSeconds: 1)
private let none = VerdictRecord(passed: false, outcome: "infrastructureError", message: "no sandbox")

@Suite struct RunMergeTests {
    @Test func partsAreJoinedAndTheirFilesStayAsTheyAre() throws {
        try MergeFolder.with { folder in
            try folder.make("a", problems: ["p"], verdicts: ["p0": pass, "p1": wrong])
            try folder.make("b", problems: ["q"], verdicts: ["q0": wrong, "q1": pass])
            let before = try [folder.bytes("a"), folder.bytes("b")]
            let result = try folder.merge(["a", "b"], into: "whole")
            #expect(result.conflicts.isEmpty && result.unusable.isEmpty)
            #expect(result.rows["candidate"] == 4 && result.rows["verdict"] == 4)
            #expect(
                try folder.verdicts("whole") == [
                    "p0": "passed", "p1": "wrongAnswer", "q0": "wrongAnswer", "q1": "passed",
                ])
            #expect(try [folder.bytes("a"), folder.bytes("b")] == before)
            let record = try RunStore.existing(directory: folder.url("whole")).record()
            #expect(record.pools.first?.candidates["q"]?.map { $0.verdict?.passed } == [false, true])
        }
    }

    /// Random observations of the same few keys: every order, grouping and repetition of merges gives the same bytes.
    @Test(arguments: 0..<8) func mergingIsOrderFreeAndIdempotent(_ round: Int) throws {
        try MergeFolder.with { folder in
            let outcomes = [pass, wrong, crash, none]
            var random = SystemRandomNumberGenerator()
            let names = ["a", "b", "c"]
            for name in names {
                var verdicts: [String: VerdictRecord] = [:]
                for key in ["p0", "p1", "q0", "q1"] where Int.random(in: 0..<4, using: &random) > 0 {
                    var verdict = outcomes[Int.random(in: 0..<4, using: &random)]
                    verdict.cpuSeconds = Double(Int.random(in: 0..<3, using: &random))
                    verdicts[key] = verdict
                }
                let store = try folder.make(name, verdicts: verdicts)
                let value = Int.random(in: 0..<2, using: &random)
                let reward = StoredReward(
                    value: Double(value), cost: Cost(calls: Int.random(in: 0..<2, using: &random)))
                let key = RewardKey(model: "m", problemHash: "h", prefixHash: "x", isWhole: true)
                try store.record([(key, reward)], problem: "p")
                let answer = GeneratedRow(sample: 0, json: "{}", output: Data([UInt8(value), 1]))
                try store.record([answer], for: GeneratedKey(generation: "g", problemID: "p", promptHash: "h"))
                try store.checkpoint()
            }
            let first = try folder.merge(names, into: "abc")
            let expected = try folder.bytes("abc")
            for (index, order) in [
                ["a", "c", "b"], ["b", "a", "c"], ["b", "c", "a"], ["c", "a", "b"], ["c", "b", "a"],
            ]
            .enumerated() {
                let other = try folder.merge(order, into: "order\(index)")
                #expect(try folder.bytes("order\(index)") == expected, "\(order)")
                #expect(other.conflicts == first.conflicts, "\(order)")
            }
            try folder.merge(["a", "b"], into: "ab")
            try folder.merge(["ab", "c"], into: "ab-c")
            try folder.merge(["b", "c"], into: "bc")
            try folder.merge(["bc", "a"], into: "bc-a")
            try folder.merge(["a", "a", "bc", "ab", "abc"], into: "all")
            for name in ["ab-c", "bc-a", "all"] { #expect(try folder.bytes(name) == expected, "\(name)") }
            // Into one of the inputs, and into what is there already.
            let again = try folder.merge(["abc", "b"], into: "abc")
            #expect(try folder.bytes("abc") == expected)
            #expect(again.conflicts.map(\.values.count) == first.conflicts.map(\.values.count))
            try folder.merge(["c"], into: "ab")
            #expect(try folder.bytes("ab") == expected)
        }
    }

    @Test func differentVerdictsAreFoundNamedAndKept() throws {
        try MergeFolder.with { folder in
            try folder.make("a", verdicts: ["p0": pass, "p1": none, "q0": pass])
            try folder.make("b", verdicts: ["p0": crash, "p1": pass, "q0": pass])
            try folder.make("c", verdicts: ["p0": wrong])
            let result = try folder.merge(["a", "b", "c"], into: "whole")
            // Our own machinery's failure says nothing of a program; equal verdicts with other times are no conflict.
            let conflict = try #require(result.conflicts.first)
            #expect(result.conflicts.count == 1)
            #expect(conflict.table == "verdict" && conflict.problem == "p" && conflict.candidates == ["pool: m/0"])
            #expect(conflict.kept == "crash")
            #expect(conflict.values.map(\.value) == ["crash", "passed", "wrongAnswer"])
            #expect(
                conflict.values.map { $0.runs.map { URL(fileURLWithPath: $0).lastPathComponent } } == [
                    ["b"], ["a"], ["c"],
                ])
            #expect(try folder.verdicts("whole") == ["p0": "crash", "p1": "passed", "q0": "passed"])
            let line = String(decoding: try conflict.encoded(), as: UTF8.self)
            #expect(line.hasSuffix("}\n") && line.contains("\"kept\":\"crash\""))
            #expect(try JSONDecoder().decode(MergeConflict.self, from: Data(line.utf8)) == conflict)
            // The other verdicts are still there, with all that was measured.
            let database = try DatabaseQueue(path: folder.url("whole").appendingPathComponent("run.sqlite").path)
            let rows = try database.read {
                try String.fetchAll($0, sql: "SELECT row FROM other_value ORDER BY statement")
            }
            #expect(rows.count == 2)
            #expect(rows[0].hasPrefix("[\"passed\",1,0.5,"))
            // A conflict stays one, also when the merged run is merged again.
            #expect(try folder.merge(["whole", "a"], into: "again").conflicts.map(\.kept) == ["crash"])
        }
    }

    @Test func runsOfOtherExperimentsAreRefusedWithWhatDiffers() throws {
        try MergeFolder.with { folder in
            try folder.make("a", verdicts: ["p0": pass])
            try folder.make("b", manifest: MergeFolder.manifest(seed: 2, python: "d"))
            let error = #expect(throws: MergeRefusal.self) { try folder.merge(["a", "b"], into: "whole") }
            let text = error?.description ?? ""
            #expect(text.contains("condition of verdicts: c in ") && text.contains("seed: 1 in "), "\(text)")
            #expect(!FileManager.default.fileExists(atPath: folder.url("whole").path))
            // A file that says it belongs here and does not.
            let store = try folder.make("c")
            try store.replaceProblems([
                ProblemRecord(problem: Problem(id: "p", benchmark: "b", statement: ""), suiteHash: "other")
            ])
            try store.checkpoint()
            let other = #expect(throws: MergeRefusal.self) { try folder.merge(["a", "c"], into: "whole") }
            #expect(other?.description.contains("suite_hash") == true)
        }
    }

    @Test func damagedFilesAreNamedAndLeftOutOnRequestOnly() throws {
        try MergeFolder.with { folder in
            try folder.make("a", problems: ["p"], verdicts: ["p0": pass])
            var many: [String: VerdictRecord] = [:]
            for index in 0..<2000 { many["q\(index)"] = wrong }
            try folder.make("cut", problems: ["q"], verdicts: many)
            let whole = try folder.bytes("cut")
            for ending in ["-wal", "-shm"] {
                try? FileManager.default.removeItem(at: folder.url("cut").appendingPathComponent("run.sqlite" + ending))
            }
            let file = folder.url("cut").appendingPathComponent("run.sqlite")
            try whole.prefix(whole.count / 2).write(to: file)
            try FileManager.default.createDirectory(at: folder.url("empty"), withIntermediateDirectories: true)
            try FileManager.default.createDirectory(at: folder.url("text"), withIntermediateDirectories: true)
            try Data("verdicts".utf8).write(to: folder.url("text").appendingPathComponent("run.sqlite"))
            for name in ["cut", "empty", "text"] {
                let error = #expect(throws: RunStoreError.self) { try folder.merge(["a", name], into: "whole") }
                #expect(error?.path.contains("/\(name)") == true, "\(error?.description ?? "")")
                #expect(!FileManager.default.fileExists(atPath: folder.url("whole").path))
            }
            let result = try folder.merge(["cut", "a", "text"], into: "whole", skipsUnusable: true)
            #expect(result.unusable.count == 2)
            #expect(try folder.verdicts("whole") == ["p0": "passed"])
            // Nothing usable at all is an error in any case; what is at the output is never left out.
            #expect(throws: RunStoreError.self) { try folder.merge(["cut"], into: "none", skipsUnusable: true) }
            #expect(throws: RunStoreError.self) { try folder.merge(["a"], into: "cut", skipsUnusable: true) }
        }
    }

    @Test func filesOfOtherVersionsAreBroughtUpToDateOrRefused() throws {
        try MergeFolder.with { folder in
            try folder.make("a", problems: ["p"], verdicts: ["p0": pass])
            try folder.make("old", problems: ["q"], verdicts: ["q0": wrong])
            let file = folder.url("old").appendingPathComponent("run.sqlite")
            func change(_ sql: String) throws {
                let database = try DatabaseQueue(path: file.path)
                try database.write { try $0.execute(sql: sql) }
                try database.close()
            }
            try change("DROP TABLE other_value; DELETE FROM grdb_migrations WHERE identifier LIKE '8 %'")
            let before = try folder.bytes("old")
            try folder.merge(["a", "old"], into: "whole")
            #expect(try folder.verdicts("whole") == ["p0": "passed", "q0": "wrongAnswer"])
            #expect(try folder.bytes("old") == before)
            try change("INSERT INTO grdb_migrations VALUES ('99 of the future')")
            let error = #expect(throws: RunStoreError.self) { try folder.merge(["a", "old"], into: "new") }
            #expect(error?.message.contains("newer") == true)
        }
    }

    @Test func anOutputThatIsInUseIsNotReplaced() throws {
        try MergeFolder.with { folder in
            try folder.make("a", problems: ["p"], verdicts: ["p0": pass])
            let store = try folder.make("whole", problems: ["q"], verdicts: ["q0": wrong])
            let error = #expect(throws: RunStoreError.self) { try folder.merge(["a"], into: "whole") }
            #expect(error?.message.contains("Another process") == true, "\(error?.description ?? "")")
            #expect(try store.verdicts(condition: "c").count == 1)
        }
    }

    @Test func tablesOfPartsAreRefusedUntilAWholeRunWentOverThem() throws {
        try MergeFolder.with { folder in
            func part(_ index: Int, finishedAt: String?) -> RunParts.Part {
                RunParts.Part(
                    command: "run", index: index, count: 3, partition: "x", problems: 1,
                    startedAt: "2026-01-01T00:00:00Z", finishedAt: finishedAt, processor: "p", operatingSystem: "o")
            }
            for (name, index, finished) in [("a", 1, "2026-01-01T00:01:00Z"), ("b", 2, nil)] {
                try folder.make(name).write(part(index, finishedAt: finished))
            }
            let result = try folder.merge(["a", "b"], into: "whole")
            #expect(result.parts?.summary == ["run: shards 1 of 3; 2 not finished; 3 missing"])
            let store = try RunStore.existing(directory: folder.url("whole"))
            let error = #expect(throws: RunStoreError.self) { try store.record() }
            #expect(error?.message.contains("bestofn run") == true)
            try store.declareWhole()
            #expect(try store.record().problems.count == 2)
        }
    }

    /// A table that merging forgets would lose data without a word.
    @Test func everyTableIsMerged() throws {
        try MergeFolder.with { folder in
            try folder.make("a")
            let database = try DatabaseQueue(path: folder.url("a").appendingPathComponent("run.sqlite").path)
            let tables = try database.read {
                try String.fetchSet(
                    $0, sql: "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
            }
            try database.close()
            let merged = try folder.merge(["a"], into: "whole").rows.keys
            #expect(tables.subtracting(merged) == ["grdb_migrations", "other_value"])
        }
    }
}

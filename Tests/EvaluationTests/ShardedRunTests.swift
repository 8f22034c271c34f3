// SPDX-License-Identifier: Apache-2.0
import Baselines
import Evaluation
import ExecutionAgreement
import Fixtures
import Foundation
import GRDB
import RunStore
import SelectorKit
import Synchronization
import Testing

/// Notes what was left to do at each stage.
private final class WorkNotes: ProgressSink {
    private let seen = Mutex<[String: Int]>([:])

    /// How much was to be done, by stage; stages that there were no need for are missing or zero.
    var pending: [String: Int] { seen.withLock { $0 } }

    func report(_ event: ProgressEvent) {
        if case .began(let stage, let total, let cached, _) = event {
            seen.withLock { $0[stage, default: 0] += total - cached }
        }
    }
}

/// All rows of a run's database without what was measured by a clock, sorted.
private func stableRows(_ run: URL) throws -> [String] {
    let clocked: Set = [
        "cpu_seconds", "wall_seconds", "peak_bytes", "near_limit", "first_outcome", "first_cpu_seconds",
        "first_wall_seconds", "first_peak_bytes",
    ]
    func timeless(_ value: Any) -> Any {
        if let object = value as? [String: Any] {
            return object.filter { !$0.key.lowercased().contains("seconds") }.mapValues(timeless)
        }
        return (value as? [Any])?.map(timeless) ?? value
    }
    let database = try DatabaseQueue(path: run.appendingPathComponent("run.sqlite").path)
    return try database.read { database in
        let tables = try String.fetchAll(
            database, sql: "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        var rows: [String] = []
        for table in tables {
            for row in try Row.fetchAll(database, sql: "SELECT * FROM \(table)") {
                let columns = row.columnNames.filter { !clocked.contains($0) }.sorted()
                let texts = try columns.map { column -> String in
                    guard column == "json", let json: String = row[column] else {
                        return "\(column)=\(row[column] as DatabaseValue)"
                    }
                    let value = timeless(try JSONSerialization.jsonObject(with: Data(json.utf8)))
                    let data = try JSONSerialization.data(withJSONObject: value, options: [.sortedKeys])
                    return "json=" + String(decoding: data, as: UTF8.self)
                }
                rows.append(table + " " + texts.joined(separator: " "))
            }
        }
        return rows.sorted()
    }
}

/// The demo's problems (without two whose programs run into time limits) and one of its pools, executed and scored in parts.
@Suite(.serialized) struct ShardedRunTests {
    private let registry = SelectorRegistry([
        FirstPlugin.self, LongestPlugin.self, MajorityTextPlugin.self, PublicTestsPlugin.self,
    ])
    private static let ids = [
        "e01-parcel-lockers", "e02-nesting-depth", "e03-night-watch", "e05-badge-check", "e06-frequent-visitors",
        "e07-round-hall", "e08-print-shop", "h01-ferry-coupons", "h02-calm-house-numbers", "m01-ferry-charters",
    ]

    private func experiment(in folder: URL, run: String) throws -> Experiment {
        let demo = SharedData.package.appendingPathComponent("benchmarks/demo")
        try (Self.ids.map { "demo-\($0)" }.joined(separator: "\n") + "\n").write(
            to: folder.appendingPathComponent("ids.txt"), atomically: true, encoding: .utf8)
        let pool = folder.appendingPathComponent("pool.jsonl")
        if !FileManager.default.fileExists(atPath: pool.path) {
            let rows = try String(contentsOf: demo.appendingPathComponent("pool-cof.jsonl"), encoding: .utf8)
                .split(separator: "\n").filter { row in Self.ids.contains { row.contains("\"demo-\($0)\"") } }
            try (rows.joined(separator: "\n") + "\n").write(to: pool, atomically: true, encoding: .utf8)
        }
        return try Experiment(
            yaml: """
                benchmark: livecodebench
                problems: \(demo.appendingPathComponent("problems.jsonl").path)
                subset: {ids: ids.txt}
                pools: [{name: cof, candidates: pool.jsonl}]
                selectors: [first, longest, majority-text, {name: public-tests, options: {inner: majority-text}}]
                subsets: 4
                seed: 3
                outputs: {run: \(run)}
                """, name: "e.yaml", directory: folder)
    }

    private func run(
        _ experiment: Experiment, shard: ShardChoice? = nil, progress: any ProgressSink = SilentProgress()
    ) async throws -> (result: RunResult, part: ShardPart?) {
        let pipeline = try await Pipeline(
            experiment, selectors: registry, toolVersion: "test", progress: progress, shard: shard)
        return (try await pipeline.run(), pipeline.part)
    }

    @Test func threeShardsAndAMergeAreOneRun() async throws {
        try await withTemporaryFolder { folder in
            let single = try await run(experiment(in: folder, run: "single")).result
            var parts: [ShardPart] = []
            var executed = 0
            for index in 1...3 {
                let experiment = try experiment(in: folder, run: "part\(index)")
                let (result, part) = try await run(experiment, shard: ShardChoice(Shard(index: index, of: 3)))
                executed += result.executed
                parts.append(try #require(part))
                // What a part has is what it says, and its tables are refused.
                #expect(result.record.pools.first?.candidates.keys.sorted() == part?.problems.sorted())
                let store = try RunStore.existing(directory: experiment.outputs.run)
                #expect(throws: RunStoreError.self) { try store.record() }
            }
            #expect(executed == single.executed)
            #expect(parts.flatMap(\.problems).sorted() == Self.ids.map { "demo-\($0)" }.sorted())
            #expect(Set(parts.map(\.partition)).count == 1)
            #expect(parts.allSatisfy { !$0.problems.isEmpty && $0.allProblems == Self.ids.count })

            // A part is missing: the run computes what it would have, and nothing else.
            let folders = (1...3).map { folder.appendingPathComponent("part\($0)") }
            _ = try RunMerge.merge([folders[2], folders[0]], into: folder.appendingPathComponent("partial"))
            let notes = WorkNotes()
            let partial = try await run(experiment(in: folder, run: "partial"), progress: notes).result
            let second = parts[1].problems.count
            #expect(notes.pending["score"] == second * 4)
            #expect(notes.pending["subsets of cof"] == second)
            #expect(partial.executed > 0 && partial.executed < single.executed)

            // All parts are there: nothing is left to do.
            let merged = try RunMerge.merge(folders, into: folder.appendingPathComponent("merged"))
            #expect(merged.conflicts.isEmpty)
            let rows = try stableRows(folder.appendingPathComponent("single"))
            #expect(try stableRows(folder.appendingPathComponent("merged")) == rows)
            let again = WorkNotes()
            let whole = try await run(experiment(in: folder, run: "merged"), progress: again).result
            #expect(whole.executed == 0)
            #expect(again.pending.values.allSatisfy { $0 == 0 }, "\(again.pending)")
            for name in ["merged", "partial"] {
                #expect(try stableRows(folder.appendingPathComponent(name)) == rows, "\(name)")
            }
            let store = try RunStore.existing(directory: folder.appendingPathComponent("merged"))
            #expect(try store.record().problems.count == Self.ids.count)
            #expect(try store.parts()?.isWhole == true)
        }
    }

    /// Measured times move the borders, the same for every shard; without them only the input counts, whatever a directory holds.
    @Test func timingsBalanceTheParts() async throws {
        try await withTemporaryFolder { folder in
            let timings = folder.appendingPathComponent("earlier")
            let store = try RunStore(directory: timings)
            let known = try await Pipeline(
                experiment(in: folder, run: "x"), selectors: registry, toolVersion: "test",
                shard: ShardChoice(Shard("1/1")))
            let slow = "demo-\(Self.ids[4])"
            #expect(known.part?.problems.contains(slow) == true)
            for id in Self.ids {
                let seconds = id == Self.ids[4] ? 1000.0 : 1
                try store.record(
                    [], selector: "s", pool: "cof", problem: "demo-\(id)",
                    outcome: .scored([], cost: .zero, wallSeconds: seconds))
            }
            func parts(_ timings: URL?) async throws -> [ShardPart] {
                var parts: [ShardPart] = []
                for index in 1...3 {
                    let pipeline = try await Pipeline(
                        experiment(in: folder, run: "part"), selectors: registry, toolVersion: "test",
                        shard: ShardChoice(Shard(index: index, of: 3), timings: timings))
                    parts.append(try #require(pipeline.part))
                }
                return parts
            }
            let measured = try await parts(timings)
            #expect(measured.flatMap(\.problems).count == Self.ids.count)
            #expect(measured.first { $0.problems.contains(slow) }?.problems == [slow])
            #expect(Set(measured.map(\.partition)).count == 1)
            let guessed = try await parts(nil)
            #expect(guessed.allSatisfy { (2...5).contains($0.problems.count) })
            #expect(try await parts(nil) == guessed)
            #expect(guessed[0].partition != measured[0].partition)
            // A run that measured other problems is a mistake.
            let other = folder.appendingPathComponent("other")
            _ = try RunStore(directory: other)
            await #expect(throws: ShardError.self) { _ = try await parts(other) }
        }
    }
}

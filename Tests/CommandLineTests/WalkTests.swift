// SPDX-License-Identifier: Apache-2.0
import Fixtures
import Foundation
import Testing

/// The paper's pipeline from the first request to the report, offline: the demo's lattices, served as a language model, write everything.
@Suite(.serialized) struct WalkTests {
    private static let problems = 8
    private static let samples = 8

    private struct Server {
        let process: Process
        let url: String

        init(in folder: URL) throws {
            let lattice = SharedData.package.appendingPathComponent("benchmarks/demo/lattice").path
            let output: URL
            (process, output, _) = try Tool.start(["lattice", "serve", lattice, "--port", "0"], in: folder)
            var found: String?
            let end = Date() + 60
            while found == nil, Date() < end {
                usleep(20_000)
                let text = (try? String(contentsOf: output, encoding: .utf8)) ?? ""
                found = text.split(whereSeparator: \.isWhitespace).first {
                    $0.hasPrefix("http") && text.hasSuffix("\n")
                }
                .map(String.init)
            }
            url = try #require(found)
        }

        func stop() {
            process.terminate()
            process.waitUntilExit()
        }
    }

    private static func arguments(_ folder: URL, server: String) -> [String] {
        [
            SharedData.package.appendingPathComponent("benchmarks/demo/walk.yaml").path,
            "--set", "languageModels.writer.served=\(server)", "--set", "subset.limit=\(problems)",
            "--set", "pools.0.candidates=\(folder.path)/cof.jsonl.gz",
            "--set", "pools.1.candidates=\(folder.path)/plain.jsonl.gz",
            "--set", "rewardModels.prm.embedded=\(folder.path)/prm.safetensors",
            "--set", "outputs={run: \(folder.path)/run, html: \(folder.path)/site}",
        ]
    }

    private static func rows(_ file: URL) throws -> [[String: Any]] {
        try String(contentsOf: file, encoding: .utf8).split(separator: "\n").compactMap {
            try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
        }
    }

    /// What `bestofn plan` says of each kind of stage: all that it needs, what is known, and the requests that are left.
    private static func plan(_ walk: [String], in folder: URL, _ more: [String] = []) throws -> [String: [Int]] {
        let result = try Tool.run(["plan"] + walk + ["--json"] + more, in: folder)
        try #require(result.status == 0, "\(result.errors)")
        let plan = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
        var stages: [String: [Int]] = [:]
        for stage in plan?["stages"] as? [[String: Any]] ?? [] {
            let kind = stage["kind"] as? String ?? ""
            let requests = (stage["requests"] as? [String: Any])?["count"] as? Int ?? 0
            let numbers = [stage["total"] as? Int ?? 0, stage["known"] as? Int ?? 0, requests]
            stages[kind] = zip(stages[kind] ?? [0, 0, 0], numbers).map(+)
        }
        return stages
    }

    @Test(.timeLimit(.minutes(20))) func everyStageRunsOfflineAndNothingIsAskedTwice() throws {
        try withTemporaryFolder { folder in
            let server = try Server(in: folder)
            defer { server.stop() }
            let walk = Self.arguments(folder, server: server.url)
            let sampling = ["--temperature", "1", "--top-p", "1", "--samples", "\(Self.samples)"]
            let rollouts = ["rollouts"] + walk + ["--pool", "cof", "--language-model", "writer"] + sampling
            func succeed(_ arguments: [String]) throws -> Tool.Result {
                let result = try Tool.run(arguments, in: folder)
                try #require(result.status == 0, "\(arguments[0]): \(result.errors)")
                return result
            }

            let expected = try Self.plan(walk, in: folder)
            let candidates = 2 * Self.problems * Self.samples
            #expect(expected["generate"] == [candidates, 0, 2 * Self.problems])

            // Generate: two pools in which every problem has its candidates, with token statistics.
            let generated = try succeed(["generate"] + walk)
            #expect(generated.output.contains("cof.jsonl.gz: 64 candidates"))
            #expect(generated.output.contains("plain.jsonl.gz: 64 candidates"))
            let cards = try ["cof", "plain"].map {
                try String(contentsOf: folder.appendingPathComponent("\($0).card.json"), encoding: .utf8)
            }
            #expect(cards[0] != cards[1])

            // Rollouts: as many requests as planned, rewards that agree with the exact values.
            let planned = try Self.plan(walk + ["--pool", "cof"], in: folder, ["--completions", "\(Self.samples)"])
            let drawn = try succeed(rollouts + ["--output", "rollouts.jsonl"])
            let prefixes = try #require(planned["rollouts"]?[2])
            #expect(drawn.output.contains("completions by the model: \(prefixes) requests"))
            #expect(drawn.errors.contains("continueFinalMessage"))
            let lattice = SharedData.package.appendingPathComponent("benchmarks/demo/lattice").path
            _ = try succeed(
                ["rollouts"] + walk + ["--pool", "cof", "--lattice", lattice]
                    + ["--samples", "0", "--exact", "--output", "exact.jsonl"])
            try compare(
                rewards: folder.appendingPathComponent("rollouts.jsonl"),
                exact: folder.appendingPathComponent("exact.jsonl"), count: prefixes)

            // Train, run, report.
            let train =
                ["train", "prm"] + walk
                + ["--pool", "cof", "--rollouts", "rollouts.jsonl", "--folds", "2", "--iterations", "40"]
            _ = try succeed(train + ["--output", "prm.safetensors"])
            let run = try succeed(["run"] + walk)
            #expect(run.output.contains("Pool cof.") && run.output.contains("Pool plain."))
            let report = try succeed(["report", "run", "--json", "-"])
            let tables = try JSONSerialization.jsonObject(with: Data(report.output.utf8)) as? [String: Any]
            #expect((tables?["pools"] as? [[String: Any]])?.count == 2)
            #expect(
                FileManager.default.fileExists(atPath: folder.appendingPathComponent("site/index.html").path))
            let baseline = ["--output", "baseline.json"]
            _ = try succeed(["baseline", "save", "run"] + baseline)
            _ = try succeed(["compare", "baseline.json", "run", "--fail-on", "regression,incomplete"])

            // Without the server, the whole walk again: everything is known.
            server.stop()
            let files = ["cof.jsonl.gz", "plain.jsonl.gz", "rollouts.jsonl"].map(folder.appendingPathComponent)
            let before = try files.map { try Data(contentsOf: $0) }
            for file in files { try FileManager.default.removeItem(at: file) }
            _ = try succeed(["generate"] + walk)
            _ = try succeed(rollouts + ["--output", "rollouts.jsonl"])
            #expect(try files.map { try Data(contentsOf: $0) } == before)
            let again = try succeed(["run"] + walk)
            #expect(again.output == run.output)
            #expect(again.errors.contains("Nothing was executed"))
            let after = try Self.plan(walk, in: folder)
            #expect(after["generate"] == [candidates, candidates, 0])
            #expect(after["execute"].map { $0[0] == $0[1] } == true)
            let completions = prefixes * Self.samples
            let stored = try Self.plan(
                walk + ["--pool", "cof", "--completions", "\(Self.samples)", "--temperature", "1", "--top-p", "1"],
                in: folder)
            #expect(stored["rollouts"] == [completions, completions, 0])
        }
    }

    /// Rewards are means of independent draws, so that their mean differs from that of the exact values by little; what cannot pass never does.
    private func compare(rewards: URL, exact: URL, count: Int) throws {
        func byPrefix(_ file: URL, _ field: String) throws -> [String: Double] {
            var values: [String: Double] = [:]
            for row in try Self.rows(file).dropFirst() {
                let key = "\(row["problem"] as? String ?? "") \(row["prefix"] as? String ?? "")"
                values[key] = try #require(row[field] as? Double)
            }
            return values
        }
        let drawn = try byPrefix(rewards, "reward")
        let known = try byPrefix(exact, "exact")
        #expect(drawn.count == count && Set(drawn.keys) == Set(known.keys))
        var (difference, variance) = (0.0, 0.0)
        for (key, reward) in drawn {
            let value = try #require(known[key])
            if value == 0 || value == 1 { #expect(reward == value) }
            difference += reward - value
            variance += value * (1 - value) / Double(Self.samples)
        }
        #expect(variance > 0)
        #expect(abs(difference) < 4 * variance.squareRoot(), "\(difference / Double(count)) on \(count) prefixes")
    }
}

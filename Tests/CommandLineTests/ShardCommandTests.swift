// SPDX-License-Identifier: Apache-2.0
import Fixtures
import Foundation
import Testing

/// `--shard` and `bestofn merge`, as a user runs them.
@Suite(.serialized) struct ShardCommandTests {
    /// Six problems with three programs each, of which one is wrong.
    private func write(to folder: URL, server: String? = nil) throws {
        let problems = (0..<6).map {
            SmallSet.problem.replacingOccurrences(of: "\"question_id\": \"sum\"", with: "\"question_id\": \"p\($0)\"")
        }
        let rows = (0..<6).flatMap { problem in
            (0..<3).map { sample in
                let code =
                    sample == 0
                    ? "print(3)"
                    : "def main():\\n    print(sum(map(int, input().split())))\\n\\n\\nmain()  # \(sample)\\n"
                return #"{"problem": "p\#(problem)", "model": "org/m", "sample": \#(sample), "code": "\#(code)"}"#
            }
        }
        try SmallSet.write(
            to: folder, problems: problems.joined(separator: "\n"), pool: rows.joined(separator: "\n"))
    }

    private func exists(_ name: String, in folder: URL) -> Bool {
        FileManager.default.fileExists(atPath: folder.appendingPathComponent(name).path)
    }

    private func text(_ name: String, in folder: URL) throws -> String {
        try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
    }

    /// The rows without what a clock measured.
    private func timeless(_ name: String, in folder: URL) throws -> [String] {
        try text(name, in: folder).split(separator: "\n").map { line in
            var row = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            for key in ["cpuSeconds", "wallSeconds", "peakBytes", "nearLimit", "firstTry"] { row[key] = nil }
            return String(
                decoding: try JSONSerialization.data(withJSONObject: row, options: [.sortedKeys]), as: UTF8.self)
        }
    }

    @Test func runsOfShardsMergeToTheReportOfOneRun() throws {
        try withTemporaryFolder { folder in
            try write(to: folder)
            for shard in ["1/2", "2/2"] {
                let result = try Tool.run(["run", "e.yaml", "--shard", shard, "--quiet"], in: folder)
                #expect(result.status == 0, "\(result.errors)")
                #expect(result.output.contains("bestofn merge run.*-of-2 --output run"), "\(result.output)")
                #expect(!result.output.contains("pass@1"))
            }
            #expect(!exists("site", in: folder) && !exists("junit.xml", in: folder) && !exists("run", in: folder))
            let early = try Tool.run(["report", "run.1-of-2", "--html", "early"], in: folder)
            #expect(early.status == 65 && early.errors.contains("part of a run"), "\(early.errors)")
            #expect(!exists("early", in: folder))
            let merge = try Tool.run(["merge", "run.1-of-2", "run.2-of-2", "--output", "run"], in: folder)
            #expect(merge.status == 0, "\(merge.errors)")
            #expect(merge.output.contains("18 candidates") && merge.output.contains("run: shards 1, 2 of 2"))
            let whole = try Tool.run(["run", "e.yaml"], in: folder)
            #expect(whole.status == 0 && whole.errors.contains("Nothing was executed"), "\(whole.errors)")
            #expect(exists("site/index.html", in: folder) && exists("junit.xml", in: folder))
            let single = try Tool.run(["run", "e.yaml", "--set", "outputs.run=single"], in: folder)
            func table(_ text: String) -> [String] {
                text.split(separator: "\n").map { String($0.replacing(/\ +\d+\.\d{3}\ /, with: " ")) }
            }
            #expect(table(single.output) == table(whole.output))
            let report = try Tool.run(["report", "run", "--html", "again"], in: folder)
            #expect(report.status == 0, "\(report.errors)")
        }
    }

    @Test func verdictsOfShardsMergeToTheFileOfOneCall() throws {
        try withTemporaryFolder { folder in
            try write(to: folder)
            // More shards than problems: some have nothing to do.
            for index in 1...7 {
                let result = try Tool.run(SmallSet.execute + ["--shard", "\(index)/7", "--quiet"], in: folder)
                #expect(result.status == 0, "\(result.errors)")
            }
            let files = (1...7).map { "out.\($0)-of-7.jsonl" }
            #expect(files.contains { (try? text($0, in: folder)) == "" })
            let partial = try Tool.run(["merge", files[0], files[3], "--output", "out.jsonl"], in: folder)
            #expect(partial.output.contains("shards 1, 4 of 7; 2, 3, 5, 6, 7 missing"), "\(partial.output)")
            // What is there already is merged too, and any order gives the same.
            let merged = try Tool.run(["merge"] + files.reversed() + ["--output", "out.jsonl"], in: folder)
            #expect(merged.status == 0, "\(merged.errors)")
            let once = try text("out.jsonl", in: folder)
            let again = try Tool.run(["merge"] + files + ["out.jsonl", "--output", "other.jsonl"], in: folder)
            #expect(again.status == 0)
            #expect(try text("other.jsonl", in: folder) == once)
            let single = SmallSet.execute.map { $0 == "out.jsonl" ? "single.jsonl" : $0 }
            #expect(try Tool.run(single, in: folder).status == 0)
            let rows = try timeless("single.jsonl", in: folder)
            #expect(rows.count == 18)
            #expect(try timeless("out.jsonl", in: folder) == rows)
        }
    }

    @Test func conflictsAreListedAndHaveAnExitCodeOfTheirOwn() throws {
        try withTemporaryFolder { folder in
            try write(to: folder)
            #expect(try Tool.run(SmallSet.execute, in: folder).status == 0)
            let rows = try text("out.jsonl", in: folder)
            var lines = rows.split(separator: "\n").map(String.init)
            lines[1] = lines[1].replacingOccurrences(
                of: "\"outcome\":\"passed\",\"passed\":true", with: "\"outcome\":\"crash\",\"passed\":false")
            let changed = lines.joined(separator: "\n") + "\n"
            #expect(changed != rows)
            try changed.write(to: folder.appendingPathComponent("b.jsonl"), atomically: true, encoding: .utf8)
            for (order, output) in [(["out.jsonl", "b.jsonl"], "x.jsonl"), (["b.jsonl", "out.jsonl"], "y.jsonl")] {
                let result = try Tool.run(["merge"] + order + ["--output", output], in: folder)
                #expect(result.status == 2)
                #expect(result.errors.contains("1 conflict"), "\(result.errors)")
                #expect(
                    result.errors.contains("verdicts of p0 org/m/1: crash (b.jsonl) | passed (out.jsonl)"),
                    "\(result.errors)")
                #expect(try text(output, in: folder) == changed)
                let listed = try text(output + ".conflicts.jsonl", in: folder)
                #expect(listed.contains(#""kept":"crash""#) && listed.contains(#"\"outcome\":\"passed\""#))
            }
            let named = try Tool.run(
                ["merge", "out.jsonl", "b.jsonl", "--output", "z.jsonl", "--conflicts", "c.jsonl"], in: folder)
            #expect(named.status == 2)
            #expect(exists("c.jsonl", in: folder) && !exists("z.jsonl.conflicts.jsonl", in: folder))
            // A file that says nothing of what it is of is no silent input.
            let refused = try Tool.run(["merge", "out.jsonl", "--output", "b.jsonl"], in: folder)
            #expect(refused.status == 65 && refused.errors.contains("Move it away"), "\(refused.errors)")
        }
    }

    @Test func inputsThatDoNotFitAreRefused() throws {
        try withTemporaryFolder { folder in
            try write(to: folder)
            #expect(try Tool.run(SmallSet.execute + ["--shard", "1/2"], in: folder).status == 0)
            #expect(try Tool.run(SmallSet.execute + ["--shard", "2/2", "--seconds", "3"], in: folder).status == 0)
            let files = ["out.1-of-2.jsonl", "out.2-of-2.jsonl"]
            let other = try Tool.run(["merge"] + files + ["--output", "out.jsonl"], in: folder)
            #expect(other.status == 65 && other.errors.contains("condition of verdicts"), "\(other.errors)")
            #expect(!exists("out.jsonl", in: folder))
            // A file that was cut off between two rows.
            #expect(try Tool.run(SmallSet.execute + ["--shard", "2/2"], in: folder).status == 0)
            let rows = try text(files[1], in: folder).split(separator: "\n")
            try (rows.dropLast().joined(separator: "\n") + "\n").write(
                to: folder.appendingPathComponent(files[1]), atomically: true, encoding: .utf8)
            let cut = try Tool.run(["merge"] + files + ["--output", "out.jsonl"], in: folder)
            #expect(cut.status == 65 && cut.errors.contains("9 were written"), "\(cut.errors)")
            #expect(!exists("out.jsonl", in: folder))
            let skipped = try Tool.run(["merge", "--skip-unusable"] + files + ["--output", "out.jsonl"], in: folder)
            #expect(skipped.status == 1 && skipped.errors.contains("left out"), "\(skipped.errors)")
            #expect(try timeless("out.jsonl", in: folder).count == 9)
            try FileManager.default.createDirectory(
                at: folder.appendingPathComponent("folder"), withIntermediateDirectories: true)
            #expect(try Tool.run(["merge", files[0], "folder", "--output", "x"], in: folder).status == 64)
            #expect(try Tool.run(["merge", "folder", "--output", "x"], in: folder).status == 65)
            #expect(try Tool.run(["merge", "pool.jsonl", "nowhere", "--output", "x.jsonl"], in: folder).status == 65)
            #expect(try Tool.run(["merge", "e.yaml", "--output", "x.jsonl"], in: folder).status == 65)
        }
    }

    @Test func generatedPoolsOfShardsMergeAndTheWholeAsksForNothing() throws {
        try withTemporaryFolder { folder in
            try write(to: folder)
            let server = try AnsweringServer()
            defer { server.stop() }
            let command = [
                "generate", "--benchmark", "livecodebench", "--problems", "problems.jsonl", "--server", server.url,
                "--model", "m", "--output", "pools/cof.jsonl.gz", "--samples", "2", "--price-prompt", "1",
            ]
            for index in 1...2 {
                let result = try Tool.run(command + ["--shard", "\(index)/2"], in: folder)
                #expect(result.status == 0, "\(result.errors)")
            }
            #expect(!exists("pools/cof.jsonl.gz", in: folder))
            let asked = server.requests
            let files = ["pools/cof.1-of-2.jsonl.gz", "pools/cof.2-of-2.jsonl.gz"]
            let merge = try Tool.run(["merge"] + files + ["--output", "merged/cof.jsonl.gz"], in: folder)
            #expect(merge.status == 0 && merge.output.contains("12 rows of pool"), "\(merge.output)\(merge.errors)")
            // The answers themselves are in the shards' directories; a whole call over them writes the same file.
            let runs = try Tool.run(
                ["merge", "runs/cof.1-of-2", "runs/cof.2-of-2", "--output", "runs/cof"], in: folder)
            #expect(runs.status == 0 && runs.output.contains("12 answers"), "\(runs.output)\(runs.errors)")
            let whole = try Tool.run(command, in: folder)
            #expect(whole.status == 0 && whole.errors.contains("all 12 candidates known"), "\(whole.errors)")
            #expect(server.requests == asked)
            let file = folder.appendingPathComponent("pools/cof.jsonl.gz")
            #expect(
                try Data(contentsOf: folder.appendingPathComponent("merged/cof.jsonl.gz")) == Data(contentsOf: file))
            func card(_ name: String) throws -> [String: Any] {
                var card =
                    try JSONSerialization.jsonObject(with: Data(text(name, in: folder).utf8)) as? [String: Any] ?? [:]
                var totals = card["totals"] as? [String: Any] ?? [:]
                totals["latencySeconds"] = nil
                card["totals"] = totals
                return card
            }
            let (merged, expected) = (try card("merged/cof.card.json"), try card("pools/cof.card.json"))
            #expect(merged as NSDictionary == expected as NSDictionary)
        }
    }

    @Test func rolloutsOfShardsMergeToTheFileOfOneCall() throws {
        try withTemporaryFolder { folder in
            try write(to: folder)
            let server = try TestServer { number, request in
                let choices = (0..<(request.json["n"] as? Int ?? 1)).map { index in
                    let text = "\n\ndef add(a, b):\n    return a + b  # \(number) \(index)\n\n\nmain()\n```"
                    return ["message": ["content": text], "finish_reason": "stop"] as [String: Any]
                }
                let answer =
                    ["choices": choices, "usage": ["prompt_tokens": 5, "completion_tokens": 7]] as [String: Any]
                return .json(
                    String(decoding: (try? JSONSerialization.data(withJSONObject: answer)) ?? Data(), as: UTF8.self))
            }
            defer { server.stop() }
            let program =
                #"def main():\n    print(add(*map(int, input().split())))\n\n\ndef add(a, b):\n    return a - b\n\n\nmain()\n"#
            let rows = (0..<6).map {
                #"{"problem": "p\#($0)", "model": "m", "sample": 0, "code": "\#(program)"}"# + "\n"
            }
            try rows.joined().write(
                to: folder.appendingPathComponent("pool.jsonl"), atomically: true, encoding: .utf8)
            let models = "\nlanguageModels: {writer: {served: \"\(server.url)\", model: m}}\n"
            try (SmallSet.experiment + models).write(
                to: folder.appendingPathComponent("e.yaml"), atomically: true, encoding: .utf8)
            let command = [
                "rollouts", "e.yaml", "--language-model", "writer", "--prefill", "continueFinalMessage", "--samples",
                "2", "--output", "r.jsonl",
            ]
            for index in 1...2 {
                let result = try Tool.run(command + ["--shard", "\(index)/2"], in: folder)
                #expect(result.status == 0, "\(result.errors)")
            }
            let asked = server.requests.count
            #expect(asked == 6)
            let files = ["r.2-of-2.jsonl", "r.1-of-2.jsonl"]
            let merge = try Tool.run(["merge"] + files + ["--output", "merged.jsonl"], in: folder)
            #expect(merge.status == 0 && merge.output.contains("6 rows of rollouts"), "\(merge.output)\(merge.errors)")
            // The completions are in the shards' directories; a whole call over them asks for nothing and writes the same.
            let runs = try Tool.run(["merge", "run.1-of-2", "run.2-of-2", "--output", "run"], in: folder)
            #expect(runs.status == 0 && runs.output.contains("12 completions"), "\(runs.output)\(runs.errors)")
            #expect(try Tool.run(command, in: folder).status == 0)
            #expect(server.requests.count == asked)
            #expect(try text("merged.jsonl", in: folder) == text("r.jsonl", in: folder))
            // Other numbers of completions are other rewards.
            let more = command.map { $0 == "2" ? "3" : $0 } + ["--shard", "1/2"]
            #expect(try Tool.run(more, in: folder).status == 0)
            let refused = try Tool.run(["merge"] + files + ["--output", "x.jsonl"], in: folder)
            #expect(refused.status == 65 && refused.errors.contains("samples: "), "\(refused.errors)")
        }
    }

    @Test func badShardsAreWrongUsage() throws {
        try withTemporaryFolder { folder in
            try write(to: folder)
            for (shard, words) in [("0/2", "numbered from 1"), ("3/2", "numbered from 1"), ("x", "such as 2/8")] {
                for command in [["run", "e.yaml"], SmallSet.execute] {
                    let result = try Tool.run(command + ["--shard", shard], in: folder)
                    #expect(result.status == 64 && result.errors.contains(words), "\(result.errors)")
                }
            }
            #expect(try Tool.run(["run", "e.yaml", "--timings", "run"], in: folder).status == 64)
            for command in ["run", "execute", "rollouts", "generate", "merge"] {
                let help = try Tool.run([command, "--help"], in: folder)
                #expect(help.output.contains("--shard ") && help.output.contains("Examples:"), "\(command)")
            }
        }
    }
}

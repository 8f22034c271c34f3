// SPDX-License-Identifier: Apache-2.0
import Fixtures
import Foundation
import Glibc
import Testing

// Pools from a server with real weights, whose token statistics are recomputed from the full logits by a program that shares no code with ours.
extension RealServerTests {
    private static let problems = SharedData.data("humaneval/HumanEval.jsonl.gz").path

    /// Both prompts in one experiment.
    private func experiment(_ server: RealServer, limit: Int, topLogProbs: Int) -> String {
        func pool(_ prompt: String) -> String {
            "  - {name: \(prompt), candidates: \(prompt).jsonl, generate: {languageModel: writer, prompt: \(prompt), samples: 8, maxTokens: 24, topLogProbs: \(topLogProbs), keepOutput: true}}"
        }
        return """
            benchmark: humaneval
            problems: \(Self.problems)
            subset: {limit: \(limit)}
            languageModels:
              writer: {served: "\(server.url)", model: checkpoint, vocabularySize: 520, concurrency: 4}
            pools:
            \(pool("cof"))
            \(pool("plain"))
            outputs: {run: run}
            """
    }

    private func checkStatistics(_ pool: String, in folder: URL) async throws -> String {
        let process = Process()
        let output = folder.appendingPathComponent("\(pool).check")
        try Data().write(to: output)
        process.executableURL = URL(fileURLWithPath: RealServer.python ?? "")
        process.arguments = [
            SharedData.package.appendingPathComponent("benchmarks/served/check_statistics.py").path,
            folder.appendingPathComponent("checkpoint").path, "--log",
            folder.appendingPathComponent("server.jsonl").path,
            "--problems", Self.problems, "--pool", folder.appendingPathComponent("\(pool).jsonl").path,
        ]
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = FileHandle.nullDevice
        try process.run()
        try await onOwnThread { process.waitUntilExit() }
        let said = try String(contentsOf: output, encoding: .utf8)
        #expect(process.terminationStatus == 0, "\(said)")
        return said
    }

    private func candidates(_ pool: String, in folder: URL) throws -> [String] {
        try String(contentsOf: folder.appendingPathComponent("\(pool).jsonl"), encoding: .utf8)
            .split(separator: "\n").map {
                let row = try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
                return "\(row["problem"] ?? "")/\(row["sample"] ?? "")"
            }
    }

    @Test func poolsSurviveRestartsAndTellTheTruth() async throws {
        try await withTemporaryFolder { folder in
            var server = try await RealServer(in: folder)
            defer { server.kill() }
            try experiment(server, limit: 50, topLogProbs: 20).write(
                to: folder.appendingPathComponent("e.yaml"), atomically: true, encoding: .utf8)

            // The program is killed in the middle of the first pool, then the server in the middle of the second.
            let (killed, _, _) = try Tool.start(["generate", "e.yaml"], in: folder)
            while try server.log().count < 20, killed.isRunning { try await Task.sleep(for: .milliseconds(20)) }
            kill(killed.processIdentifier, SIGKILL)
            try await onOwnThread { killed.waitUntilExit() }

            let (process, output, errors) = try Tool.start(["generate", "e.yaml"], in: folder)
            // It would wait for a server that does not come back.
            defer { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }
            while try server.log().count < 75, process.isRunning { try await Task.sleep(for: .milliseconds(20)) }
            server.kill()
            try await Task.sleep(for: .seconds(2))
            #expect(process.isRunning, "It gave up when the server went away.")
            server = try await RealServer(in: folder, port: server.port)
            try await onOwnThread { process.waitUntilExit() }
            let said = try String(contentsOf: output, encoding: .utf8) + String(contentsOf: errors, encoding: .utf8)
            #expect(process.terminationStatus == 0, "\(said)")

            for pool in ["cof", "plain"] {
                let candidates = try candidates(pool, in: folder)
                #expect(candidates.count == 400 && Set(candidates).count == 400)
                let said = try await checkStatistics(pool, in: folder)
                #expect(said.hasPrefix("400 candidates, 0 exact"), "\(said)")
            }
            // Only what was under way at the two ends was asked for again, four requests each; the rest of the log are the probes.
            let programs = try server.log().count { $0.answers.count == 8 }
            #expect(programs >= 100 && programs <= 108)

            // The pools are valid: they run.
            let run = try await onOwnThread {
                try Tool.run(["run", "e.yaml", "--set", "selectors=[first, mean-logprob]"], in: folder)
            }
            #expect(run.status == 0, "\(run.output) \(run.errors)")
        }
    }

    @Test func wholeVocabulariesGiveExactStatistics() async throws {
        try await withTemporaryFolder { folder in
            let server = try await RealServer(in: folder)
            defer { server.kill() }
            try experiment(server, limit: 4, topLogProbs: 520).write(
                to: folder.appendingPathComponent("e.yaml"), atomically: true, encoding: .utf8)
            let result = try await onOwnThread { try Tool.run(["generate", "e.yaml"], in: folder) }
            #expect(result.status == 0, "\(result.errors)")
            for pool in ["cof", "plain"] {
                let said = try await checkStatistics(pool, in: folder)
                #expect(said.hasPrefix("32 candidates, 32 exact"), "\(said)")
            }
        }
    }

    /// Drawn hot, so that answers end early, and tokens come from outside of the likeliest ones, which `/completions` tells in addition.
    @Test func completionsAreMeasuredLikeEachOther() async throws {
        try await withTemporaryFolder { folder in
            let server = try await RealServer(in: folder)
            defer { server.kill() }
            let writer = "served: \"\(server.url)\", model: checkpoint, api: completions, vocabularySize: 520"
            let drawing = "samples: 8, maxTokens: 24, temperature: 1.5, topP: 1, stop: [x], seed: 7, keepOutput: true"
            try """
            benchmark: humaneval
            problems: \(Self.problems)
            subset: {limit: 50}
            languageModels: {writer: {\(writer)}}
            pools: [{name: plain, candidates: plain.jsonl, generate: {languageModel: writer, prompt: plain, \(drawing)}}]
            selectors: [{name: self-certainty, options: {source: approximate}}]
            outputs: {run: run}
            """.write(to: folder.appendingPathComponent("e.yaml"), atomically: true, encoding: .utf8)
            let result = try await onOwnThread { try Tool.run(["generate", "e.yaml"], in: folder) }
            #expect(result.status == 0, "\(result.errors)")
            let said = try await checkStatistics("plain", in: folder)
            #expect(said.hasPrefix("400 candidates, 0 exact"), "\(said)")
            let rows = try String(contentsOf: folder.appendingPathComponent("plain.jsonl"), encoding: .utf8)
            #expect(rows.contains("\"finish\":\"stop\"") && rows.contains("\"finish\":\"length\""))
            let run = try await onOwnThread { try Tool.run(["run", "e.yaml"], in: folder) }
            #expect(run.status == 0, "\(run.output) \(run.errors)")
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
import Fixtures
import Foundation
import Glibc
import Testing

/// Rollouts by a language model server, from the command line.
@Suite(.serialized) struct RolloutsCommandTests {
    private static let head = "def main():\n    print(add(*map(int, input().split())))\n"

    /// Answers with the rest of the program, in which the request's number stands.
    private func server(milliseconds: UInt32 = 0) throws -> TestServer {
        try TestServer { number, request in
            if milliseconds > 0 { usleep(milliseconds * 1000) }
            let choices = (0..<(request.json["n"] as? Int ?? 1)).map { index in
                let text = "\n\ndef add(a, b):\n    return a + b  # \(number) \(index)\n\n\nmain()\n```"
                return ["message": ["content": text], "finish_reason": "stop"] as [String: Any]
            }
            let answer = ["choices": choices, "usage": ["prompt_tokens": 5, "completion_tokens": 7]] as [String: Any]
            return .json(
                String(decoding: (try? JSONSerialization.data(withJSONObject: answer)) ?? Data(), as: UTF8.self))
        }
    }

    private func write(problems: Int, server: String, to folder: URL) throws {
        func lines(_ row: (Int) throws -> String) rethrows -> String {
            try (0..<problems).map { try row($0) + "\n" }.joined()
        }
        let program = String(
            decoding: try JSONEncoder().encode(Self.head + "\n\ndef add(a, b):\n    return a - b\n\n\nmain()\n"),
            as: UTF8.self)
        try lines {
            SmallSet.problem.replacingOccurrences(of: "\"question_id\": \"sum\"", with: "\"question_id\": \"p\($0)\"")
        }.write(to: folder.appendingPathComponent("problems.jsonl"), atomically: true, encoding: .utf8)
        try lines { #"{"problem": "p\#($0)", "model": "m", "sample": 0, "code": \#(program)}"# }
            .write(to: folder.appendingPathComponent("pool.jsonl"), atomically: true, encoding: .utf8)
        try """
        benchmark: livecodebench
        problems: problems.jsonl
        pools: [{name: pool, candidates: pool.jsonl}]
        languageModels: {writer: {served: "\(server)", model: m, concurrency: 2}}
        outputs: {run: run}
        """.write(to: folder.appendingPathComponent("e.yaml"), atomically: true, encoding: .utf8)
    }

    private static let command = [
        "rollouts", "e.yaml", "--language-model", "writer", "--prefill", "continueFinalMessage", "--samples", "2",
        "--output", "rollouts.jsonl",
    ]

    /// Killed again and again, the same command loses nothing and asks for nothing that was stored.
    @Test func theSameCommandContinues() throws {
        try withTemporaryFolder { folder in
            let problems = 40
            let server = try server(milliseconds: 40)
            defer { server.stop() }
            try write(problems: problems, server: server.url, to: folder)
            let kills = 3
            for _ in 0..<kills {
                let before = server.requests.count
                let (process, _, errors) = try Tool.start(Self.command, in: folder)
                for _ in 0..<1200 where process.isRunning && server.requests.count < before + 8 {
                    Thread.sleep(forTimeInterval: 0.02)
                }
                #expect(process.isRunning, "\((try? String(contentsOf: errors, encoding: .utf8)) ?? "")")
                kill(process.processIdentifier, SIGKILL)
                process.waitUntilExit()
            }
            let last = try Tool.run(Self.command, in: folder)
            #expect(last.status == 0, "\(last.errors)")
            #expect(last.errors.contains("known from before"))
            #expect(last.output.contains("\(problems) prefixes, \(2 * problems) completions, mean reward 1.000"))
            #expect(last.output.contains("completions by the model: \(problems) requests, \(5 * problems) prompt"))
            // At each end two requests were under way, whose answers nobody stored.
            let asked = server.requests.count
            #expect(asked >= problems && asked <= problems + 2 * kills)
            let again = try Tool.run(Self.command, in: folder)
            #expect(again.output == last.output && server.requests.count == asked)
        }
    }

    @Test func mistakesAreExplained() throws {
        try withTemporaryFolder { folder in
            let server = try server()
            try write(problems: 1, server: server.url, to: folder)
            func run(_ arguments: [String]) throws -> Tool.Result { try Tool.run(arguments, in: folder) }
            let neither = try run(["rollouts", "e.yaml", "--output", "r.jsonl"])
            #expect(neither.status == 64 && neither.errors.contains("either --language-model or --lattice"))
            let both = try run(Self.command + ["--lattice", "x"])
            #expect(both.status == 64 && both.errors.contains("either --language-model or --lattice"))
            let exact = try run(Self.command + ["--exact"])
            #expect(exact.status == 64 && exact.errors.contains("--exact needs a policy that is known exactly"))
            let role = try run(Self.command.map { $0 == "writer" ? "writter" : $0 })
            #expect(role.status == 65 && role.errors.contains("Did you mean 'writer'?"), "\(role.errors)")
            let cost = try run(Self.command + ["--max-cost", "1"])
            #expect(cost.status == 65 && cost.errors.contains("there are no prices"), "\(cost.errors)")
            let sampling = try run(Self.command + ["--top-p", "1.5"])
            #expect(sampling.status == 64 && sampling.errors.contains("--top-p must be above 0 and at most 1"))
            let limited = try run(Self.command + ["--max-requests", "1", "--samples", "3"])
            #expect(limited.status == 0, "\(limited.errors)")
            server.stop()
            let absent = try run(Self.command + ["--temperature", "0.1"])
            #expect(absent.status == 69, "\(absent.errors)")
            #expect(!FileManager.default.fileExists(atPath: folder.appendingPathComponent("r.jsonl").path))
        }
    }

    @Test func plansAreToldForPeopleAndForPrograms() throws {
        try withTemporaryFolder { folder in
            try write(problems: 2, server: "http://127.0.0.1:9/v1", to: folder)
            let plan = ["plan", "e.yaml", "--completions", "4", "--characters-per-token", "4"]
            let text = try Tool.run(plan, in: folder)
            #expect(text.status == 0, "\(text.errors)")
            #expect(text.output.contains("2 problems of livecodebench"))
            #expect(text.output.contains("rollouts 2 prefixes × 4"))
            #expect(text.output.contains("characters per token: 4 (given)"))
            let json = try Tool.run(plan + ["--json"], in: folder)
            let value = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
            #expect((value?["stages"] as? [Any])?.count == 4)
            let unknown = try Tool.run(["plan", "e.yaml", "--pool", "poll"], in: folder)
            #expect(unknown.status == 64 && unknown.errors.contains("Did you mean 'pool'?"))
            let steps = try Tool.run(["plan", "e.yaml", "--steps", "0.5"], in: folder)
            #expect(steps.status == 64 && steps.errors.contains("--steps must be at least 1"))
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
import Fixtures
import Foundation
import Glibc
import Testing

@Suite(.serialized) struct GenerateCommandTests {
    private func write(problems: Int, to folder: URL) throws {
        let rows = (0..<problems).map {
            SmallSet.problem.replacingOccurrences(of: "\"question_id\": \"sum\"", with: "\"question_id\": \"p\($0)\"")
        }
        try (rows.joined(separator: "\n") + "\n").write(
            to: folder.appendingPathComponent("problems.jsonl"), atomically: true, encoding: .utf8)
    }

    private func command(_ server: AnsweringServer, _ more: [String] = []) -> [String] {
        [
            "generate", "--benchmark", "livecodebench", "--problems", "problems.jsonl", "--server", server.url,
            "--model", "m", "--output", "pools/cof.jsonl",
        ] + more
    }

    private func rows(_ folder: URL) throws -> [[String: Any]] {
        try String(contentsOf: folder.appendingPathComponent("pools/cof.jsonl"), encoding: .utf8)
            .split(separator: "\n").map {
                try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
            }
    }

    @Test func oneCommandMakesAPool() throws {
        try withTemporaryFolder { folder in
            try write(problems: 3, to: folder)
            let server = try AnsweringServer()
            defer { server.stop() }
            let prices = ["--price-prompt", "1", "--price-completion", "2", "--samples", "4"]
            let dry = try Tool.run(command(server, prices + ["--dry-run"]), in: folder)
            #expect(
                dry.output == "cof: 12 candidates of 3 problems with prompt 'cof' by m, 0 known, 12 to ask for\n",
                "\(dry.errors)")
            #expect(server.server.requests.isEmpty)
            let result = try Tool.run(command(server, prices), in: folder)
            #expect(result.status == 0, "\(result.errors)")
            #expect(
                result.output
                    == "pools/cof.jsonl: 12 candidates, 300 prompt and 24 completion tokens, 0.0003 USD\n")
            #expect(try rows(folder).count == 12)
            let repeated = try Tool.run(command(server, prices), in: folder)
            #expect(repeated.output == result.output)
            #expect(repeated.errors.contains("all 12 candidates known from before"))
            #expect(server.requests == 3)
            // What was generated can be executed at once.
            let execution = try Tool.run(
                [
                    "execute", "--benchmark", "livecodebench", "--problems", "problems.jsonl", "--candidates",
                    "pools/cof.jsonl", "--output", "verdicts.jsonl",
                ], in: folder)
            #expect(execution.status == 0, "\(execution.errors)")
        }
    }

    /// Ended again and again, the same command makes the same pool as one that was left alone would.
    @Test(arguments: [SIGKILL, SIGINT]) func theSameCommandContinues(_ signal: Int32) throws {
        try withTemporaryFolder { folder in
            try write(problems: 40, to: folder)
            let server = try AnsweringServer(.init(microseconds: 40_000))
            defer { server.stop() }
            let arguments = command(server, ["--samples", "3", "--concurrency", "2", "--seed", "5"])
            var ends = 0
            while ends < 3 {
                let before = server.requests
                let (process, _, errors) = try Tool.start(arguments, in: folder)
                for _ in 0..<1200 where process.isRunning && server.requests < before + 6 {
                    Thread.sleep(forTimeInterval: 0.02)
                }
                #expect(process.isRunning, "\((try? String(contentsOf: errors, encoding: .utf8)) ?? "")")
                kill(process.processIdentifier, signal)
                process.waitUntilExit()
                if signal == SIGINT { #expect(process.terminationStatus == 130) }
                ends += 1
            }
            let last = try Tool.run(arguments, in: folder)
            #expect(last.status == 0, "\(last.errors)")
            #expect(last.errors.contains("known from before"))
            let rows = try rows(folder)
            #expect(rows.count == 120)
            #expect(Set(rows.map { "\($0["problem"] ?? "")/\($0["sample"] ?? "")" }).count == 120)
            #expect(Set(rows.compactMap { $0["code"] as? String }).count == 120)
            // At each end two requests were under way, whose answers nobody stored.
            #expect(server.requests >= 40 && server.requests <= 40 + 2 * ends)
        }
    }

    @Test func promptsCanBeSeen() throws {
        try withTemporaryFolder { folder in
            try write(problems: 2, to: folder)
            let server = try AnsweringServer()
            defer { server.stop() }
            try "Be brief. {{plainFormat}}\n---\n{{title}}: {{statement}}\n".write(
                to: folder.appendingPathComponent("mine.txt"), atomically: true, encoding: .utf8)
            let result = try Tool.run(command(server, ["--prompt", "mine.txt", "--show-prompt"]), in: folder)
            #expect(
                result.output == """
                    pool cof, problem p0

                    [system]
                    Be brief. The program reads standard input and writes standard output. Do not print anything that was not asked for.

                    [user]
                    Sum: Add.

                    """, "\(result.errors)")
            #expect(server.server.requests.isEmpty)
        }
    }

    @Test func mistakesAreExplained() throws {
        try withTemporaryFolder { folder in
            try write(problems: 1, to: folder)
            let server = try AnsweringServer()
            defer { server.stop() }
            let bare = try Tool.run(["generate"], in: folder)
            #expect(bare.status == 64)
            #expect(bare.errors.contains("--benchmark, --problems, --server, --model, --output"))
            let stop = try Tool.run(command(server, ["--stop", "\ndef "]), in: folder)
            #expect(stop.status == 65 && stop.errors.contains("cut off what follows the first function"))
            let prompt = try Tool.run(command(server, ["--prompt", "cop"]), in: folder)
            #expect(prompt.status == 65 && prompt.errors.contains("'cof', 'plain' or the path of a template"))
            let cost = try Tool.run(command(server, ["--max-cost", "1"]), in: folder)
            #expect(cost.status == 65 && cost.errors.contains("no prices"), "\(cost.errors)")
            server.stop()
            let absent = try Tool.run(command(server), in: folder)
            #expect(absent.status == 69 && absent.errors.contains("does not answer: "), "\(absent.errors)")
        }
    }

    @Test func limitsAreTold() throws {
        try withTemporaryFolder { folder in
            try write(problems: 5, to: folder)
            let server = try AnsweringServer()
            defer { server.stop() }
            let result = try Tool.run(command(server, ["--max-requests", "2"]), in: folder)
            #expect(result.status == 1)
            #expect(result.output == "cof: 16 of 40 candidates; no file yet\n")
            #expect(
                result.errors.contains("lacks 24 of 40 candidates, because the limit of cost or requests was reached"))
            #expect(try Tool.run(command(server), in: folder).status == 0)
            #expect(server.requests == 5)
        }
    }

    @Test func keysAreNeverShown() throws {
        try withTemporaryFolder { folder in
            try write(problems: 1, to: folder)
            let server = try TestServer { _, request in
                .status(401, body: #"{"error": {"message": "bad key \#(request.headers["authorization"] ?? "none")"}}"#)
            }
            defer { server.stop() }
            let arguments = [
                "generate", "--benchmark", "livecodebench", "--problems", "problems.jsonl", "--server", server.url,
                "--model", "m", "--output", "cof.jsonl", "--api-key-variable", "MY_KEY",
            ]
            let refused = try Tool.run(arguments, in: folder, environment: ["MY_KEY": "sk-secret-123"])
            #expect(
                refused.status == 69 && refused.errors.contains("refuses the API key in MY_KEY"), "\(refused.errors)")
            #expect(!(refused.errors + refused.output).contains("sk-secret-123"))
            #expect(server.requests.first?.headers["authorization"] == "Bearer sk-secret-123")
            let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
            for case let file as URL in files ?? .init() {
                guard let data = try? Data(contentsOf: file) else { continue }
                #expect(data.range(of: Data("sk-secret-123".utf8)) == nil, "\(file.path)")
            }
            let missing = try Tool.run(arguments, in: folder, environment: ["MY_KEY": ""])
            #expect(missing.status == 69 && missing.errors.contains("set the environment variable MY_KEY"))
        }
    }

    @Test func aProxyIsAskedForOtherMachinesOnly() throws {
        try withTemporaryFolder { folder in
            let proxy = try TestServer { _, _ in .status(401, body: "proxy") }
            defer { proxy.stop() }
            let server = try AnsweringServer()
            defer { server.stop() }
            let environment = ["http_proxy": "http://127.0.0.1:\(proxy.port)", "no_proxy": ""]
            let near = try Tool.run(["doctor", "--server", server.url], in: folder, environment: environment)
            #expect(near.output.contains(server.url) && proxy.requests.isEmpty, "\(near.output) \(near.errors)")
            _ = try Tool.run(
                ["doctor", "--server", "http://bestofn.invalid/v1", "--model", "m"], in: folder,
                environment: environment)
            #expect(proxy.requests.first?.path.hasPrefix("http://bestofn.invalid/v1") == true)
        }
    }

    @Test func doctorDescribesAServer() throws {
        try withTemporaryFolder { folder in
            let server = try AnsweringServer()
            defer { server.stop() }
            let result = try Tool.run(["doctor", "--server", server.url], in: folder)
            #expect(result.status == 0, "\(result.errors)")
            #expect(
                result.output == """
                    server           \(server.url)
                    model            m
                    chat             yes
                    completions      yes
                    several samples  yes: n answers per request
                    log-probs        yes, 20 alternatives per token: self-certainty is approximate unless that is the whole vocabulary
                    prefill          completions: rollouts continue prefixes exactly
                    token counts     yes
                    token limit      called max_tokens
                    seeds            the same seed gave another text: samples cannot be drawn again

                    """)
            server.stop()
            let absent = try Tool.run(["doctor", "--server", server.url, "--model", "m"], in: folder)
            #expect(absent.status == 69 && absent.errors.contains("does not answer"))
        }
    }
}

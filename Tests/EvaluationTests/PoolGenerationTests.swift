// SPDX-License-Identifier: Apache-2.0
import Evaluation
import Fixtures
import Foundation
import Generation
import Testing

@Suite struct PoolGenerationTests {
    private func experiment(
        in folder: URL, server: AnsweringServer, problems: Int = 3, statement: String? = nil, generate: String = "",
        model: String = ""
    ) throws -> Experiment {
        try SmallProblems.write(problems, statement: statement, to: folder)
        return try Experiment(
            yaml: """
                benchmark: livecodebench
                problems: problems.jsonl
                languageModels: {writer: {served: "\(server.url)", model: m\(model)}}
                pools:
                  - {name: cof, candidates: cof.jsonl, generate: {languageModel: writer, prompt: cof, samples: 4\(generate)}}
                outputs: {run: run}
                """, name: "e.yaml", directory: folder)
    }

    private func generate(_ experiment: Experiment, _ limits: GenerationLimits = .init()) async throws -> GeneratedPool
    {
        try await #require(
            PoolGeneration(experiment, toolVersion: "test", progress: SilentProgress()).run(limits).first)
    }

    private func rows(_ folder: URL, _ name: String = "cof.jsonl") throws -> [[String: Any]] {
        try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8).split(separator: "\n").map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
    }

    /// Every problem has its samples once, all programs differ, and the server gave no more texts than it had to.
    private func check(_ rows: [[String: Any]], problems: Int, samples: Int = 4) {
        let ids = rows.map { "\($0["problem"] ?? "")/\($0["sample"] ?? "")" }
        #expect(ids == (0..<problems).flatMap { problem in (0..<samples).map { "p\(problem)/\($0)" } })
        #expect(Set(rows.compactMap { $0["code"] as? String }).count == rows.count)
    }

    @Test func poolHoldsWhatSelectorsNeed() async throws {
        try await withTemporaryFolder { folder in
            let server = try AnsweringServer()
            defer { server.stop() }
            let prices = ", vocabularySize: 100, prices: {prompt: 1, completion: 2}"
            let result = try await generate(experiment(in: folder, server: server, model: prices))
            #expect(result.missing == 0 && result.totals?.candidates == 12)
            let rows = try rows(folder)
            check(rows, problems: 3)
            let first = rows[0]
            #expect((first["code"] as? String)?.hasPrefix("print(") == true)
            #expect(first["model"] as? String == "m")
            let tokens = try #require(first["tokens"] as? [String: Any])
            #expect(tokens["count"] as? Int == 2 && tokens["sumLogProb"] as? Double == -1)
            #expect(tokens["exact"] as? Bool == false && (tokens["k"] as? Int ?? 0) > 0)
            let making = try #require(first["generation"] as? [String: Any])
            #expect(making["finish"] as? String == "stop" && making["truncated"] as? Bool == false)
            #expect(making["completionTokens"] as? Int == 2 && making["promptTokens"] as? Int == 100)
            #expect(abs((making["cost"] as? Double ?? 0) - (100.0 / 4 + 2 * 2) / 1e6) < 1e-12)
            let card = try #require(PoolCard(beside: folder.appendingPathComponent("cof.jsonl")))
            #expect(card.reportedModels == ["m-2026"] && card.totals.cost.map { $0 > 0 } == true)
            #expect(
                card.prompt.hash == GenerationPrompt.cof.hash && Array(card.prompt.texts.keys) == ["standard input"])
            // Never a text that cuts helpers off.
            #expect(server.bodies.allSatisfy { $0["stop"] == nil && $0["n"] as? Int == 4 })
        }
    }

    @Test func nothingIsAskedTwice() async throws {
        try await withTemporaryFolder { folder in
            let server = try AnsweringServer()
            defer { server.stop() }
            _ = try await generate(experiment(in: folder, server: server))
            let before = try Data(contentsOf: folder.appendingPathComponent("cof.jsonl"))
            _ = try await generate(experiment(in: folder, server: server))
            #expect(server.texts >= 12 && server.requests == 3)
            #expect(try Data(contentsOf: folder.appendingPathComponent("cof.jsonl")) == before)
            // More samples ask for the new ones alone, and the old ones stay.
            let more = try await generate(
                experiment(in: folder, server: server, model: ", concurrency: 2").with(samples: 6))
            #expect(more.totals?.candidates == 18 && server.requests == 6)
            let after = try rows(folder)
            check(after, problems: 3, samples: 6)
            #expect(server.bodies.suffix(3).allSatisfy { $0["n"] as? Int == 2 })
            // Other sampling is another pool.
            _ = try await generate(experiment(in: folder, server: server, generate: ", temperature: 0.1"))
            #expect(server.requests == 9)
        }
    }

    @Test func serverMayIgnoreN() async throws {
        try await withTemporaryFolder { folder in
            let server = try AnsweringServer(.init(honoursN: false))
            defer { server.stop() }
            let result = try await generate(experiment(in: folder, server: server))
            #expect(result.missing == 0)
            check(try rows(folder), problems: 3)
            // Each sample has a seed of its own.
            let seeds = server.bodies.compactMap { $0["seed"] as? Int }
            #expect(Set(seeds).count >= 12)
        }
    }

    @Test func serverMayGiveNoLogProbs() async throws {
        try await withTemporaryFolder { folder in
            let server = try AnsweringServer(.init(givesLogProbs: false))
            defer { server.stop() }
            let result = try await generate(experiment(in: folder, server: server))
            #expect(result.totals?.candidates == 12 && result.totals?.withLogProbs == 0)
            #expect(try rows(folder).allSatisfy { $0["tokens"] == nil })
        }
    }

    @Test func longProblemsLoseTheirMiddle() async throws {
        try await withTemporaryFolder { folder in
            let server = try AnsweringServer(.init(context: 2000))
            defer { server.stop() }
            let statement = "BEGIN " + String(repeating: "middle ", count: 400) + "END"
            let result = try await generate(experiment(in: folder, server: server, statement: statement))
            #expect(result.missing == 0 && result.totals?.shortened == 12)
            let prompts = server.bodies.compactMap { ($0["messages"] as? [[String: Any]])?.last?["content"] as? String }
            let answered = try #require(prompts.filter { $0.count < 1500 }.first)
            #expect(answered.contains("BEGIN") && answered.contains("END") && answered.contains("[…]"))
        }
    }

    @Test func problemThatNeverFitsIsNamed() async throws {
        try await withTemporaryFolder { folder in
            let server = try AnsweringServer(.init(context: 10))
            defer { server.stop() }
            let result = try await generate(experiment(in: folder, server: server, problems: 1))
            #expect(result.missing == 4 && result.totals == nil)
            #expect(result.reasons.keys.first?.contains("'p0' does not fit") == true)
            #expect(!FileManager.default.fileExists(atPath: folder.appendingPathComponent("cof.jsonl").path))
        }
    }

    @Test func filesOfOthersAreNotOverwritten() async throws {
        try await withTemporaryFolder { folder in
            let server = try AnsweringServer()
            defer { server.stop() }
            let file = folder.appendingPathComponent("cof.jsonl")
            try "mine\n".write(to: file, atomically: true, encoding: .utf8)
            await #expect {
                _ = try await generate(experiment(in: folder, server: server))
            } throws: {
                "\($0)".contains("was not generated")
            }
            #expect(try String(contentsOf: file, encoding: .utf8) == "mine\n" && server.server.requests.isEmpty)
        }
    }

    @Test func whatIsRefusedAlwaysIsNotAskedForEver() async throws {
        try await withTemporaryFolder { folder in
            let server = try AnsweringServer(
                .init(fault: { _ in .status(400, body: #"{"error": {"message": "Unknown field top_p"}}"#) }))
            defer { server.stop() }
            let result = try await generate(experiment(in: folder, server: server, problems: 200))
            #expect(result.missing == 800 && !result.isLimited)
            #expect(result.reasons.count == 1 && result.reasons.keys.first?.contains("Unknown field top_p") == true)
            #expect(server.requests >= 20 && server.requests < 60)
        }
    }

    @Test func limitsEndTheWorkAndTheSameCommandContinues() async throws {
        try await withTemporaryFolder { folder in
            let server = try AnsweringServer()
            defer { server.stop() }
            let experiment = try experiment(
                in: folder, server: server, problems: 6, model: ", concurrency: 2, prices: {prompt: 1, completion: 2}")
            let first = try await generate(experiment, .init(maxRequests: 2))
            #expect(first.isLimited && first.missing == 16 && server.requests == 2)
            // A request may cost 4 x 4,096 completion tokens, 0.033, and does cost 0.000116.
            let second = try await generate(experiment, .init(maxCost: 0.034))
            #expect(second.missing == 0, "\(second.reasons)")
            let poor = try await generate(
                self.experiment(
                    in: folder, server: server, problems: 6, generate: ", temperature: 0.3",
                    model: ", prices: {prompt: 1, completion: 2}"), .init(maxCost: 0.001))
            #expect(poor.isLimited && poor.missing == 24 && server.requests == 6)
            check(try rows(folder), problems: 6)
        }
    }

    @Test func poolRunsAsAnyOther() async throws {
        try await withTemporaryFolder { folder in
            let server = try AnsweringServer()
            defer { server.stop() }
            let experiment = try experiment(in: folder, server: server)
            await #expect {
                _ = try await Pipeline(experiment, selectors: SelectorRegistry([]), toolVersion: "test")
            } throws: {
                "\($0)".contains("bestofn generate")
            }
            _ = try await generate(experiment)
            let result = try await Pipeline(experiment, selectors: SelectorRegistry([]), toolVersion: "test").run()
            #expect(result.isComplete && result.executed == 12)
        }
    }
}

extension Experiment {
    /// The same with another number of samples.
    fileprivate func with(samples: Int) -> Experiment {
        var copy = self
        copy.pools[0].generation?.settings.samples = samples
        return copy
    }
}

// SPDX-License-Identifier: Apache-2.0
import Evaluation
import Fixtures
import Foundation
import Generation
import LanguageModels
import PythonSource
import SelectorKit
import Synchronization
import Testing
import Training

/// Rollouts by a language model behind a server.
@Suite struct ServedRolloutsTests {
    private static let head = "def main():\n    print(double(int(input())))\n"
    private static let tail = "\n\ndef double(n):\n    return 2 * n\n\n\nmain()\n"
    private static let wrong = "\n\ndef double(n):\n    return 3 * n\n\n\nmain()\n"

    private static func problem(_ id: String) -> String {
        #"{"question_title": "T", "question_content": "Double \#(id).", "platform": "test", "question_id": "\#(id)", "contest_id": "t", "contest_date": "2026-01-01T00:00:00", "starter_code": "", "difficulty": "easy", "public_test_cases": "[]", "private_test_cases": "[{\"input\": \"1\", \"output\": \"2\", \"testtype\": \"stdin\"}]", "metadata": "{}"}"#
    }

    private func pipeline(
        _ folder: URL, server: String, problems: Int = 3,
        keys: String = "retries: 0, concurrency: 1, outageSeconds: 0.01"
    ) async throws -> Pipeline {
        let ids = (0..<problems).map { "p\($0)" }
        try ids.map { Self.problem($0) + "\n" }.joined()
            .write(to: folder.appendingPathComponent("problems.jsonl"), atomically: true, encoding: .utf8)
        let program = try #require(
            String(data: JSONEncoder().encode(Self.head + Self.tail), encoding: .utf8))
        try ids.map { #"{"problem": "\#($0)", "model": "m", "sample": 0, "code": \#(program)}"# + "\n" }.joined()
            .write(to: folder.appendingPathComponent("pool.jsonl"), atomically: true, encoding: .utf8)
        let experiment = try Experiment(
            yaml: """
                benchmark: livecodebench
                problems: problems.jsonl
                pools: [{name: pool, candidates: pool.jsonl}]
                languageModels:
                  writer: {served: "\(server)", model: m, \(keys), prices: {prompt: 1, completion: 2}}
                outputs: {run: run}
                """, name: "e.yaml", directory: folder)
        return try await Pipeline(experiment, selectors: SelectorRegistry([]), toolVersion: "test")
    }

    private func rollouts(_ pipeline: Pipeline, _ change: (inout ServedRollouts) -> Void = { _ in }, samples: Int = 4)
        async throws -> RolloutResult
    {
        var served = ServedRollouts(languageModel: "writer")
        served.way = .opened(.continueFinalMessage)
        change(&served)
        let options = RolloutOptions(samples: samples)
        return try await pipeline.rollouts(try await pipeline.servedPolicy(served, options), options)
    }

    private static func reply(_ texts: [String], finish: String = "stop") -> TestServer.Reply {
        let choices = texts.map { text in
            ["message": ["content": text], "finish_reason": finish] as [String: Any]
        }
        let answer: [String: Any] = [
            "choices": choices, "usage": ["prompt_tokens": 100, "completion_tokens": 10 * texts.count],
        ]
        let data = (try? JSONSerialization.data(withJSONObject: answer)) ?? Data()
        return .json(String(decoding: data, as: UTF8.self))
    }

    @Test func openedTurnsAreContinued() async throws {
        try await withTemporaryFolder { folder in
            let server = try TestServer { _, request in
                let count = request.json["n"] as? Int ?? 1
                return Self.reply((0..<count).map { ($0 % 2 == 0 ? Self.tail : Self.wrong) + "```\nDone." })
            }
            defer { server.stop() }
            let pipeline = try await pipeline(folder, server: server.url)
            let result = try await rollouts(pipeline)
            #expect(result.shortcomings == nil)
            #expect(result.file.rollouts.map(\.reward) == [0.5, 0.5, 0.5])
            #expect(result.file.rollouts.allSatisfy { $0.samples == 4 && $0.distinct == 2 && $0.step == 1 })
            #expect(result.tally.completions == 12 && result.tally.requests == 3)
            #expect(result.tally.promptTokens == 300 && result.tally.completionTokens == 120)
            #expect(server.requests.count == 3)
            let body = server.requests[0].json
            #expect(body["n"] as? Int == 4 && body["continue_final_message"] as? Bool == true)
            #expect(body["temperature"] as? Double == 0.8 && body["top_p"] as? Double == 0.95)
            let messages = try #require(body["messages"] as? [[String: Any]])
            #expect(messages.map { $0["role"] as? String } == ["system", "user", "assistant"])
            #expect(messages[2]["content"] as? String == "```python\n" + Self.head)
            #expect((messages[1]["content"] as? String)?.contains("Double p") == true)
            let seeds = Set(server.requests.compactMap { $0.json["seed"] as? Int })
            #expect(seeds.count == 3)

            // Nothing is asked twice, and more completions ask for the new ones only.
            let again = try await rollouts(pipeline)
            #expect(server.requests.count == 3 && again.file == result.file && again.tally == result.tally)
            let more = try await rollouts(pipeline, samples: 6)
            #expect(server.requests.count == 6 && server.requests[5].json["n"] as? Int == 2)
            #expect(more.tally.completions == 18)
            // Many are several requests.
            _ = try await rollouts(pipeline, samples: 25)
            #expect(server.requests.count == 15)
            #expect(
                server.requests.suffix(9).compactMap { $0.json["n"] as? Int }.sorted() == [3, 3, 3] + [
                    8, 8, 8, 8, 8, 8,
                ])
            // Other sampling is another policy.
            _ = try await rollouts(pipeline, { $0.sampling.temperature = 0.3 }, samples: 1)
            #expect(server.requests.count == 18)
        }
    }

    @Test func serversThatIgnoreTheNumberAreAskedOneByOne() async throws {
        try await withTemporaryFolder { folder in
            let server = try TestServer { _, _ in Self.reply([Self.tail + "```"]) }
            defer { server.stop() }
            let result = try await rollouts(try await pipeline(folder, server: server.url))
            #expect(result.file.rollouts.map(\.reward) == [1, 1, 1])
            #expect(server.requests.count == 12)
            #expect(server.requests.filter { $0.json["n"] != nil }.count == 1)
            #expect(Set(server.requests.compactMap { $0.json["seed"] as? Int }).count == 12)
        }
    }

    @Test func modelsAreAskedToGoOnWhereTurnsCannotBeOpened() async throws {
        try await withTemporaryFolder { folder in
            let answers = [
                "```python\n" + Self.tail.drop { $0 == "\n" } + "```",  // the rest
                "```python\n" + Self.head + Self.tail + "```",  // everything again
                "```python\ndef main():\n    print(2)\n\nmain()\n```",  // another program
                "```python\n```",  // nothing
            ]
            let server = try TestServer { _, request in
                Self.reply((0..<(request.json["n"] as? Int ?? 1)).map { answers[$0] })
            }
            defer { server.stop() }
            let result = try await rollouts(try await pipeline(folder, server: server.url), { $0.way = .asked })
            // The program with nothing added never calls main.
            #expect(result.file.rollouts.map(\.passed) == [3, 3, 3])
            #expect(result.tally.redefining == 3 && result.tally.repeatedPrefixes == 3 && result.tally.blank == 3)
            let messages = try #require(server.requests[0].json["messages"] as? [[String: Any]])
            #expect(messages.map { $0["role"] as? String } == ["system", "user"])
            #expect((messages[1]["content"] as? String)?.contains(Self.head) == true)
            #expect(server.requests[0].json["continue_final_message"] == nil)
        }
    }

    @Test func prefixesWhoseRequestsFailAreLeftOutUntilTheNextCall() async throws {
        try await withTemporaryFolder { folder in
            let broken = Mutex(true)
            let server = try TestServer { _, request in
                let isBroken = broken.withLock { $0 } && String(decoding: request.body, as: UTF8.self).contains("p1")
                return isBroken
                    ? .status(500, body: "{}") : Self.reply([String](repeating: Self.tail + "```", count: 4))
            }
            defer { server.stop() }
            let pipeline = try await pipeline(folder, server: server.url)
            let partial = try await rollouts(pipeline)
            #expect(partial.file.rollouts.map(\.problemID) == ["p0", "p2"])
            #expect(partial.unansweredPrefixes == 1 && partial.refusals.map(\.prefixes) == [1])
            #expect(partial.shortcomings?.contains("1 prefixes are left out") == true)
            broken.withLock { $0 = false }
            let whole = try await rollouts(pipeline)
            #expect(whole.shortcomings == nil && whole.file.rollouts.count == 3)
            #expect(server.requests.count == 4)
        }
    }

    @Test func absentServersAreAnError() async throws {
        try await withTemporaryFolder { folder in
            let pipeline = try await pipeline(folder, server: "http://127.0.0.1:9/v1")
            await #expect { _ = try await rollouts(pipeline) } throws: {
                ($0 as? SelectorError)?.message.contains("127.0.0.1:9") == true
            }
        }
    }

    @Test func truncatedAnswersCountAndLimitsHold() async throws {
        try await withTemporaryFolder { folder in
            let server = try TestServer { _, request in
                Self.reply(
                    [String](repeating: "\ndef double(", count: request.json["n"] as? Int ?? 1), finish: "length")
            }
            defer { server.stop() }
            let pipeline = try await pipeline(folder, server: server.url)
            let limited = try await rollouts(pipeline, { $0.limits.maxRequests = 2 })
            #expect(limited.unansweredPrefixes == 1 && server.requests.count == 2)
            #expect(limited.shortcomings?.contains("limit of requests or cost") == true)
            #expect(limited.file.rollouts.allSatisfy { $0.passed == 0 && $0.samples == 4 })
            #expect(limited.tally.truncated == 8)
            // 2 × (100 + 2 × 40) millionths are spent already.
            let poor = try await rollouts(pipeline, { $0.limits.maxCost = 0.0004 })
            #expect(poor.unansweredPrefixes == 1 && server.requests.count == 2)
        }
    }

    @Test func problemsThatAreTooLongLoseTheirMiddle() async throws {
        try await withTemporaryFolder { folder in
            let server = try TestServer { _, request in
                request.body.count > 3000
                    ? .status(
                        400, body: #"{"error": {"message": "This model's maximum context length is 10 tokens."}}"#)
                    : Self.reply([String](repeating: Self.tail + "```", count: 4))
            }
            defer { server.stop() }
            let pipeline = try await pipeline(folder, server: server.url, problems: 1)
            let text = Self.problem("p0").replacingOccurrences(
                of: "Double p0.", with: "Begin " + String(repeating: "x", count: 3000) + " end")
            try text.write(
                to: folder.appendingPathComponent("problems.jsonl"), atomically: true, encoding: .utf8)
            let long = try await Pipeline(
                try Experiment(
                    yaml: """
                        benchmark: livecodebench
                        problems: problems.jsonl
                        pools: [{name: pool, candidates: pool.jsonl}]
                        languageModels: {writer: {served: "\(server.url)", model: m, retries: 0}}
                        outputs: {run: run2}
                        """, name: "e.yaml", directory: folder), selectors: SelectorRegistry([]), toolVersion: "test")
            _ = pipeline
            let result = try await rollouts(long)
            #expect(result.file.rollouts.count == 1 && result.tally.shortened == 4)
            let last = try #require(server.requests.last)
            let body = String(decoding: last.body, as: UTF8.self)
            #expect(body.contains("Begin") && body.contains("end") && body.contains("[…]") || body.contains("\\u2026"))
        }
    }

    @Test func theServersWayIsFoundOnceAndKept() async throws {
        try await withTemporaryFolder { folder in
            let continues = Mutex(true)
            let server = try TestServer { _, request in
                let body = request.json
                let last = (body["messages"] as? [[String: Any]])?.last
                let isOpen = body["continue_final_message"] != nil
                if isOpen, !continues.withLock({ $0 }) { return .status(400, body: #"{"error": {"message": "no"}}"#) }
                // Tokens as a server with a template counts them: words of the last turn, on top of what every prompt has.
                let words = (last?["content"] as? String)?.split(separator: " ").count ?? 0
                let tokens = isOpen ? 8 + words : last?["role"] as? String == "assistant" ? 20 + words : 8
                let text = isOpen ? Self.tail + "```" : "```python\n" + Self.tail + "```"
                let choices = (0..<(body["n"] as? Int ?? 1)).map { _ in
                    ["message": ["content": text], "finish_reason": "stop"] as [String: Any]
                }
                let answer: [String: Any] = [
                    "choices": choices, "usage": ["prompt_tokens": tokens, "completion_tokens": 1],
                ]
                return .json(
                    String(decoding: (try? JSONSerialization.data(withJSONObject: answer)) ?? Data(), as: UTF8.self))
            }
            defer { server.stop() }
            let pipeline = try await pipeline(folder, server: server.url)
            func draw(_ samples: Int) async throws -> (tally: CompletionTally, policy: String) {
                let result = try await rollouts(pipeline, { $0.way = .found }, samples: samples)
                #expect(result.shortcomings == nil)
                return (result.tally, result.file.header.policy)
            }
            let first = try await draw(2)
            #expect(first.policy.contains("continueFinalMessage"))
            let asked = server.requests.count
            #expect(try await draw(2) == first)
            #expect(server.requests.count == asked)
            // What was begun goes on in the same way.
            #expect(try await draw(3).policy == first.policy)
            // Another server continues nothing.
            continues.withLock { $0 = false }
            let elsewhere = folder.appendingPathComponent("other")
            try FileManager.default.createDirectory(at: elsewhere, withIntermediateDirectories: true)
            let other = try await self.pipeline(elsewhere, server: server.url)
            let result = try await rollouts(other, { $0.way = .found }, samples: 1)
            #expect(result.file.header.policy.contains("asked") && result.file.rollouts.map(\.reward) == [1, 1, 1])
        }
    }

    @Test func experimentsTrainOnCompletionsByTheirLanguageModel() async throws {
        try await withTemporaryFolder { folder in
            let server = try TestServer { _, request in
                Self.reply((0..<(request.json["n"] as? Int ?? 1)).map { ($0 == 0 ? Self.tail : Self.wrong) + "```" })
            }
            defer { server.stop() }
            _ = try await pipeline(folder, server: server.url)
            let experiment = try Experiment(
                yaml: """
                    benchmark: livecodebench
                    problems: problems.jsonl
                    pools: [{name: pool, candidates: pool.jsonl}]
                    languageModels: {writer: {served: "\(server.url)", model: m}}
                    rewardModels:
                      prm:
                        trained: prm
                        iterations: 5
                        rollouts: {languageModel: writer, samples: 4, temperature: 0.3, prefill: continueFinalMessage}
                    outputs: {run: trained}
                    """, name: "e.yaml", directory: folder)
            func plannedRequests() async throws -> Int? {
                try await Planner(experiment, selectors: SelectorRegistry([]), options: PlanOptions()).plan().stages
                    .first { $0.name == "for prm" }?.requests?.count
            }
            #expect(try await plannedRequests() == 3)
            for _ in 0..<2 {
                let trained = try await experiment.withTrainedModels(toolVersion: "test", progress: SilentProgress())
                guard case .embedded = trained.rewardModels["prm"] else {
                    Issue.record("The model is not trained.")
                    return
                }
                #expect(server.requests.count == 3)
            }
            #expect(server.requests.allSatisfy { $0.json["temperature"] as? Double == 0.3 })
            #expect(try await plannedRequests() == 0)
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
import Datasets
import Evaluation
import Fixtures
import Foundation
import Generation
import LanguageModels
import PythonSource
import SelectorKit
import Testing
import Training

/// Asks for the reward of the whole program, or of every function's prefix.
private struct AskingSelector: Selector {
    let stepper: any Stepper

    var descriptor: SelectorDescriptor {
        SelectorDescriptor(
            name: "asking", version: 1, scope: .candidate, requirements: [.rewardModel(role: "prm")])
    }

    func score(_ pool: CandidatePool, in context: SelectionContext) async throws -> [CandidateScore] {
        let scorer = PrefixScorer(role: "prm", aggregation: .mean) { [stepper] in stepper.steps(of: $0).prefixEnds }
        return try await scorer.scores(of: pool, in: context)
    }
}

private enum AskingPlugin: SelectorPlugin {
    struct Options: Codable, Sendable { var stepper = StepperName.function }
    static let name = "asking"
    static let summary = "for tests"
    static let defaultOptions = Options()
    static func makeSelector(options: Options) -> any Selector { AskingSelector(stepper: options.stepper.stepper()) }
}

@Suite struct PlannerTests {
    private static let head = "def main():\n    print(double(int(input())))\n"
    private static let program = head + "\n\ndef double(n):\n    return 2 * n\n\n\nmain()\n"

    private func experiment(
        _ folder: URL, server: String = "http://127.0.0.1:9/v1", problems: Int = 3, pool: Bool, more: String = ""
    ) throws -> Experiment {
        let ids = (0..<problems).map { "p\($0)" }
        try ids.map { id in
            #"{"question_title": "T", "question_content": "Double \#(id).", "platform": "test", "question_id": "\#(id)", "contest_id": "t", "contest_date": "2026-01-01T00:00:00", "starter_code": "", "difficulty": "easy", "public_test_cases": "[]", "private_test_cases": "[{\"input\": \"1\", \"output\": \"2\", \"testtype\": \"stdin\"}]", "metadata": "{}"}"#
                + "\n"
        }.joined().write(to: folder.appendingPathComponent("problems.jsonl"), atomically: true, encoding: .utf8)
        if pool {
            let code = String(decoding: try JSONEncoder().encode(Self.program), as: UTF8.self)
            // Two of the three programs of a problem are equal.
            try ids.flatMap { id in
                (0..<3).map { sample in
                    let code = sample == 2 ? "\"print(\(id.dropFirst()))\"" : code
                    return #"{"problem": "\#(id)", "model": "m", "sample": \#(sample), "code": \#(code)}"# + "\n"
                }
            }.joined().write(to: folder.appendingPathComponent("pool.jsonl"), atomically: true, encoding: .utf8)
        }
        return try Experiment(
            yaml: """
                name: planned
                benchmark: livecodebench
                problems: problems.jsonl
                languageModels:
                  writer: {served: "\(server)", model: m, retries: 0, prices: {prompt: 1, completion: 2}}
                pools:
                  - name: pool
                    candidates: pool.jsonl
                    generate: {languageModel: writer, prompt: cof, samples: 12, topLogProbs: 0}
                outputs: {run: run}
                \(more)
                """, name: "e.yaml", directory: folder)
    }

    private func plan(
        _ experiment: Experiment, _ change: (inout PlanOptions) -> Void = { _ in }
    ) async throws -> Plan {
        var options = PlanOptions()
        change(&options)
        return try await Planner(experiment, selectors: SelectorRegistry([AskingPlugin.self]), options: options).plan()
    }

    @Test func whatDoesNotExistIsPlannedByItsExpectedLength() async throws {
        try await withTemporaryFolder { folder in
            let experiment = try experiment(folder, pool: false)
            let plan = try await plan(experiment) {
                $0.charactersPerToken = 2
                $0.steps = 2.5
                $0.programCharacters = 1000
                $0.completions = 4
            }
            #expect(plan.stages.map(\.kind) == [.generate, .rollouts, .train, .execute, .execute])
            let generate = plan.stages[0]
            #expect(generate.total == 36 && generate.known == 0)
            let requests = try #require(generate.requests)
            // Twelve candidates are a request of eight and one of four.
            #expect(requests.count == 6 && requests.countOneByOne == 36 && requests.role == "writer")
            let messages = ["p0", "p1", "p2"].map {
                GenerationPrompt.cof.messages(
                    for: Problem(id: $0, benchmark: "livecodebench", title: "T", statement: "Double \($0)."),
                    of: .liveCodeBench)
            }
            let characters = messages.reduce(0) { $0 + $1.user.count + ($1.system?.count ?? 0) }
            #expect(abs(requests.promptTokens - 2 * (Double(characters) / 2 + 3 * 10)) < 0.01)
            #expect(abs(requests.promptTokensOneByOne - 12 * (Double(characters) / 2 + 3 * 10)) < 0.01)
            // 36 programs of about 1000 characters in 90 functions.
            #expect(abs(requests.completionTokens / 36 - 540) < 30)
            #expect(
                abs((requests.cost ?? 0) - (requests.promptTokens + 2 * requests.completionTokens) / 1e6) < 1e-9)
            let rollouts = plan.stages[1]
            #expect(rollouts.total == (90 - 36) * 4 && rollouts.requests?.count == 90 - 36)
            #expect(plan.stages[2].total == 90)
            #expect(plan.stages[3].left == 36 && plan.stages[4].left == (90 - 36) * 4)
            #expect(plan.totals.map(\.count) == [60])
            #expect(!FileManager.default.fileExists(atPath: folder.appendingPathComponent("run").path))
            let names = plan.assumptions.map(\.name)
            #expect(names.contains("function steps per program") && names.contains("characters per token"))
            #expect(plan.assumptions.filter { $0.source == "given" }.count == 3)
        }
    }

    @Test func whatIsStoredIsKnown() async throws {
        try await withTemporaryFolder { folder in
            let server = try AnsweringServer()
            defer { server.stop() }
            let experiment = try experiment(folder, server: server.url, pool: false)
            let before = try await plan(experiment)
            _ = try await PoolGeneration(experiment, toolVersion: "test", progress: SilentProgress()).run()
            #expect(before.stages[0].requests?.count == server.requests)
            let after = try await plan(experiment)
            #expect(after.stages[0].left == 0 && after.stages[0].requests?.count == 0)
            // The server's answers have 26 characters and more in 2 tokens.
            let measured = try #require(after.assumptions.first { $0.name == "characters per token" })
            #expect(measured.source == "measured on 36 stored answers" && (13...15).contains(measured.value))
            // More samples: only the new ones.
            var larger = experiment
            larger.pools[0].generation?.settings.samples = 13
            #expect(try await plan(larger).stages[0].left == 3)
        }
    }

    @Test func rolloutsAreThoseThatAreAskedFor() async throws {
        try await withTemporaryFolder { folder in
            let server = try TestServer { _, request in
                let choices = (0..<(request.json["n"] as? Int ?? 1)).map { _ in
                    ["message": ["content": "\n\ndef double(n): return n * 2\n\nmain()\n```"]] as [String: Any]
                }
                let answer =
                    ["choices": choices, "usage": ["prompt_tokens": 1, "completion_tokens": 1]] as [String: Any]
                return .json(
                    String(decoding: (try? JSONSerialization.data(withJSONObject: answer)) ?? Data(), as: UTF8.self))
            }
            defer { server.stop() }
            let experiment = try experiment(folder, server: server.url, pool: true)
            let before = try await plan(experiment) { $0.completions = 4 }
            let stage = try #require(before.stages.first { $0.kind == .rollouts })
            // A prefix per problem: equal programs share theirs, and the other program is a single step.
            #expect(stage.total == 12 && stage.requests?.count == 3 && stage.requests?.countOneByOne == 12)
            let rest = Double(Self.program.utf8.count - Self.head.utf8.count) / 3.6
            #expect(abs((stage.requests?.completionTokens ?? 0) - 12 * rest) < 0.01)
            #expect(before.stages.first { $0.kind == .train }?.total == 9)

            let pipeline = try await Pipeline(experiment, selectors: SelectorRegistry([]), toolVersion: "test")
            var served = ServedRollouts(languageModel: "writer")
            served.way = .opened(.continueFinalMessage)
            let options = RolloutOptions(samples: 4)
            let result = try await pipeline.rollouts(try await pipeline.servedPolicy(served, options), options)
            #expect(result.file.rollouts.map(\.reward) == [1, 1, 1])
            #expect(server.requests.count == stage.requests?.count)
            let after = try await plan(experiment) { $0.completions = 5 }
            let left = try #require(after.stages.first { $0.kind == .rollouts })
            #expect(left.known == 12 && left.total == 15 && left.requests?.count == 3)
            #expect(after.stages.first { $0.name == "pool" && $0.kind == .execute }?.left == 6)
        }
    }

    @Test func scoringIsWhatTheSelectorsAsk() async throws {
        try await withTemporaryFolder { folder in
            let server = try TestServer { _, _ in
                .json(
                    #"{"choices": [{"message": {"content": "+"}, "logprobs": {"content": [{"token": "+", "logprob": -1, "top_logprobs": [{"token": "+", "logprob": -1}, {"token": "-", "logprob": -2}]}]}}], "usage": {"prompt_tokens": 10, "completion_tokens": 1}}"#
                )
            }
            defer { server.stop() }
            let more = """
                rewardModels: {prm: {served: "\(server.url)", model: judge, retries: 0}}
                selectors: [asking, {name: asking, label: whole, options: {stepper: whole}}]
                """
            let experiment = try experiment(folder, pool: true, more: more)
            let before = try await plan(experiment)
            let scores = before.stages.filter { $0.kind == .score }
            // Two distinct programs per problem with 2 + 1 prefixes; the second selector's prefixes are among them.
            #expect(scores.map { $0.requests?.count } == [9, nil] && scores[0].name == "asking on pool")
            #expect(scores[0].requests?.completionTokens == 9)
            #expect(before.notes.contains { $0.contains("No rollouts are planned") })
            #expect(!before.stages.contains { $0.kind == .rollouts || $0.kind == .train })
            _ = try await Pipeline(
                experiment, selectors: SelectorRegistry([AskingPlugin.self]), toolVersion: "test"
            ).run()
            #expect(server.requests.count == 9)
            let after = try await plan(experiment)
            #expect(after.stages.filter { $0.kind == .score }.map(\.known) == [9, 0])
            #expect(after.stages.filter { $0.kind == .execute }.map(\.left) == [0])
            #expect(server.requests.count == 9)
        }
    }

    @Test func unknownModelsAreNamed() async throws {
        try await withTemporaryFolder { folder in
            let experiment = try experiment(folder, pool: true)
            await #expect {
                _ = try await plan(experiment) { $0.completingModel = "writter" }
            } throws: { "\($0)".contains("'writter'") && "\($0)".contains("writer") }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Datasets
import Evaluation
import Foundation
import Generation
import LanguageModels
import Yams

/// A generation that is told on the command line alone.
struct DirectGenerationOptions: ParsableArguments {
    @Option(help: "humaneval, humaneval-plus, mbpp-plus, bigcodebench or livecodebench.")
    var benchmark: Benchmark?

    @Option(parsing: .upToNextOption, help: "The benchmark's problem file or files (.jsonl, .jsonl.gz).")
    var problems: [String] = []

    @Option(help: "The server's address, usually ending in /v1. May be repeated: work goes to whoever is free.")
    var server: [String] = []

    @Option(help: "The model's name on the server.")
    var model: String?

    @Option(help: "cof, plain, or the path of a template.")
    var prompt: String?

    @Option(name: .shortAndLong, help: "The pool's file (.jsonl, .jsonl.gz).")
    var output: String?

    @Option(help: "Candidates per problem (default: 8).")
    var samples: Int?

    @Option(help: "Default: 0.8.")
    var temperature: Double?

    @Option(help: "Default: 0.95.")
    var topP: Double?

    @Option(help: "The most tokens of one answer (default: 4096).")
    var maxTokens: Int?

    @Option(help: "A text that ends an answer; not for cof. May be repeated.")
    var stop: [String] = []

    @Option(help: "Default: 0.")
    var seed: Int?

    @Option(help: "chat or completions (default: chat).")
    var api: CompletionAPI?

    @Option(help: "The environment variable that holds the API key.")
    var apiKeyVariable: String?

    @Option(help: "Requests under way (default: 16).")
    var concurrency: Int?

    @Option(help: "How long one request may take, in seconds (default: 600).")
    var timeout: Double?

    @Option(
        help: "Alternatives per token, for self-certainty (default: as many as the server gives, up to 20; 0: none).")
    var topLogProbs: Int?

    @Option(help: "How many tokens the model knows, for self-certainty.")
    var vocabularySize: Int?

    @Option(help: "The price of a million tokens of prompts.")
    var pricePrompt: Double?

    @Option(help: "The price of a million generated tokens.")
    var priceCompletion: Double?

    @Flag(help: "Write the models' whole answers into the pool too.")
    var keepOutput = false

    @Option(help: "The directory that keeps what was answered (default: runs/ and the output's name).")
    var run: String?

    var isUsed: Bool {
        benchmark != nil || !problems.isEmpty || !server.isEmpty || model != nil || prompt != nil || output != nil
            || samples != nil || temperature != nil || topP != nil || maxTokens != nil || !stop.isEmpty || seed != nil
            || api != nil || apiKeyVariable != nil || concurrency != nil || timeout != nil || topLogProbs != nil
            || vocabularySize != nil || pricePrompt != nil || priceCompletion != nil || keepOutput || run != nil
    }

    func check() throws {
        var missing: [String] = []
        if benchmark == nil { missing.append("--benchmark") }
        if problems.isEmpty { missing.append("--problems") }
        if server.isEmpty { missing.append("--server") }
        if model == nil { missing.append("--model") }
        if output == nil { missing.append("--output") }
        guard missing.isEmpty else {
            throw ValidationError(
                "Give an experiment file, or \(missing.joined(separator: ", ")) (bestofn generate --help).")
        }
    }

    /// The same as an experiment file would say, so that it is read and checked like one.
    func experiment(overrides: [String]) throws -> Experiment {
        func scalar(_ value: (some LosslessStringConvertible)?) -> Node? { value.map { Node(String($0)) } }
        func mapping(_ pairs: [(String, Node?)]) -> Node {
            Node(pairs.compactMap { key, value in value.map { (Node(key), $0) } })
        }
        let output = output ?? ""
        let stem = URL(fileURLWithPath: output).lastPathComponent.split(separator: ".").first.map(String.init) ?? "pool"
        let prices =
            pricePrompt == nil && priceCompletion == nil
            ? nil : mapping([("prompt", scalar(pricePrompt)), ("completion", scalar(priceCompletion))])
        let writer = mapping([
            ("served", Node(server.map { Node($0) })), ("model", scalar(model)), ("api", scalar(api?.rawValue)),
            ("apiKeyVariable", scalar(apiKeyVariable)), ("concurrency", scalar(concurrency)),
            ("timeoutSeconds", scalar(timeout)),
            ("vocabularySize", scalar(vocabularySize)), ("prices", prices),
        ])
        let generate = mapping([
            ("languageModel", Node("writer")), ("prompt", Node(prompt ?? GenerationPrompt.cof.name)),
            ("samples", scalar(samples)), ("temperature", scalar(temperature)), ("topP", scalar(topP)),
            ("maxTokens", scalar(maxTokens)), ("stop", stop.isEmpty ? nil : Node(stop.map { Node($0) })),
            ("seed", scalar(seed)), ("topLogProbs", scalar(topLogProbs)),
            ("keepOutput", keepOutput ? Node("true") : nil),
        ])
        let root = mapping([
            ("name", Node(stem)), ("benchmark", scalar(benchmark?.rawValue)),
            ("problems", Node(problems.map { Node($0) })),
            ("languageModels", mapping([("writer", writer)])),
            (
                "pools",
                Node([mapping([("name", Node(stem)), ("candidates", Node(output)), ("generate", generate)])])
            ),
            ("outputs", mapping([("run", Node(run ?? "runs/\(stem)"))])),
        ])
        return try Experiment(
            yaml: try Yams.serialize(node: root), name: "command line",
            directory: URL(fileURLWithPath: FileManager.default.currentDirectoryPath, isDirectory: true),
            overrides: overrides)
    }
}

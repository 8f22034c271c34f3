// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import LinearAlgebra
import PythonSource
import RewardModels
import SelectorKit
import Statistics
import Training
import Transformer

/// For `make bench`: what a checkpoint in process takes, as one line of JSON; `benchmarks/transformer/peer.py` does the same with PyTorch.
struct MeasureTransformerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "measure-transformer",
        abstract: "Times a checkpoint in process, and prints what it took.",
        shouldDisplay: false)

    enum Mode: String, ExpressibleByArgument, CaseIterable {
        case gemm, prompt, prompts, score, train, firstScore = "first_score", tokenizer
    }

    @Argument var mode: Mode
    @Option var model = ""
    @Option var threads = 2
    @Option var tokens = 512
    @Option var batch = 16
    @Option(name: .customLong("repeat")) var times = 3
    @Option var input = ""
    @Option var problems = ""
    @Option var limit = 1
    @Flag var unshared = false

    private var folder: URL { URL(fileURLWithPath: model) }

    func run() async throws {
        var result: [String: Any] = [:]
        switch mode {
        case .gemm: result = gemm()
        case .prompt: result = try prompt()
        case .prompts:
            try prompts()
            return
        case .score: result = try await score()
        case .train: result = try train()
        case .firstScore: result = try firstScore()
        case .tokenizer: result = try tokenizer()
        }
        result["mode"] = mode.rawValue
        result["peak_mb"] = memory("VmHWM")
        print(
            String(decoding: try JSONSerialization.data(withJSONObject: result, options: .sortedKeys), as: UTF8.self))
    }

    // MARK: Measures

    /// Megabytes that /proc tells of this process.
    private func memory(_ field: String) -> Double {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix(field) }
        return line.flatMap { Double($0.split(separator: " ").dropFirst().first ?? "") }.map { $0 / 1024 } ?? 0
    }

    private func seconds(_ body: () throws -> Void) rethrows -> (cpu: Double, wall: Double) {
        let (cpu, wall) = (clock(), ContinuousClock.now)
        try body()
        return (Double(clock() - cpu) / Double(CLOCKS_PER_SEC), (ContinuousClock.now - wall) / .seconds(1))
    }

    /// Medians, after one run that does not count.
    private func repeated(_ body: () throws -> Void) rethrows -> [String: Any] {
        try body()
        let all = try (0..<times).map { _ in try seconds(body) }
        return ["cpu": all.map(\.cpu).sorted()[times / 2], "wall": all.map(\.wall).sorted()[times / 2]]
    }

    // MARK: Modes

    private func gemm() -> [String: Any] {
        let size = 2048
        let part = size / threads
        let left = [Float](repeating: 0.5, count: size * size)
        let right = left
        nonisolated(unsafe) let result = UnsafeMutablePointer<Float>.allocate(capacity: size * size)
        defer { result.deallocate() }
        _ = BLASCore.name
        var values = repeated {
            DispatchQueue.concurrentPerform(iterations: threads) { thread in
                left.withUnsafeBufferPointer { left in
                    right.withUnsafeBufferPointer { right in
                        multiply(
                            UnsafeBufferPointer(rebasing: left[(thread * part * size)...]), right,
                            into: UnsafeMutableBufferPointer(start: result + thread * part * size, count: part * size),
                            rows: part, inner: size, columns: size)
                    }
                }
            }
        }
        values["gflops"] = 2 * pow(Double(size), 3) / (values["wall"] as? Double ?? 1) / 1e9
        values["core"] = BLASCore.name
        return values
    }

    private func randomTokens(_ count: Int, seed: UInt64) -> [Int] {
        var random = SeededNumbers(seed: seed)
        return (0..<count).map { _ in 100 + Int(random.nextUnit() * 7900) }
    }

    private func prompt() throws -> [String: Any] {
        let model = try LanguageCheckpoint(folder: folder).model(threads: threads)
        let sequence = randomTokens(tokens, seed: 1)
        var values = try repeated {
            let hidden = try model.forward([.init(sequence)])[0].hidden
            _ = model.logits(Array(hidden.suffix(model.shape.width)))
        }
        let shape = model.shape
        let attention = shape.headSize * (2 * shape.queryHeads + 2 * shape.keyHeads) * shape.width
        let products = Double(shape.layers * (attention + 3 * shape.width * shape.innerWidth)) * Double(tokens)
        // Scores and their sums; a token sees half of the others.
        let scores = Double(shape.layers * shape.queryHeads * shape.headSize * tokens) * Double(tokens)
        values["tokens"] = tokens
        values["gflops"] = 2 * (products + scores) / (values["wall"] as? Double ?? 1) / 1e9
        return values
    }

    /// Writes the prompts of a pool's prefixes, so that others can be given the same tokens.
    private func prompts() throws {
        let input = try RewardInput(try LanguageCheckpoint(folder: folder), layout: .chat(RewardPrompt()))
        func rows(_ path: String) throws -> [[String: Any]] {
            try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").compactMap {
                try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
            }
        }
        let pool = Dictionary(grouping: try rows(self.input)) { $0["problem"] as? String ?? "" }
        for row in try rows(problems).prefix(limit) {
            guard let id = row["question_id"] as? String, let statement = row["question_content"] as? String else {
                throw ValidationError("--problems must have question_id and question_content.")
            }
            let problem = Problem(id: id, benchmark: "livecodebench", statement: statement)
            for (index, candidate) in (pool[id] ?? []).enumerated() {
                let program = candidate["code"] as? String ?? ""
                let ends = StepperName.function.stepper().steps(of: program).prefixEnds
                let prefixes = RewardedPrefix.all(
                    ends.map { String(decoding: program.utf8.prefix($0), as: UTF8.self) })
                for prefix in prefixes {
                    let line: [String: Any] = [
                        "problem": id, "candidate": index, "tokens": try input.tokens(for: prefix, of: problem),
                    ]
                    print(
                        String(
                            decoding: try JSONSerialization.data(withJSONObject: line, options: .sortedKeys),
                            as: UTF8.self))
                }
            }
        }
    }

    private func score() async throws -> [String: Any] {
        let rows = try String(contentsOfFile: input, encoding: .utf8).split(separator: "\n").compactMap {
            try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
        }
        let model = try LanguageCheckpoint(folder: folder).model(threads: threads)
        let sequences = rows.compactMap { $0["tokens"] as? [Int] }
        let problems = rows.map { $0["problem"] as? String ?? "" }
        let forward = PrefixForward(model, shares: !unshared)
        var rewards: [Double] = []
        var computed = 0
        let plus = model.outputRow(10)
        let minus = model.outputRow(12)
        let spent = try seconds {
            var first = 0
            while first < sequences.count {
                let end = problems[first...].firstIndex { $0 != problems[first] } ?? sequences.count
                for answer in try forward.states(sequences[first..<end].map { .init($0) }) {
                    var logit = 0.0
                    for (index, state) in answer.states.enumerated() {
                        logit += Double(state) * Double(plus[index] - minus[index])
                    }
                    rewards.append(1 / (1 + exp(-logit)))
                    computed += answer.computed
                }
                first = end
            }
        }
        return [
            "cpu": spent.cpu, "wall": spent.wall, "tokens": sequences.reduce(0) { $0 + $1.count },
            "computed": computed, "rewards": rewards,
        ]
    }

    private func train() throws -> [String: Any] {
        let language = try LanguageCheckpoint(folder: folder)
        let model = try language.model(threads: threads)
        var adapted = try AdaptedTransformer(
            model, LoRAAdapter(LoRASettings(), model.shape, seed: 1), head: .generative(plus: 10, minus: 12))
        let sequences = (0..<batch).map { randomTokens(tokens, seed: UInt64($0 + 1)) }
        let loaded = memory("VmRSS")
        var optimizer = Optimizer<Float>(OptimizerSettings(learningRate: 1e-4), count: adapted.parameters.count)
        var values = repeated {
            let (_, gradient) = adapted.gradient(of: sequences, dropoutSeed: nil) { logits in
                logits.enumerated().map { index, logit in
                    let target = Double(index) / Double(logits.count)
                    return Float(
                        RewardTraining.Loss.mse.slope(logit: Double(logit), target: target) / Double(logits.count))
                }
            }
            optimizer.update(&adapted.parameters, gradient: gradient)
        }
        values["tokens"] = batch * tokens
        values["loaded_mb"] = loaded
        return values
    }

    private func firstScore() throws -> [String: Any] {
        var model: TransformerModel?
        let loading = try seconds { model = try LanguageCheckpoint(folder: folder).model(threads: threads) }
        let scoring = try seconds {
            guard let model else { return }
            let hidden = try model.forward([.init(Array(100..<100 + tokens))])[0].hidden
            _ = model.logits(Array(hidden.suffix(model.shape.width)))
        }
        return ["load": loading.wall, "first": loading.wall + scoring.wall]
    }

    private func tokenizer() throws -> [String: Any] {
        let tokenizer = try Tokenizer(file: folder.appendingPathComponent("tokenizer.json"))
        let text = Array(try String(contentsOfFile: input, encoding: .utf8).unicodeScalars)
        let documents = stride(from: 0, to: text.count, by: 4000).map { start in
            String(String.UnicodeScalarView(text[start..<min(start + 4000, text.count)]))
        }
        var values = repeated { for document in documents { _ = tokenizer.encode(document, specialTokens: false) } }
        let bytes = documents.reduce(0) { $0 + $1.utf8.count }
        values["megabytes_per_second"] = Double(bytes) / (values["cpu"] as? Double ?? 1) / 1e6
        return values
    }
}

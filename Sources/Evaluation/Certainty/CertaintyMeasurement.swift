// SPDX-License-Identifier: Apache-2.0
import ContentHash
import Datasets
import Execution
public import Foundation
public import Generation
import RewardModels
import SelectorKit
import Transformer

/// Computes what a checkpoint in process thinks of a pool's programs, token by token over its whole vocabulary: log-probabilities and exact self-certainty.
public struct CertaintyMeasurement: Sendable {
    /// What was done.
    public struct Result: Sendable {
        public var candidates = 0
        public var blank = 0
        /// Programs that do not fit into the model's window with their prompt.
        public var tooLong: [String] = []
        /// Tokens that went through the model now, and tokens that did not have to.
        public var computedTokens = 0
        public var sharedTokens = 0
    }

    public let experiment: Experiment
    public let pool: String
    public let checkpoint: URL
    public let prompt: GenerationPrompt
    public let output: URL
    public var maxTokens: Int?
    public var threads: Int?
    public let progress: any ProgressSink

    /// - Parameters:
    ///   - pool: of the experiment's pools, the one to measure.
    ///   - prompt: what the model is asked before the program, as it would be to write it.
    ///   - output: the pool's file with `tokens`, gzip where its name ends in `.gz`.
    public init(
        _ experiment: Experiment, pool: String, checkpoint: URL, prompt: GenerationPrompt, output: URL,
        progress: any ProgressSink
    ) {
        self.experiment = experiment
        self.pool = pool
        self.checkpoint = checkpoint
        self.prompt = prompt
        self.output = output
        self.progress = progress
    }

    /// Measures what was not measured before and writes the file. Interrupted, it goes on where it was.
    ///
    /// - Throws: `DataError` or `InputErrors` for input that cannot be used, `TransformerError` for such a checkpoint.
    public func run() async throws -> Result {
        let problems = try ProblemSet(reading: experiment.benchmarkFiles(), hard: experiment.hardProblems())
        guard let choice = experiment.pools.first(where: { $0.name == pool }) else {
            throw DataError(
                file: "pools",
                message: unknownName(pool, kind: "pool", available: experiment.pools.map(\.name)))
        }
        let sanitizer = SandboxedSanitizer {
            try await experiment.makeEngine(PythonInterpreter(resolving: experiment.execution.python))
        }
        let loaded = try await LoadedPool(reading: choice, problems: problems, sanitizer: sanitizer, progress: progress)
        let language = try LanguageCheckpoint(folder: checkpoint, maxTokens: maxTokens)
        let engine = TransformerEngine(try language.model(threads: threads))
        let identity = language.identity

        let journal = try CertaintyJournal(beside: output)
        var known = journal.known
        var result = Result(candidates: loaded.candidates.count)
        let start = ContinuousClock.now
        var inputs: [MeasuredInput?] = []
        for entry in loaded.candidates {
            inputs.append(try input(entry, problems, language, identity))
        }
        let distinct = Set(inputs.compactMap { $0?.key })
        progress.report(
            .began(
                stage: "certainty", total: distinct.count, cached: distinct.count { known[$0] != nil }, unit: "program")
        )
        for (entry, input) in zip(loaded.candidates, inputs) {
            guard let input else {
                result.blank += 1
                continue
            }
            guard known[input.key] == nil else { continue }
            guard input.prompt.count + input.answer.count <= language.maxTokens else {
                result.tooLong.append("\(entry.loaded.candidate.id) of problem '\(entry.loaded.problemID)'")
                progress.report(.advanced(failed: true))
                continue
            }
            let answer = try await engine.statistics(of: input.answer, after: input.prompt)
            let statistics = TokenStatistics(
                count: answer.count, sumLogProb: answer.sumLogProb, selfCertainty: answer.selfCertainty, exact: true)
            known[input.key] = statistics
            try journal.add(input.key, statistics)
            result.computedTokens += answer.computed
            result.sharedTokens += answer.shared
            progress.report(.advanced(failed: false))
        }
        try write(loaded.candidates, inputs.map { $0.flatMap { known[$0.key] } })
        try journal.remove()
        progress.report(.finished(stage: "certainty", seconds: (ContinuousClock.now - start) / .seconds(1)))
        return result
    }

    private struct MeasuredInput {
        var prompt: [Int]
        var answer: [Int]
        var key: String
    }

    /// The prompt, answered by a fenced block up to its first line, and the program as the answer's rest. Nil for a blank program.
    private func input(
        _ entry: LoadedPool.Entry, _ problems: ProblemSet, _ language: LanguageCheckpoint, _ identity: String
    ) throws -> MeasuredInput? {
        guard !entry.loaded.candidate.isBlank, let problem = problems[entry.loaded.problemID]?.problem else {
            return nil
        }
        let messages = prompt.messages(for: problem, of: experiment.benchmark)
        var chat = [ChatTemplate.Message(.user, messages.user)]
        if let system = messages.system { chat.insert(.init(.system, system), at: 0) }
        let before = language.chat.encode(chat) + language.tokenizer.encode("```python\n", specialTokens: false)
        let answer = language.tokenizer.encode(entry.loaded.candidate.program, specialTokens: false)
        let key = ContentHash.of(
            identity, before.map(String.init).joined(separator: " "), answer.map(String.init).joined(separator: " "))
        return MeasuredInput(prompt: before, answer: answer, key: key)
    }

    private func write(_ entries: [LoadedPool.Entry], _ statistics: [TokenStatistics?]) throws {
        struct Row: Encodable {
            struct Verdict: Encodable {
                var passed: Bool
                var source: String
            }
            var problem: String
            var model: String
            var sample: Int
            var code: String
            var tokens: TokenStatistics?
            var verdict: Verdict?
        }
        let writer = try RowWriter(output)
        for (entry, statistics) in zip(entries, statistics) {
            let candidate = entry.loaded.candidate
            try writer.write(
                Row(
                    problem: entry.loaded.problemID, model: candidate.id.model, sample: candidate.id.sample,
                    code: candidate.program, tokens: statistics,
                    verdict: entry.loaded.importedVerdict.map { .init(passed: $0.passed, source: $0.source) }))
        }
        try writer.finish()
    }
}

/// What was measured so far, a line each, in a file beside the output.
private final class CertaintyJournal {
    private struct Line: Codable {
        var key: String
        var tokens: TokenStatistics
    }

    private(set) var known: [String: TokenStatistics] = [:]
    private let file: URL
    private let handle: FileHandle

    init(beside output: URL) throws {
        file = output.deletingLastPathComponent().appendingPathComponent(".\(output.lastPathComponent).measured")
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        let data = (try? Data(contentsOf: file)) ?? Data()
        // A line that was cut off by a kill is measured again.
        let whole = data.lastIndex(of: UInt8(ascii: "\n")).map { data[...$0] } ?? Data()
        for text in whole.split(separator: UInt8(ascii: "\n")) {
            guard let line = try? JSONDecoder().decode(Line.self, from: text) else { continue }
            known[line.key] = line.tokens
        }
        try Data(whole).write(to: file)
        handle = try FileHandle(forWritingTo: file)
        try handle.seekToEnd()
    }

    func add(_ key: String, _ tokens: TokenStatistics) throws {
        try handle.write(contentsOf: JSONEncoder().encode(Line(key: key, tokens: tokens)) + [UInt8(ascii: "\n")])
    }

    func remove() throws {
        try handle.close()
        try FileManager.default.removeItem(at: file)
    }
}

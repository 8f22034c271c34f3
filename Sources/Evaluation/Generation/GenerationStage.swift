// SPDX-License-Identifier: Apache-2.0
import ContentHash
import Datasets
import Foundation
import Generation
import LanguageModels
import RunStore
import SelectorKit
import Synchronization

/// Asks a language model for the answers that a pool still lacks, and stores each when it arrives.
struct GenerationStage: Sendable {
    let choice: Experiment.GenerationChoice
    let benchmark: Benchmark
    let client: ServerClient
    let options: ServedLanguageModel.Options
    let store: RunStore
    let budget: Budget
    let progress: any ProgressSink
    /// Identifies what answers depend on besides the prompt: model, wording and sampling.
    let identity: String
    /// How many alternatives per token the server gives; nil for none at all.
    let topLogProbs: Int?
    /// How many answers one request may ask for.
    let samplesPerRequest: Int

    /// What was left undone, by reason.
    struct Shortfall: Sendable {
        var missing = 0
        /// By message, how many candidates each concerns.
        var reasons: [String: Int] = [:]
        var isLimited = false
        var answered = 0
        private var failures = 0

        /// So many requests may fail before the first is answered.
        private static let patience = 20

        mutating func failed(_ reason: String, candidates: Int) {
            reasons[reason, default: 0] += candidates
            failures += 1
        }

        /// Whether all the others will fail too: a field that the server refuses, for example.
        var isHopeless: Bool { answered == 0 && failures >= Self.patience }
    }

    struct Question: Sendable {
        var problem: Problem
        var key: GeneratedKey
        var samples: [Int]
    }

    /// The question about a problem, with the samples that are not answered yet.
    func question(_ problem: Problem) throws -> Question {
        let messages = choice.prompt.messages(for: problem, of: benchmark)
        let key = GeneratedKey(generation: identity, problemID: problem.id, messages: messages)
        let known = try store.generatedSamples(key)
        return Question(
            problem: problem, key: key, samples: (0..<choice.settings.samples).filter { !known.contains($0) })
    }

    /// Asks all questions.
    ///
    /// A request that fails leaves its samples out and the others go on.
    func run(_ questions: [Question], stages: StageTimes, name: String) async throws -> Shortfall {
        let start = ContinuousClock.now
        let shortfall = Mutex(Shortfall())
        let meter = GenerationMeter(prices: budget.prices)
        let takesSeveral = Mutex(samplesPerRequest > 1)
        var waiting = questions[...]
        var rest: ArraySlice<Int> = []
        var current: Question?
        func next() -> (Question, [Int])? {
            if shortfall.withLock({ $0.isHopeless }) { return nil }
            while rest.isEmpty {
                current = waiting.popFirst()
                guard let current else { return nil }
                rest = current.samples[...]
            }
            guard let current else { return nil }
            let part = rest.prefix(takesSeveral.withLock { $0 } ? samplesPerRequest : 1)
            rest = rest.dropFirst(part.count)
            return (current, Array(part))
        }
        try await forEachBounded(limit: client.configuration.totalConcurrency, next: next) { question, samples in
            var left = samples[...]
            do {
                while !left.isEmpty {
                    let count = takesSeveral.withLock { $0 } ? left.count : 1
                    guard let answered = try await ask(question, Array(left.prefix(count)), meter) else {
                        shortfall.withLock { $0.isLimited = true }
                        return
                    }
                    shortfall.withLock { $0.answered += answered }
                    if answered < count { takesSeveral.withLock { $0 = false } }
                    left = left.dropFirst(answered)
                }
            } catch let error as SelectorError {
                shortfall.withLock { $0.failed(error.message, candidates: left.count) }
                for _ in left { progress.report(.advanced(failed: true)) }
            }
        }
        shortfall.withLock { $0.missing = questions.reduce(0) { $0 + $1.samples.count } - $0.answered }
        if let text = meter.text(insists: true) { progress.report(.detail(text)) }
        progress.report(.finished(stage: name, seconds: stages.record(name, since: start)))
        return shortfall.withLock { $0 }
    }

    /// Asks for some samples of a question.
    ///
    /// - Returns: how many of them were answered, the first ones; nil where the budget allows no more.
    private func ask(_ question: Question, _ samples: [Int], _ meter: GenerationMeter) async throws -> Int? {
        var statement = question.problem.statement
        var kept = statement.count
        while true {
            let request = request(question, statement, samples)
            let start = ContinuousClock.now
            do {
                let answer = try await budget.spend(upTo: budget.most(for: request)) {
                    let answer = try await client.complete(request, options: options)
                    return (answer, cost: budget.cost(of: answer))
                }
                guard let answer else { return nil }
                let seconds = (ContinuousClock.now - start) / .seconds(1)
                let leftOut = kept < question.problem.statement.count ? question.problem.statement.count - kept : nil
                return try record(answer, question.key, samples, seconds, leftOut, meter)
            } catch let error as ContextLengthExceeded {
                guard let shorter = ProblemShortening.shorten(question.problem.statement, kept: kept) else {
                    throw SelectorError(
                        .serviceFailed,
                        "Problem '\(question.problem.id)' does not fit the model's context, even without its middle: \(error.message) Reduce 'maxTokens' (\(choice.settings.maxTokens))."
                    )
                }
                (statement, kept) = shorter
            }
        }
    }

    private func request(_ question: Question, _ statement: String, _ samples: [Int]) -> CompletionRequest {
        let messages = choice.prompt.messages(for: question.problem, of: benchmark, statement: statement)
        let settings = choice.settings
        return CompletionRequest(
            messages: (messages.system.map { [ChatMessage(role: .system, content: $0)] } ?? [])
                + [ChatMessage(role: .user, content: messages.user)],
            samples: samples.count, maxTokens: settings.maxTokens, temperature: settings.temperature,
            topP: settings.topP,
            seed: settings.seed.map { seed in
                UInt64(
                    ContentHash.of("generate", String(seed), question.problem.id, String(samples[0])).prefix(15),
                    radix: 16) ?? 0
            },
            stop: settings.stop, topLogProbs: topLogProbs)
    }

    private func record(
        _ answer: CompletionAnswer, _ key: GeneratedKey, _ samples: [Int], _ seconds: Double, _ leftOut: Int?,
        _ meter: GenerationMeter
    ) throws -> Int {
        let choices = answer.choices.prefix(samples.count)
        let each = answer.completionTokens / max(answer.choices.count, 1)
        var answers: [GeneratedAnswer] = []
        var rows: [GeneratedRow] = []
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        for (sample, choice) in zip(samples, choices) {
            let known = GeneratedAnswer(
                finish: choice.finish, model: answer.model, promptTokens: answer.promptTokens,
                sharedBy: answer.choices.count,
                completionTokens: answer.choices.count == 1 ? answer.completionTokens : choice.tokens?.count ?? each,
                reasoningTokens: answer.choices.count == 1 ? answer.reasoningTokens : nil, latencySeconds: seconds,
                tokens: choice.tokens.map {
                    TokenStatistics($0, asked: topLogProbs, vocabularySize: self.choice.settings.vocabularySize)
                }, leftOut: leftOut)
            answers.append(known)
            rows.append(
                GeneratedRow(
                    sample: sample, json: String(decoding: try encoder.encode(known), as: UTF8.self),
                    output: try AnswerText(choice.text, reasoning: choice.reasoning).compressed()))
        }
        try store.record(rows, for: key)
        meter.add(answers)
        for _ in rows { progress.report(.advanced(failed: false)) }
        if let text = meter.text() { progress.report(.detail(text)) }
        return rows.count
    }
}

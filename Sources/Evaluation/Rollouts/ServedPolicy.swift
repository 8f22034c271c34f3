// SPDX-License-Identifier: Apache-2.0
import ContentHash
public import Datasets
public import Generation
public import LanguageModels
public import SelectorKit
import Statistics
import Synchronization

/// A language model behind a server as a policy (Eq. 2 of the paper): it goes on where a prefix ends.
///
/// Where the server continues an opened turn, the model's turn is opened with the prefix; elsewhere the model is asked to go on. Several completions of a
/// prefix are one request as long as the server answers with as many as were asked for.
public struct ServedPolicy: CompletionPolicy {
    /// Every way in which a server can be made to go on; nil stands for the continuation prompt.
    public static let waysToContinue: [Prefill?] = Prefill.allCases + [nil]

    public let fingerprint: String
    public let prefill: Prefill?
    let client: ServerClient
    private let options: ServedLanguageModel.Options
    private let prompt: ContinuationPrompt
    private let sampling: CompletionSampling
    private let benchmark: Benchmark
    private let budget: Budget
    private let progress: any ProgressSink
    private let meter: GenerationMeter
    /// Whether a request for several texts gets as many.
    private let takesSeveral = Shared(true)

    /// - Parameters:
    ///   - prefill: how the server is told to continue an opened turn; nil for one that cannot.
    ///   - budget: what may be spent.
    public init(
        client: ServerClient, options: ServedLanguageModel.Options, prefill: Prefill?, prompt: GenerationPrompt = .cof,
        benchmark: Benchmark, sampling: CompletionSampling = CompletionSampling(), budget: Budget = Budget(),
        progress: any ProgressSink = SilentProgress()
    ) {
        self.client = client
        self.options = options
        self.prefill = prefill
        self.prompt = ContinuationPrompt(prefill == nil ? .asked : .prefilled, of: prompt)
        self.benchmark = benchmark
        self.sampling = sampling
        self.budget = budget
        self.progress = progress
        meter = GenerationMeter(prices: budget.prices)
        let hash = ContentHash.of(
            "served policy 1", ServedLanguageModel(client: client, options: options).fingerprint, self.prompt.hash,
            prefill?.rawValue ?? "", prefill == .completions ? options.template.rawValue : "",
            "\(sampling.temperature)", sampling.topP.map { "\($0)" } ?? "", "\(sampling.maxTokens)")
        fingerprint = "\(client.configuration.model) \(prefill?.rawValue ?? "asked") \(hash.prefix(16))"
    }

    public var concurrency: Int? { client.configuration.totalConcurrency }

    public func completions(
        of prefix: String, problem: Problem, samples: Range<Int>, seed: UInt64
    ) async throws -> [Completion] {
        let count = takesSeveral.value ? min(samples.count, PoolGeneration.samplesPerRequest) : 1
        var random = SeededNumbers(
            hash: ContentHash.of("completion", String(seed), problem.id, prefix, String(samples.lowerBound)))
        let requestSeed = random.next()
        var statement = problem.statement
        var kept = statement.count
        while true {
            let request = CompletionRequest(
                messages: messages(continuing: prefix, of: problem, statement), prefill: prefill, samples: count,
                maxTokens: sampling.maxTokens, temperature: sampling.temperature, topP: sampling.topP, seed: requestSeed
            )
            do {
                let answer = try await budget.spend(upTo: budget.most(for: request)) {
                    let answer = try await client.complete(request, options: options)
                    return (answer, cost: budget.cost(of: answer))
                }
                guard let answer else { throw Self.isSpent }
                meter.add(answer)
                if let text = meter.text() { progress.report(.detail(text)) }
                if answer.choices.count < count { takesSeveral.value = false }
                let isShortened = kept < problem.statement.count
                if isShortened { client.record { $0.shortened += 1 } }
                return completions(in: answer, of: prefix, atMost: count, isShortened: isShortened)
            } catch let error as ContextLengthExceeded {
                guard let shorter = ProblemShortening.shorten(problem.statement, kept: kept) else {
                    throw SelectorError(
                        .serviceFailed,
                        "A prefix of problem '\(problem.id)' does not fit the model's context, even without the problem's middle: \(error.message) Reduce the most tokens of a completion (\(sampling.maxTokens))."
                    )
                }
                (statement, kept) = shorter
            }
        }
    }

    private func messages(continuing prefix: String, of problem: Problem, _ statement: String) -> [ChatMessage] {
        let messages = prompt.messages(continuing: prefix, of: problem, benchmark: benchmark, statement: statement)
        return [
            messages.system.map { ChatMessage(role: .system, content: $0) },
            ChatMessage(role: .user, content: messages.user),
            messages.assistant.map { ChatMessage(role: .assistant, content: $0) },
        ].compactMap(\.self)
    }

    private func completions(
        in answer: CompletionAnswer, of prefix: String, atMost count: Int, isShortened: Bool
    ) -> [Completion] {
        answer.choices.prefix(count).enumerated().map { index, choice in
            let text = AnswerText(choice.text, reasoning: choice.reasoning).answer
            let continuation = prompt.join(text, to: prefix)
            var details = Completion.Details()
            details.isTruncated = choice.finish == "length"
            details.isBlank = continuation.isBlank
            details.repeatsPrefix = continuation.repeatsPrefix
            details.redefinitions = continuation.redefined.count
            details.isShortened = isShortened
            if index == 0 {
                details.requests = 1
                details.promptTokens = answer.promptTokens
                details.completionTokens = answer.completionTokens
            }
            return Completion(continuation.program, details: details)
        }
    }

    private static let isSpent = SelectorError(
        .unavailable, "The limit of requests or cost is reached. A larger one lets the same command continue.")
}

/// A value that tasks share.
private final class Shared<Value: Sendable>: Sendable {
    private let state: Mutex<Value>

    init(_ value: Value) { state = Mutex(value) }

    var value: Value {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }
}

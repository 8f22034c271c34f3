// SPDX-License-Identifier: Apache-2.0
import Foundation
import SelectorKit
import Synchronization

/// One life of an external selector's program: the greeting, then answers by id, with calls to the host in between.
final class SelectorSession: Sendable {
    /// What the program says of itself.
    struct Introduction: Sendable {
        var descriptor: SelectorDescriptor
        var maxInFlight: Int
    }

    private struct Pending {
        var continuation: CheckedContinuation<Incoming, any Error>
        /// The problem that calls to the host are made for; nil for the greeting.
        var work: Work?
    }

    private struct Work {
        var problem: Problem
        var context: SelectionContext
    }

    private struct State {
        /// By id; the greeting has `greetingID`.
        var pending: [Int: Pending] = [:]
        var next = 0
        var failure: ProcessFailure?
        var process: SelectorProcess?
    }

    private static let greetingID = -1

    private let state: Mutex<State>

    init() { state = Mutex(State()) }

    /// Starts the program and hears its introduction.
    func start(_ command: SelectorCommand, options: Data?, within seconds: Double) async throws -> Introduction {
        let process = try SelectorProcess(
            command, onLine: { [weak self] in self?.received($0) }, onEnd: { [weak self] in self?.ended($0) })
        state.withLock { $0.process = process }
        let answer = try await exchange(Self.greetingID, nil, seconds: seconds, "its greeting") {
            try greeting(options: options)
        }
        if let error = answer.error { throw ProcessFailure(description: "refuses to start: \(error.message)") }
        guard answer.protocol == selectorProtocolVersion else {
            throw give(
                "speaks version \(answer.protocol.map(String.init) ?? "none") of the protocol, not \(selectorProtocolVersion)."
            )
        }
        guard let selector = answer.selector else {
            throw give("did not say what it is: its first line lacks 'selector'.")
        }
        guard !selector.name.isEmpty, !selector.name.contains(where: { $0.isWhitespace || $0 == "/" }) else {
            throw give("calls itself '\(selector.name)'; a name has no blanks and no slashes, and is not empty.")
        }
        let places = answer.maxInFlight ?? 1
        guard (1...1024).contains(places) else {
            throw give("has a 'maxInFlight' that is not from 1 to 1024.")
        }
        return Introduction(
            descriptor: SelectorDescriptor(
                name: selector.name, version: selector.version ?? 1, scope: selector.scope,
                requirements: Set((selector.requirements ?? []).map(\.value)), summary: selector.summary ?? ""),
            maxInFlight: places)
    }

    /// Asks for the scores of one pool.
    ///
    /// - Throws: `ProcessFailure` when the program is of no more use.
    func ask(_ pool: CandidatePool, in context: SelectionContext, within seconds: Double) async throws -> Incoming {
        let id = state.withLock { state in
            state.next += 1
            return state.next
        }
        let tests = try? context.publicTests()
        return try await exchange(
            id, Work(problem: pool.problem, context: context), seconds: seconds, "problem '\(pool.problem.id)'"
        ) {
            try Self.encoder.encode(
                ScoreRequest(
                    id: id, seed: context.seed, pool: pool.name, problem: pool.problem,
                    candidates: pool.candidates.enumerated().map { index, candidate in
                        .init(
                            index: index, model: candidate.id.model, sample: candidate.id.sample,
                            program: candidate.program, tokens: candidate.tokens)
                    }, publicTests: tests))
        }
    }

    func end() async { await state.withLock { $0.process }?.end() }

    private static let encoder: JSONEncoder = {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes]
        return encoder
    }()

    /// Ends the program for a breach of the protocol.
    private func give(_ text: String) -> ProcessFailure {
        let failure = ProcessFailure(description: text)
        state.withLock { $0.process }?.kill(failure)
        return failure
    }

    // MARK: Requests and answers

    private func exchange(
        _ id: Int, _ work: Work?, seconds: Double, _ what: String, _ line: () throws -> Data
    ) async throws -> Incoming {
        let line = try line()
        let timer = Task { [weak self] in
            try await Task.sleep(for: .seconds(seconds))
            _ = self?.give("did not answer \(what) within \(seconds.formatted()) s.")
        }
        defer { timer.cancel() }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let refusal: (any Error)? = state.withLock { state in
                    if let failure = state.failure { return failure }
                    if Task.isCancelled { return CancellationError() }
                    state.pending[id] = Pending(continuation: continuation, work: work)
                    state.process?.send(line)
                    return nil
                }
                if let refusal { continuation.resume(throwing: refusal) }
            }
        } onCancel: {
            take(id)?.continuation.resume(throwing: CancellationError())
        }
    }

    private func take(_ id: Int) -> Pending? { state.withLock { $0.pending.removeValue(forKey: id) } }

    private func ended(_ failure: ProcessFailure) {
        let waiting = state.withLock { state in
            if state.failure == nil { state.failure = failure }
            defer { state.pending = [:] }
            return Array(state.pending.values)
        }
        for pending in waiting { pending.continuation.resume(throwing: failure) }
    }

    private func received(_ line: Data) {
        let message: Incoming
        do {
            message = try JSONDecoder().decode(Incoming.self, from: line)
        } catch {
            let text = String(decoding: line.prefix(200), as: UTF8.self)
            let hint =
                line.range(of: Data("NaN".utf8)) != nil || line.range(of: Data("Infinity".utf8)) != nil
                ? " Scores must be finite: reject the candidate instead." : ""
            _ = give(
                "wrote a line to its standard output that is not of the protocol (\(Self.explain(error))): \(text)\(line.count > 200 ? "…" : "").\(hint)"
            )
            return
        }
        if let call = message.call { return answer(call, message) }
        let id = message.id ?? (message.protocol != nil || message.error != nil ? Self.greetingID : nil)
        guard let id, let pending = take(id) else {
            _ = give("answered a request that was not made (id \(message.id.map(String.init) ?? "missing")).")
            return
        }
        pending.continuation.resume(returning: message)
    }

    private static func explain(_ error: any Error) -> String {
        guard let error = error as? DecodingError else { return "no JSON" }
        switch error {
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            let path = context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined(separator: ".")
            return path.isEmpty ? "no JSON" : "field '\(path)': \(context.debugDescription)"
        case .keyNotFound(let key, _): return "field '\(key.stringValue)' is missing"
        @unknown default: return "no JSON"
        }
    }

    /// Lets the program use a model of the experiment, metered by the context of the problem it is for.
    private func answer(_ call: Int, _ message: Incoming) {
        let work = state.withLock { state in message.id.flatMap { state.pending[$0]?.work } }
        let process = state.withLock { $0.process }
        Task {
            var reply = CallReply(call: call)
            do {
                guard let work else {
                    throw SelectorError(
                        .contractViolation, "A call must name the 'id' of a problem that is being scored.")
                }
                reply.response = try await Self.response(to: message, for: work)
            } catch {
                reply.error = .init(message: "\(error)")
            }
            if let line = try? Self.encoder.encode(reply) { process?.send(line) }
        }
    }

    private static func response(
        to message: Incoming, for work: Work
    ) async throws -> CallReply.Response {
        if let role = message.languageModel {
            guard let request = message.request else {
                throw SelectorError(.contractViolation, "A call of a language model needs a 'request'.")
            }
            let reply = try await work.context.languageModel(role).reply(
                to: LanguageModelRequest(
                    system: request.system, user: request.user, maxTokens: request.maxTokens ?? 512,
                    temperature: request.temperature ?? 0, seed: request.seed, topLogProbs: request.topLogProbs ?? 0))
            return .init(text: reply.text, firstToken: reply.firstToken)
        }
        if let role = message.rewardModel {
            guard let prefixes = message.prefixes else {
                throw SelectorError(.contractViolation, "A call of a reward model needs 'prefixes'.")
            }
            return .init(
                rewards: try await work.context.rewardModel(role).rewards(for: prefixes, of: work.problem).values)
        }
        throw SelectorError(.contractViolation, "A call names a 'languageModel' or a 'rewardModel'.")
    }
}

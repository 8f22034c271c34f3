// SPDX-License-Identifier: Apache-2.0
public import Foundation
import SelectorKit

/// Asks one model of an OpenAI-compatible server, and does not give up lightly.
///
/// A request that meets an overloaded or failing server, a dropped or stalled connection or a broken answer is repeated with growing, jittered pauses;
/// `Retry-After` is honoured by all requests together. What cannot get better (a refused key, an unknown model, a server that was never there) fails at
/// once, and so do all requests after it. Safe to use from many tasks: at most `concurrency` requests are under way, in the order in which they came.
public final class ServerClient: Sendable {
    public let configuration: ServerConfiguration
    let credential: Credential
    let health = ServerHealth()
    private let transport: any HTTPTransport
    private let timing: RetryTiming
    private let gate: RequestGate

    /// - Parameter environment: where the API key is looked up.
    public init(
        _ configuration: ServerConfiguration, transport: (any HTTPTransport)? = nil,
        environment: [String: String] = ProcessInfo.processInfo.environment, timing: RetryTiming = .real
    ) {
        self.configuration = configuration
        self.transport = transport ?? URLSessionTransport(concurrency: configuration.concurrency)
        self.timing = timing
        credential = Credential(variable: configuration.apiKeyVariable, environment: environment)
        gate = RequestGate(places: configuration.concurrency)
    }

    public var activity: ServerActivity { health.activity }

    /// Posts a JSON body and reads the JSON answer.
    ///
    /// - Parameters:
    ///   - besideVersion: whether the endpoint lies beside `/v1`.
    ///   - read: takes what is needed from the answer; what it throws counts as a malformed answer.
    /// - Throws: `SelectorError` with a full sentence; `CancellationError`.
    public func post<Answer: Sendable>(
        _ path: String, besideVersion: Bool = false, body: JSON, read: @Sendable (JSON) throws -> Answer
    ) async throws -> Answer {
        let request = HTTPRequest(
            method: "POST", url: configuration.endpoint(path, besideVersion: besideVersion),
            headers: credential.header.merging(["Content-Type": "application/json"]) { $1 },
            body: body.overlaid(with: configuration.extra).canonical)
        try health.check()
        if configuration.apiKeyVariable != nil, !credential.isPresent {
            throw health.giveUp(failure("needs an API key: set the environment variable \(credential.variable)."))
        }
        return try await gate.withPlace { try await repeated(request, read) }
    }

    private func repeated<Answer: Sendable>(
        _ request: HTTPRequest, _ read: @Sendable (JSON) throws -> Answer
    ) async throws -> Answer {
        let start = health.began(timing.now())
        let responses = health.responses
        var failures = 0
        var tries: [Attempt<Answer>.Trouble: Int] = [:]
        while true {
            try health.check()
            try Task.checkCancellation()
            if let pause = health.pause(at: timing.now()) {
                try await timing.sleep(pause)
                try health.check()
            }
            let left = try timeLeft(since: start)
            switch try await attempt(request, read, within: min(configuration.timeoutSeconds, left)) {
            case .answered(let answer):
                health.record { $0.answered += 1 }
                return answer
            case .failed(let error):
                throw error
            case .tooLong(let error):
                throw error
            case .troubled(let trouble, let reason, let retryAfter):
                if trouble == .silent, health.failedSilently() { throw health.giveUp(absent(reason)) }
                failures += 1
                tries[trouble, default: 0] += 1
                let limit = min(configuration.retries, trouble.patience)
                if tries[trouble, default: 0] > limit || failures > configuration.retries {
                    let error = failure(
                        "failed \(failures) \(failures == 1 ? "time" : "times") in a row; at last: \(reason). The same command continues."
                    )
                    // Nothing at all came back in all that time: the others need not find out one by one.
                    let isGone = trouble == .silent && health.responses == responses
                    throw isGone ? health.giveUp(error) : error
                }
                health.record { $0.retried += 1 }
                if let retryAfter {
                    guard retryAfter <= left else {
                        throw failure(
                            "asks to wait \(retryAfter.formatted) s, longer than this run's deadline allows. The same command continues."
                        )
                    }
                    health.pause(until: timing.now() + .seconds(retryAfter))
                } else {
                    try await timing.sleep(timing.backoff(afterFailures: failures))
                }
            }
        }
    }

    private func timeLeft(since start: ContinuousClock.Instant) throws -> Double {
        guard let deadline = configuration.deadlineSeconds else { return .infinity }
        let left = deadline - (timing.now() - start) / .seconds(1)
        guard left > 0 else {
            throw health.giveUp(
                failure(
                    "was asked for \(deadline.formatted) s, the deadline of this run. The same command continues; 'deadlineSeconds' sets the deadline."
                ))
        }
        return left
    }

    // MARK: One attempt

    private enum Attempt<Answer> {
        /// What may go away by itself.
        enum Trouble: Hashable {
            /// No response: refused, dropped, stalled.
            case silent
            /// The server says that it cannot now.
            case busy
            /// A response that is cut off or not what was asked for.
            case malformed

            /// How often it is worth another attempt.
            var patience: Int { self == .malformed ? 2 : .max }
        }

        case answered(Answer)
        case troubled(Trouble, reason: String, retryAfter: Double?)
        case failed(SelectorError)
        case tooLong(ContextLengthExceeded)
    }

    private func attempt<Answer: Sendable>(
        _ request: HTTPRequest, _ read: @Sendable (JSON) throws -> Answer, within seconds: Double
    ) async throws -> Attempt<Answer> {
        let response: HTTPResponse
        do {
            response = try await send(request, within: seconds)
        } catch let error as TransportFailure {
            if case .refused = error { return .failed(health.giveUp(failure("cannot be used: \(error.reason)."))) }
            return .troubled(.silent, reason: credential.redacted(error.reason), retryAfter: nil)
        }
        health.responded()
        switch response.status {
        case 200..<300:
            do {
                return .answered(try read(JSON(response.body)))
            } catch let error as SelectorError {
                return .failed(error)
            } catch {
                let why = (error as? MalformedAnswer).map { "\($0.message): " } ?? "not JSON: "
                return .troubled(
                    .malformed, reason: "the answer is \(why)\(excerpt(response.body))", retryAfter: nil)
            }
        case 408, 409, 425, 429, 500...:
            let said = message(in: response)
            if response.status == 429, said.contains("quota") || said.contains("billing") {
                return .failed(health.giveUp(failure("refuses to go on (429): \(said)")))
            }
            return .troubled(
                .busy, reason: "status \(response.status), \(said)",
                retryAfter: RetryAfter.seconds(response.headers["retry-after"], now: timing.date()))
        case 400, 413, 422:
            let said = message(in: response)
            guard ContextLengthExceeded.isMeant(by: said) else {
                return .failed(try await refusal(response, of: request))
            }
            return .tooLong(ContextLengthExceeded(message: said))
        default:
            return .failed(try await refusal(response, of: request))
        }
    }

    /// Sends with a time limit of our own.
    private func send(_ request: HTTPRequest, within seconds: Double) async throws -> HTTPResponse {
        try await withThrowingTaskGroup(of: HTTPResponse.self) { group in
            group.addTask { [transport] in try await transport.send(request) }
            group.addTask {
                try await Task.sleep(for: .seconds(seconds))
                throw TransportFailure.stalled(seconds: seconds)
            }
            defer { group.cancelAll() }
            guard let response = try await group.next() else { throw CancellationError() }
            return response
        }
    }
}

extension ServerClient {
    /// Gets an endpoint once, for what helps to explain an error; nil where that fails.
    func lookUp(_ path: String) async -> JSON? {
        let request = HTTPRequest(method: "GET", url: configuration.endpoint(path), headers: credential.header)
        guard let response = try? await send(request, within: min(configuration.timeoutSeconds, 10)),
            response.status == 200
        else { return nil }
        return try? JSON(response.body)
    }
}

/// An answer without what was asked for: `message` completes "the answer is …".
public struct MalformedAnswer: Error, Sendable, Hashable {
    public var message: String

    public init(_ message: String) { self.message = message }
}

// SPDX-License-Identifier: Apache-2.0
public import Foundation
import SelectorKit

/// Asks one model of an OpenAI-compatible server, or of several that serve the same, and does not give up lightly.
///
/// A request that meets an overloaded or failing server, a dropped or stalled connection or a broken answer is repeated with growing, jittered pauses, at
/// another server where there is one; `Retry-After` is honoured by all requests together. What cannot get better (a refused key, an unknown model, servers
/// that were never there) fails at once, and so do all requests after it. Safe to use from many tasks: at most `concurrency` requests are under way at each
/// server, fewer while it is overloaded, in the order in which they came.
public final class ServerClient: Sendable {
    public let configuration: ServerConfiguration
    let credential: Credential
    let health = ServerHealth()
    let places: ServerPlaces
    private let transport: any HTTPTransport
    private let timing: RetryTiming
    private let tell: (@Sendable (String) -> Void)?

    /// - Parameters:
    ///   - environment: where the API key is looked up.
    ///   - tell: is told every half minute of what hinders, while nothing is answered.
    public init(
        _ configuration: ServerConfiguration, transport: (any HTTPTransport)? = nil,
        environment: [String: String] = ProcessInfo.processInfo.environment, timing: RetryTiming = .real,
        tell: (@Sendable (String) -> Void)? = nil
    ) {
        self.configuration = configuration
        self.transport = transport ?? CurlTransport(concurrency: configuration.totalConcurrency)
        self.timing = timing
        self.tell = tell
        credential = Credential(variable: configuration.apiKeyVariable, environment: environment)
        places = ServerPlaces(
            servers: configuration.urls.count, bound: configuration.concurrency, now: timing.now)
    }

    public var activity: ServerActivity { health.activity }
    /// How many requests may be under way at each server: `concurrency`, or fewer while it is overloaded.
    public var placesPerServer: [Int] { places.limits }

    /// Posts a JSON body and reads the JSON answer.
    ///
    /// - Parameters:
    ///   - besideVersion: whether the endpoint lies beside `/v1`.
    ///   - read: takes what is needed from the answer's text; what it throws counts as a malformed answer.
    /// - Throws: `SelectorError` with a full sentence; `ContextLengthExceeded`; `CancellationError`.
    public func post<Answer: Sendable>(
        _ path: String, besideVersion: Bool = false, body: JSON, read: @Sendable (Data) throws -> Answer
    ) async throws -> Answer {
        try await post(path, besideVersion: besideVersion, body: body, manner: .persistent, read: read)
    }

    /// How a request is made.
    struct Manner {
        /// Statuses that are thrown as `ProbeRefusal`.
        var refusals: Set<Int> = []
        /// At most so many repetitions, whatever the configuration says; nil for as many as that says.
        var retries: Int?

        static let persistent = Manner()
    }

    func post<Answer: Sendable>(
        _ path: String, besideVersion: Bool = false, body: JSON, manner: Manner, read: @Sendable (Data) throws -> Answer
    ) async throws -> Answer {
        try health.check()
        if configuration.apiKeyVariable != nil, !credential.isPresent {
            throw health.giveUp(failure("needs an API key: set the environment variable \(credential.variable)."))
        }
        let headers = credential.header.merging(["Content-Type": "application/json"]) { $1 }
        let body = body.overlaid(with: configuration.extra).canonical
        return try await repeated(read, manner) { url in
            HTTPRequest(
                method: "POST", url: configuration.endpoint(path, besideVersion: besideVersion, of: url),
                headers: headers, body: body)
        }
    }

    /// Attempts until one is answered.
    private func repeated<Answer: Sendable>(
        _ read: @Sendable (Data) throws -> Answer, _ manner: Manner, _ request: (URL) -> HTTPRequest
    ) async throws -> Answer {
        let start = health.began(timing.now())
        let responses = health.responses
        var failures = RequestFailures()
        var lastServer: Int?
        while true {
            try health.check()
            try Task.checkCancellation()
            let server = try await places.enter(avoiding: lastServer)
            lastServer = server
            let url = configuration.urls[server]
            let attempt: Attempt<Answer>
            do {
                defer { places.leave(server) }
                try health.check()
                if let pause = places.pause(of: server) {
                    try await timing.sleep(pause)
                    try health.check()
                }
                let left = try timeLeft(since: start)
                attempt = try await self.attempt(
                    request(url), at: server, read, manner, within: min(configuration.timeoutSeconds, left))
            }
            switch attempt {
            case .answered(let answer):
                health.answered(timing.now())
                return answer
            case .failed(let error): throw error
            case .tooLong(let error): throw error
            case .refused(let error): throw error
            case .troubled(let trouble, let reason, let retryAfter):
                if trouble.isOverload { places.overloaded(server) }
                if trouble.isSilent,
                    places.failedSilently(
                        server, isUnreachable: trouble == .unreachable, patience: ServerHealth.patience)
                {
                    throw health.giveUp(absent(reason, at: url))
                }
                failures.count(trouble, isOutage: manner.retries == nil && isOutage)
                if failures.areTooMany(min(configuration.retries, manner.retries ?? .max)) {
                    let error = failure(
                        "failed \(failures.total) \(failures.total == 1 ? "time" : "times") in a row; at last: \(reason). The same command continues.",
                        at: url)
                    // Nothing at all came back in all that time: the others need not find out one by one.
                    let isGone = trouble.isSilent && health.responses == responses
                    throw isGone ? health.giveUp(error) : error
                }
                health.record { $0.retried += 1 }
                if let tell, health.shouldTell(timing.now()) {
                    tell(failure("gives no answers: \(reason). Trying on.", at: url).message)
                }
                if let retryAfter {
                    guard try retryAfter <= timeLeft(since: start) else {
                        throw failure(
                            "asks to wait \(retryAfter.formatted) s, longer than this run's deadline allows. The same command continues.",
                            at: url)
                    }
                    places.pause(server, until: timing.now() + .seconds(retryAfter))
                } else if !places.hasAnother(than: server) {
                    try await timing.sleep(timing.backoff(afterFailures: failures.total))
                }
            }
        }
    }

    /// Whether nothing has been answered for a while that is still shorter than the patience with outages.
    private var isOutage: Bool {
        // Servers that never responded are not down for a while.
        guard let patience = configuration.outageSeconds, health.responses > 0 else { return false }
        let silence = health.silence(timing.now()) / .seconds(1)
        return silence > 5 && silence < patience
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
        case answered(Answer)
        case troubled(RequestTrouble, reason: String, retryAfter: Double?)
        case failed(SelectorError)
        case tooLong(ContextLengthExceeded)
        case refused(ProbeRefusal)
    }

    private func attempt<Answer: Sendable>(
        _ request: HTTPRequest, at server: Int, _ read: @Sendable (Data) throws -> Answer, _ manner: Manner,
        within seconds: Double
    ) async throws -> Attempt<Answer> {
        let url = configuration.urls[server]
        let response: HTTPResponse
        do {
            response = try await send(request, within: seconds)
        } catch let error as TransportFailure {
            if case .refused = error {
                return .failed(health.giveUp(failure("cannot be used: \(error.reason).", at: url)))
            }
            let trouble: RequestTrouble =
                switch error {
                case .unreachable: .unreachable
                case .stalled: .stalled
                case .dropped, .refused: .dropped
                }
            return .troubled(trouble, reason: credential.redacted(error.reason), retryAfter: nil)
        }
        health.responded()
        places.responded(server)
        if manner.refusals.contains(response.status) {
            return .refused(ProbeRefusal(said: message(in: response), status: response.status))
        }
        switch response.status {
        case 200..<300:
            do {
                let answer = try read(response.body)
                places.answered(server)
                return .answered(answer)
            } catch let error as SelectorError {
                return .failed(error)
            } catch {
                let why = (error as? MalformedAnswer).map { "\($0.message): " } ?? "not JSON: "
                return .troubled(
                    .malformed, reason: "the answer is \(why)\(excerpt(response.body))", retryAfter: nil)
            }
        case 408, 409, 425, 429, 500...:
            let said = message(in: response)
            // Limits per minute speak of quotas too, and say how long to wait.
            if response.status == 429, response.headers["retry-after"] == nil,
                said.contains("quota") || said.contains("billing")
            {
                return .failed(health.giveUp(failure("refuses to go on (429): \(said)", at: url)))
            }
            return .troubled(
                [429, 503].contains(response.status) ? .overloaded : .busy,
                reason: "status \(response.status), \(said)",
                retryAfter: RetryAfter.seconds(response.headers["retry-after"], now: timing.date()))
        case 400, 413, 422:
            let said = message(in: response)
            guard ContextLengthExceeded.isMeant(by: "\(said) \(kind(of: response))") else {
                return .failed(try await refusal(response, of: request, at: url))
            }
            return .tooLong(ContextLengthExceeded(message: said))
        default:
            return .failed(try await refusal(response, of: request, at: url))
        }
    }

    private func send(_ request: HTTPRequest, within seconds: Double) async throws -> HTTPResponse {
        var request = request
        request.timeLimit = seconds
        return try await transport.send(request)
    }
}

extension ServerClient {
    /// Gets an endpoint once, for what helps to explain an error; nil where that fails.
    func lookUp(_ path: String, at url: URL? = nil) async -> JSON? {
        let request = HTTPRequest(
            method: "GET", url: configuration.endpoint(path, of: url ?? configuration.url), headers: credential.header)
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

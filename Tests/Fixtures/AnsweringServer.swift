// SPDX-License-Identifier: Apache-2.0
import Foundation
import Synchronization

/// A language model server whose answers are all different, so that a lost or a doubled one is seen.
public struct AnsweringServer: Sendable {
    public struct Behaviour: Sendable {
        public var honoursN = true
        public var givesLogProbs = true
        /// Prompts of more characters do not fit.
        public var context = Int.max
        /// What happens instead of an answer, by the number of the request for texts, from 0.
        public var fault: @Sendable (Int) -> TestServer.Reply? = { _ in nil }
        /// The same for the little questions at the start.
        public var probeFault: @Sendable (Int) -> TestServer.Reply? = { _ in nil }
        /// How long an answer takes.
        public var microseconds: UInt32 = 0

        public init(
            honoursN: Bool = true, givesLogProbs: Bool = true, context: Int = .max, microseconds: UInt32 = 0,
            fault: @escaping @Sendable (Int) -> TestServer.Reply? = { _ in nil },
            probeFault: @escaping @Sendable (Int) -> TestServer.Reply? = { _ in nil }
        ) {
            self.honoursN = honoursN
            self.givesLogProbs = givesLogProbs
            self.context = context
            self.microseconds = microseconds
            self.fault = fault
            self.probeFault = probeFault
        }
    }

    private struct Counts {
        var requests = 0
        var probes = 0
        var texts = 0
    }

    /// A class, because a mutex cannot be copied.
    private final class Shared: Sendable {
        let counts = Mutex(Counts())
    }

    public let server: TestServer
    private let shared: Shared

    public init(_ behaviour: Behaviour = Behaviour()) throws {
        let shared = Shared()
        self.shared = shared
        server = try TestServer { _, request in
            if request.method == "GET" { return .json(#"{"data": [{"id": "m"}]}"#) }
            let body = request.json
            // The probe's requests are no requests for programs.
            guard (body["max_tokens"] as? Int ?? 0) > 16 else {
                let number = shared.counts.withLock { counts in
                    counts.probes += 1
                    return counts.probes - 1
                }
                return behaviour.probeFault(number) ?? Self.reply(body, behaviour, shared)
            }
            let number = shared.counts.withLock { counts in
                counts.requests += 1
                return counts.requests - 1
            }
            if behaviour.microseconds > 0 { usleep(behaviour.microseconds) }
            return behaviour.fault(number) ?? Self.reply(body, behaviour, shared)
        }
    }

    private static func reply(_ body: [String: Any], _ behaviour: Behaviour, _ shared: Shared) -> TestServer.Reply {
        let prompt =
            (body["messages"] as? [[String: Any]])?.compactMap { $0["content"] as? String }.joined()
            ?? body["prompt"] as? String ?? ""
        guard prompt.count <= behaviour.context else {
            let error = [
                "error": ["message": "This model's maximum context length is \(behaviour.context) characters."]
            ]
            return .status(400, body: json(error))
        }
        let count = behaviour.honoursN ? body["n"] as? Int ?? 1 : 1
        let isChat = body["messages"] != nil
        let choices = (0..<count).map { index -> [String: Any] in
            let number = shared.counts.withLock { counts in
                counts.texts += 1
                return counts.texts - 1
            }
            let text = "Sure.\n```python\nprint(\(number))\n```"
            var choice: [String: Any] = ["index": index, "finish_reason": "stop"]
            if isChat { choice["message"] = ["role": "assistant", "content": text] } else { choice["text"] = text }
            let wanted = isChat ? body["top_logprobs"] as? Int ?? 0 : body["logprobs"] as? Int ?? 0
            guard behaviour.givesLogProbs, wanted > 0 else { return choice }
            let logs = (0..<wanted).map { -0.5 - Double($0) }
            if isChat {
                let tops = logs.enumerated().map { ["token": "t\($0)", "logprob": $1] as [String: Any] }
                let token: [String: Any] = ["token": "t0", "logprob": -0.5, "top_logprobs": tops]
                choice["logprobs"] = ["content": [token, token]]
            } else {
                let tops = Dictionary(uniqueKeysWithValues: logs.enumerated().map { ("t\($0)", $1) })
                choice["logprobs"] = [
                    "tokens": ["t0", "t0"], "token_logprobs": [-0.5, -0.5], "top_logprobs": [tops, tops],
                ]
            }
            return choice
        }
        return .json(
            json([
                "model": "m-2026", "choices": choices, "usage": ["prompt_tokens": 100, "completion_tokens": 2 * count],
            ]))
    }

    private static func json(_ value: Any) -> String {
        String(decoding: (try? JSONSerialization.data(withJSONObject: value)) ?? Data(), as: UTF8.self)
    }

    public var url: String { server.url }
    /// How many texts were given.
    public var texts: Int { shared.counts.withLock { $0.texts } }
    /// How many requests for programs came.
    public var requests: Int { shared.counts.withLock { $0.requests } }
    /// The bodies of the requests for programs.
    public var bodies: [[String: Any]] {
        server.requests.filter { $0.method == "POST" }.map(\.json).filter { ($0["max_tokens"] as? Int ?? 0) > 16 }
    }

    public func stop() { server.stop() }
}

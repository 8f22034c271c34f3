// SPDX-License-Identifier: Apache-2.0
public import SelectorKit
import Synchronization

/// A reward model that answers from a function, and counts its calls.
public final class FakeRewardModel: RewardModel {
    public let fingerprint: String
    private let reward: @Sendable (_ prefix: String, _ problem: Problem) -> Double
    private let count = Mutex(0)

    public init(
        fingerprint: String = "fake", reward: @escaping @Sendable (_ prefix: String, _ problem: Problem) -> Double
    ) {
        self.fingerprint = fingerprint
        self.reward = reward
    }

    public var calls: Int { count.withLock { $0 } }

    public func rewards(for prefixes: [String], of problem: Problem) async throws -> PrefixRewards {
        count.withLock { $0 += 1 }
        return PrefixRewards(
            prefixes.map { reward($0, problem) }, cost: Cost(calls: 1, forwardPasses: prefixes.count))
    }
}

/// A language model that answers from a recorded list of replies, in order, and fails when they run out.
public final class RecordedLanguageModel: LanguageModel {
    public let fingerprint: String
    private let replies: Mutex<[String]>
    private let seen = Mutex<[LanguageModelRequest]>([])

    public init(fingerprint: String = "recorded", replies: [String]) {
        self.fingerprint = fingerprint
        self.replies = Mutex(replies)
    }

    public var requests: [LanguageModelRequest] { seen.withLock { $0 } }

    public func reply(to request: LanguageModelRequest) async throws -> LanguageModelReply {
        seen.withLock { $0.append(request) }
        let text = try replies.withLock { replies in
            guard !replies.isEmpty else {
                throw SelectorError(.serviceFailed, "The recorded language model has no reply left.")
            }
            return replies.removeFirst()
        }
        return LanguageModelReply(text: text, cost: Cost(calls: 1))
    }
}

/// A language model that answers each request from a function.
public struct FakeLanguageModel: LanguageModel {
    public let fingerprint: String
    private let answer: @Sendable (LanguageModelRequest) -> LanguageModelReply

    public init(
        fingerprint: String = "fake", answer: @escaping @Sendable (LanguageModelRequest) -> LanguageModelReply
    ) {
        self.fingerprint = fingerprint
        self.answer = answer
    }

    public func reply(to request: LanguageModelRequest) async throws -> LanguageModelReply { answer(request) }
}

/// A program runner that answers from a function, for tests without a sandbox.
public struct FakeProgramRunner: ProgramRunner {
    private let output: @Sendable (_ program: String, _ input: ProgramInput) -> ProgramOutput

    public init(output: @escaping @Sendable (_ program: String, _ input: ProgramInput) -> ProgramOutput) {
        self.output = output
    }

    public func run(
        _ program: String, of problem: Problem, on inputs: [ProgramInput], seconds: Double?
    ) async throws -> [ProgramOutput] {
        inputs.map { output(program, $0) }
    }
}

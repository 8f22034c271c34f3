// SPDX-License-Identifier: Apache-2.0
import ContentHash
import RewardModels
import RunStore
import SelectorKit
import Synchronization

/// Requests that a server would get.
struct CountedRequests: Sendable, Hashable {
    var asked = 0
    /// Answered before.
    var known = 0
    var promptCharacters = 0
    var messages = 0
    var completionTokens = 0.0
}

/// Counts what one model would be asked for by all selectors together: the same request counts once.
final class RequestCounter: Sendable {
    private struct State {
        var seen: Set<String> = []
        var counted = CountedRequests()
    }

    private let state = Mutex(State())

    /// What was counted since the last call.
    func take() -> CountedRequests {
        state.withLock { state in
            defer { state.counted = CountedRequests() }
            return state.counted
        }
    }

    func count(
        _ key: String, characters: Int, messages: Int, completionTokens: Double, isKnown: () throws -> Bool
    ) rethrows {
        guard state.withLock({ $0.seen.insert(key).inserted }) else { return }
        let known = try isKnown()
        state.withLock { state in
            guard !known else { return state.counted.known += 1 }
            state.counted.asked += 1
            state.counted.promptCharacters += characters
            state.counted.messages += messages
            state.counted.completionTokens += completionTokens
        }
    }
}

/// Stands in for a served reward model: asks nobody, and counts the prefixes that the store has no reward of.
struct CountingRewardModel: RewardModel {
    let model: ServedRewardModel
    /// Nil where the run has nothing stored.
    let store: RunStore?
    let counter: RequestCounter

    var fingerprint: String { model.fingerprint }

    func rewards(for prefixes: [String], of problem: Problem) async throws -> PrefixRewards {
        let problemHash = try contentHash(of: problem)
        let prompt = model.options.prompt
        let frame = try prompt.messages(for: RewardedPrefix("\n", isWhole: false), of: problem)
        let characters = frame.system.unicodeScalars.count + frame.user.unicodeScalars.count
        let isGenerative = model.options.api == .chat || model.options.api == .completions
        for prefix in RewardedPrefix.all(prefixes) {
            let key = RewardKey(
                model: fingerprint, problemHash: problemHash, prefixHash: ContentHash.sha256(prefix.text),
                isWhole: model.distinguishesWholePrograms && prefix.isWhole)
            try counter.count(
                "\(problemHash) \(key.prefixHash) \(key.isWhole)",
                characters: min(characters + prefix.text.utf8.count, prompt.maxCharacters ?? .max), messages: 2,
                completionTokens: isGenerative ? 1 : 0
            ) { try store?.reward(for: key) != nil }
        }
        return PrefixRewards([Double](repeating: 0.5, count: prefixes.count))
    }
}

/// Stands in for a served language model that selectors ask.
struct CountingLanguageModel: LanguageModel {
    let fingerprint: String
    let store: RunStore?
    let counter: RequestCounter
    /// How long an answer is taken to be, up to what the request allows.
    let answerTokens: Double

    func reply(to request: LanguageModelRequest) async throws -> LanguageModelReply {
        let hash = try contentHash(of: request)
        try counter.count(
            hash, characters: (request.system?.unicodeScalars.count ?? 0) + request.user.unicodeScalars.count,
            messages: request.system == nil ? 1 : 2, completionTokens: min(answerTokens, Double(request.maxTokens))
        ) { try store?.reply(model: fingerprint, requestHash: hash) != nil }
        return LanguageModelReply(text: "")
    }
}

// SPDX-License-Identifier: Apache-2.0
import ContentHash
import Foundation
import LanguageModels
import RewardModels
import RunStore
import SelectorKit

/// A reward model whose rewards are kept in the run: each prefix is asked about once ever, and its cost stays that of the asking.
struct StoredRewardModel: RewardModel {
    let model: any PrefixRewardModel
    let store: RunStore
    let notes: ServerNotes?
    private let flights = SingleFlight<RewardKey, StoredReward>()

    init(_ model: any PrefixRewardModel, store: RunStore, notes: ServerNotes?) {
        self.model = model
        self.store = store
        self.notes = notes
    }

    var fingerprint: String { model.fingerprint }

    func rewards(for prefixes: [String], of problem: Problem) async throws -> PrefixRewards {
        let problemHash = try contentHash(of: problem)
        let rewards = try await withThrowingTaskGroup(of: (Int, StoredReward).self) { group in
            for (index, prefix) in RewardedPrefix.all(prefixes).enumerated() {
                group.addTask { (index, try await reward(for: prefix, of: problem, problemHash)) }
            }
            var rewards: [(Int, StoredReward)] = []
            for try await reward in group { rewards.append(reward) }
            return rewards.sorted { $0.0 < $1.0 }.map(\.1)
        }
        return PrefixRewards(rewards.map(\.value), cost: rewards.reduce(.zero) { $0 + $1.cost })
    }

    private func reward(
        for prefix: RewardedPrefix, of problem: Problem, _ problemHash: String
    ) async throws -> StoredReward {
        let key = RewardKey(
            model: fingerprint, problemHash: problemHash, prefixHash: ContentHash.sha256(prefix.text),
            isWhole: model.distinguishesWholePrograms && prefix.isWhole)
        return try await flights.value(for: key) {
            if let known = try store.reward(for: key) { return known }
            let answer = try await model.reward(for: prefix, of: problem)
            let reward = StoredReward(value: answer.value, cost: answer.cost)
            try store.record([(key, reward)], problem: problem.id)
            notes?.answered()
            return reward
        }
    }
}

/// A reward model in process whose rewards are kept in the run. Those of a program that are missing are computed together.
struct StoredProgramRewards: RewardModel {
    let model: any ProgramRewardModel
    let store: RunStore

    var fingerprint: String { model.fingerprint }

    func rewards(for prefixes: [String], of problem: Problem) async throws -> PrefixRewards {
        let problemHash = try contentHash(of: problem)
        let prefixes = RewardedPrefix.all(prefixes)
        let keys = prefixes.map {
            RewardKey(
                model: fingerprint, problemHash: problemHash, prefixHash: ContentHash.sha256($0.text),
                isWhole: model.distinguishesWholePrograms && $0.isWhole)
        }
        var known = try keys.map { try store.reward(for: $0) }
        let missing = known.indices.filter { known[$0] == nil }
        if !missing.isEmpty {
            let answer = try await model.rewards(for: missing.map { prefixes[$0] }, of: problem)
            let shares = answer.cost.split(among: missing.count)
            for (index, (value, cost)) in zip(missing, zip(answer.values, shares)) {
                known[index] = StoredReward(value: value, cost: cost)
            }
            try store.record(
                missing.compactMap { index in known[index].map { (keys[index], $0) } }, problem: problem.id)
        }
        let rewards = known.compactMap { $0 }
        return PrefixRewards(rewards.map(\.value), cost: rewards.reduce(.zero) { $0 + $1.cost })
    }
}

/// A language model whose replies are kept in the run: each request is sent once ever.
struct StoredLanguageModel: LanguageModel {
    let model: any LanguageModel
    let store: RunStore
    let notes: ServerNotes?
    private let flights = SingleFlight<String, LanguageModelReply>()

    init(_ model: any LanguageModel, store: RunStore, notes: ServerNotes?) {
        self.model = model
        self.store = store
        self.notes = notes
    }

    var fingerprint: String { model.fingerprint }

    func reply(to request: LanguageModelRequest) async throws -> LanguageModelReply {
        let hash = try contentHash(of: request)
        return try await flights.value(for: hash) {
            if let known = try store.reply(model: fingerprint, requestHash: hash) { return known }
            let reply = try await model.reply(to: request)
            try store.record(reply, model: fingerprint, requestHash: hash)
            notes?.answered()
            return reply
        }
    }
}

func contentHash(of value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    return ContentHash.of("model input", String(decoding: try encoder.encode(value), as: UTF8.self))
}

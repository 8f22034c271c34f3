// SPDX-License-Identifier: Apache-2.0
import Fixtures
import Foundation
import LinePRM
import SelectorKit
import SelectorTesting
import Testing

@Suite struct LinePRMTests {
    private func score(_ program: String, _ reward: @escaping @Sendable (String) -> Double) async throws
        -> CandidateScore
    {
        let selector = LinePRMSelector()
        let model = FakeRewardModel { prefix, _ in reward(prefix) }
        let context = SelectionContext(
            for: selector.descriptor, seed: 1, services: .init(rewardModels: ["line-prm": model]))
        return try await selector.score(ExamplePools.pool("test", [program]), in: context)[0]
    }

    @Test func conformsToSelector() async {
        let model = FakeRewardModel { prefix, _ in Double(prefix.utf8.count % 97) / 97 }
        let services = SelectionContext.Services(rewardModels: ["line-prm": model])
        #expect(await checkConformance(of: LinePRMSelector(), services: services) == [])
    }

    @Test func blankLinesAndTheEmptyLineAtTheEndAreSteps() async throws {
        let score = try await score("a = 1\n\nprint(a)\n") { Double($0.utf8.count) / 16 }
        // 6, 7, 16 and 16 of 16 bytes.
        #expect(score == .value(0.703125, steps: [0.375, 0.4375, 1, 1]))
    }

    /// Steps and rewards of Skywork's own preprocessing. Its text is the program with a line end behind the last line.
    @Test(.enabled(if: SharedData.isPresent, "needs the shared data pack beside the checkout (or BESTOFN_SHARED)"))
    func stepsAreThoseOfSkywork() async throws {
        struct File: Decodable {
            struct Skywork: Decodable {
                struct Case: Decodable {
                    var response: String
                    var steps: [String]
                    var step_rewards: [Double]
                }
                var cases: [Case]
            }
            var skywork: Skywork
        }
        let file = try JSONDecoder().decode(File.self, from: Data(contentsOf: SharedData.vectors("prm_scores.json")))
        #expect(file.skywork.cases.count == 5)
        for entry in file.skywork.cases {
            let rewards = entry.step_rewards
            // The k-th call is for the k-th prefix: two prefixes may be the same text.
            var ends: [Int] = []
            for step in entry.steps { ends.append((ends.last ?? 0) + step.utf8.count) }
            let selector = LinePRMSelector()
            let seen = SeenPrefixes(rewards: rewards)
            let context = SelectionContext(
                for: selector.descriptor, seed: 1, services: .init(rewardModels: ["line-prm": seen]))
            let score = try await selector.score(ExamplePools.pool("test", [entry.response]), in: context)[0]
            if entry.response.allSatisfy(\.isWhitespace) {
                #expect(score == .rejected(reason: "blank program"))
                continue
            }
            #expect(score == .value(rewards.reduce(0, +) / Double(rewards.count), steps: rewards))
            let text = entry.response + "\n"
            let expected = ends.map { String(text.utf8.prefix($0)) ?? "" }
            // The text behind Skywork's last line end is not in the program.
            #expect(await seen.prefixes == expected.dropLast() + [entry.response])
        }
    }
}

/// Gives the recorded rewards and keeps what it was asked.
private actor SeenPrefixes: RewardModel {
    nonisolated let fingerprint = "seen"
    let recorded: [Double]
    private(set) var prefixes: [String] = []

    init(rewards: [Double]) { recorded = rewards }

    func rewards(for prefixes: [String], of problem: Problem) async throws -> PrefixRewards {
        self.prefixes = prefixes
        return PrefixRewards(recorded)
    }
}

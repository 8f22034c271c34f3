// SPDX-License-Identifier: Apache-2.0
import SelectorKit
import SelectorTesting
import Synchronization
import Testing

@Suite struct PrefixScorerTests {
    private func scores(_ scorer: PrefixScorer, _ programs: [String], _ model: any RewardModel) async throws
        -> [CandidateScore]
    {
        let descriptor = SelectorDescriptor(
            name: "test", version: 1, scope: .candidate, requirements: [.rewardModel(role: "prm")])
        let context = SelectionContext(for: descriptor, seed: 0, services: .init(rewardModels: ["prm": model]))
        return try await scorer.scores(of: ExamplePools.pool("test", programs), in: context)
    }

    @Test func prefixesThatAreMoreThanARequestHoldsGoIntoSeveral() async throws {
        let length = 4096
        let scorer = PrefixScorer(role: "prm", aggregation: .max) { Array(1...$0.utf8.count) }
        let model = FakeRewardModel { prefix, _ in Double(prefix.utf8.count) / Double(length) }
        let program = String(repeating: "x", count: length)
        let scores = try await scores(scorer, [program], model)
        #expect(scores == [.value(1, steps: (1...length).map { Double($0) / Double(length) })])
        #expect(model.calls == 1)
        // Ten times as long, it is 800 MiB of prefixes.
        let long = String(repeating: "x", count: 10 * length)
        let every = PrefixScorer(role: "prm", aggregation: .last) { Array(1...$0.utf8.count) }
        let counting = FakeRewardModel { prefix, _ in Double(prefix.utf8.count) / Double(10 * length) }
        #expect(try await self.scores(every, [long], counting).map(\.rank) == [1])
        #expect((50...70).contains(counting.calls))
    }

    @Test func aModelThatGivesAWrongNumberOfRewardsIsAnError() async {
        struct Short: RewardModel {
            let fingerprint = "short"
            func rewards(for prefixes: [String], of problem: Problem) async throws -> PrefixRewards {
                PrefixRewards([0.5])
            }
        }
        let scorer = PrefixScorer(role: "prm", aggregation: .mean) { [1, $0.utf8.count] }
        await #expect {
            try await scores(scorer, ["xyz"], Short())
        } throws: { error in
            (error as? SelectorError)?.code == .serviceFailed
                && "\(error)".contains("2 prefixes of problem 'example/0'")
        }
    }
}

@Suite struct ConcurrentMapTests {
    @Test func resultsKeepTheirOrderAndTheLimitHolds() async throws {
        let running = Mutex(0)
        let most = Mutex(0)
        let results = try await concurrentMap(Array(0..<100), limit: 3) { number in
            let now = running.withLock {
                $0 += 1; return $0
            }
            most.withLock { $0 = max($0, now) }
            for _ in 0..<(100 - number) { await Task.yield() }
            running.withLock { $0 -= 1 }
            return number * 2
        }
        #expect(results == (0..<100).map { $0 * 2 })
        #expect((1...3).contains(most.withLock { $0 }))
    }

    @Test func theFirstErrorEndsIt() async {
        struct Broken: Error, Equatable { var number: Int }
        let started = Mutex(0)
        await #expect(throws: Broken(number: 5)) {
            try await concurrentMap(Array(0..<1000), limit: 1) { number in
                started.withLock { $0 += 1 }
                if number == 5 { throw Broken(number: 5) }
                return number
            }
        }
        #expect(started.withLock { $0 } == 6)
    }
}

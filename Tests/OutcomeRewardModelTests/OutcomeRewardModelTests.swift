// SPDX-License-Identifier: Apache-2.0
import OutcomeRewardModel
import SelectorKit
import SelectorTesting
import Testing

@Suite struct OutcomeRewardModelTests {
    @Test func conformsToSelector() async {
        let model = FakeRewardModel { prefix, _ in Double(prefix.utf8.count % 97) / 97 }
        let services = SelectionContext.Services(rewardModels: ["orm": model])
        #expect(await checkConformance(of: OutcomeRewardModelSelector(), services: services) == [])
    }

    @Test func theScoreIsTheRewardOfTheWholeProgram() async throws {
        let programs = ["def f():\n    return 1\n\ndef g():\n    return 2\n", "print(1)", "\n"]
        let model = FakeRewardModel { prefix, _ in prefix == programs[0] ? 0.875 : prefix == programs[1] ? 0.25 : 1 }
        let selector = OutcomeRewardModelSelector()
        let meter = CostMeter()
        let context = SelectionContext(
            for: selector.descriptor, seed: 1, services: .init(rewardModels: ["orm": model]), cost: meter)
        let scores = try await selector.score(ExamplePools.pool("test", programs), in: context)
        #expect(
            scores == [
                .value(0.875, steps: [0.875]), .value(0.25, steps: [0.25]), .rejected(reason: "blank program"),
            ])
        #expect(meter.total.forwardPasses == 2)
    }
}

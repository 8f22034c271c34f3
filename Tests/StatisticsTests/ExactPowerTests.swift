// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Statistics

@Suite struct ExactPowerTests {
    /// Every outcome of a few problems, one by one.
    @Test func powerIsTheSumOverAllOutcomes() {
        let plan = PairedPower(discordance: 0.9)
        let (problems, difference) = (9, 0.7)
        let (gain, loss) = ((0.9 + difference) / 2, (0.9 - difference) / 2)
        var expected = 0.0
        func choose(_ n: Int, _ k: Int) -> Double { (0..<k).reduce(1.0) { $0 * Double(n - $1) / Double($1 + 1) } }
        for gained in 0...problems {
            for lost in 0...(problems - gained) where gained > lost {
                guard McNemar(onlyFirst: gained, onlySecond: lost).exact < 0.05 else { continue }
                let same = problems - gained - lost
                var probability = choose(problems, gained) * choose(problems - gained, lost)
                for (share, count) in [(gain, gained), (loss, lost), (1 - 0.9, same)] {
                    for _ in 0..<count { probability *= share }
                }
                expected += probability
            }
        }
        #expect(abs(plan.exactPower(for: difference, problems: problems) - expected) < 1e-10)
    }

    @Test func itTakesMoreThanTheApproximationSays() throws {
        let plan = PairedPower(discordance: 0.1)
        for difference in [0.03, 0.05, 0.09] {
            let exact = try #require(plan.exactProblems(for: difference))
            #expect(exact >= plan.problems(for: difference) - 2)
            #expect(exact < plan.problems(for: difference) * 3 / 2 + 30)
            #expect(plan.exactPower(for: difference, problems: exact) >= 0.8)
        }
        #expect(plan.exactProblems(for: 0.001, limit: 1000) == nil)
    }

    @Test func whatCanBeDetectedIsDetected() throws {
        let plan = PairedPower(discordance: 0.15)
        let difference = try #require(plan.exactDetectableDifference(problems: 131))
        #expect(abs(plan.exactPower(for: difference, problems: 131) - 0.8) < 1e-6)
        #expect(PairedPower(discordance: 0.02).exactDetectableDifference(problems: 131) == nil)
    }

    @Test func sixOneWayAreTheFirstThatAreSignificant() {
        var tails = AgainstTails(discordant: 0, alpha: 0.05, probability: 0.3)
        for discordant in 0...400 {
            #expect(tails.discordant == discordant)
            let most = tails.most ?? -1
            #expect((most == -1) == (discordant < 6))
            if most >= 0 { #expect(McNemar(onlyFirst: discordant - most, onlySecond: most).exact < 0.05) }
            if most + 1 <= discordant / 2 {
                #expect(McNemar(onlyFirst: discordant - most - 1, onlySecond: most + 1).exact >= 0.05)
            }
            if discordant == 9 {
                // At most one of nine: 0.7^9 + 9 * 0.3 * 0.7^8.
                #expect(abs(tails.found - 0.196_003_3) < 1e-6)
            }
            tails.addProblem()
        }
    }
}

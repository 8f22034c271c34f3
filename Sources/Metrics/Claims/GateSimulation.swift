// SPDX-License-Identifier: Apache-2.0
import SelectorKit
import Statistics

/// Draws runs whose true difference is known and lets `RunComparison` and `gates` judge them, to see whether intervals and gates keep what they promise.
///
/// Each repetition draws problems of its own. A problem of hardness h, even in 0...1, changes with probability 2h times the discordance: base was right and head
/// is wrong, or the other way round, so that on average head loses `loss` of pass@1. With the probability `tied`, only half of the change counts, because
/// one side's choice is tied between a correct and a wrong candidate.
public struct GateSimulation: Sendable, Hashable {
    public var problems: Int
    /// The mean share of problems that change; at most a half, so that no problem's probability exceeds one.
    public var discordance: Double
    public var repetitions: Int
    /// The share of changes that count half.
    public var tied: Double
    /// How many selectors are compared at once, each with changes of its own; the first one's interval is looked at.
    public var selectors: Int
    public var policy: GatePolicy
    public var resamples: Int
    public var seed: UInt64

    public init(
        problems: Int, discordance: Double, repetitions: Int = 200, tied: Double = 0, selectors: Int = 1,
        policy: GatePolicy = GatePolicy(gates: [.regression]), resamples: Int = 10_000, seed: UInt64 = 0
    ) {
        precondition(problems > 1 && discordance > 0 && discordance <= 0.5 && repetitions > 0 && selectors > 0)
        self.problems = problems
        self.discordance = discordance
        self.repetitions = repetitions
        self.tied = tied
        self.selectors = selectors
        self.policy = policy
        self.resamples = resamples
        self.seed = seed
    }

    /// What came out.
    public struct Outcome: Sendable, Codable, Hashable {
        public var repetitions: Int
        /// The true difference of head from base in pass@1.
        public var difference: Double
        /// In how many repetitions the 95 % interval held the true difference.
        public var covered: Int
        /// In how many repetitions a gate failed.
        public var failed: Int

        public var coverage: Double { Double(covered) / Double(repetitions) }
        public var failureRate: Double { Double(failed) / Double(repetitions) }
    }

    /// - Parameter loss: how much pass@1 head truly loses before ties are taken into account, in 0...discordance.
    public func run(loss: Double) throws -> Outcome {
        precondition((0...discordance).contains(loss))
        var random = SeededNumbers(seed: seed)
        var outcome = Outcome(
            repetitions: repetitions, difference: -loss * (1 - tied / 2), covered: 0, failed: 0)
        for _ in 0..<repetitions {
            let (base, head) = draw(loss: loss, from: &random)
            let comparison = try RunComparison(
                base: base, head: head, settings: .init(resamples: resamples, seed: random.next()))
            if gates(comparison, under: policy).contains(where: { $0.outcome == .failed }) { outcome.failed += 1 }
            if let found = comparison.pools.first?.selectors.first?.overall?.difference, let low = found.low,
                let high = found.high, (low...high).contains(outcome.difference)
            {
                outcome.covered += 1
            }
        }
        return outcome
    }

    /// Two results on the same candidates: of each problem's two, the first passes.
    private func draw(loss: Double, from random: inout SeededNumbers) -> (base: RunResults, head: RunResults) {
        let right = RunResults.Selected.candidates([0])
        let wrong = RunResults.Selected.candidates([1])
        let half = RunResults.Selected.candidates([0, 1])
        var entries: [RunResults.ProblemEntry] = []
        var (base, head): ([RunResults.PoolProblem], [RunResults.PoolProblem]) = ([], [])
        for index in 0..<problems {
            let id = String(1_000_000 + index)
            entries.append(.init(id: id, hash: ""))
            let hardness = random.nextUnit()
            var chosen: (base: [RunResults.Selected], head: [RunResults.Selected]) = ([], [])
            for _ in 0..<selectors {
                let toss = random.nextUnit() * discordance
                let changes = random.nextUnit() < 2 * hardness * discordance
                let isTied = random.nextUnit() < tied
                let same = random.nextUnit() < hardness ? wrong : right
                if !changes {
                    chosen.base.append(same)
                    chosen.head.append(same)
                } else if toss < (discordance + loss) / 2 {
                    chosen.base.append(right)
                    chosen.head.append(isTied ? half : wrong)
                } else {
                    chosen.base.append(isTied ? half : wrong)
                    chosen.head.append(right)
                }
            }
            let problem = RunResults.PoolProblem(id: id, candidates: "", verdicts: [.passed, .failed], chosen: [])
            base.append(problem)
            head.append(problem)
            base[index].chosen = chosen.base
            head[index].chosen = chosen.head
        }
        func results(_ list: [RunResults.PoolProblem], _ run: String) -> RunResults {
            RunResults(
                run: run, toolVersion: "", benchmark: "simulated", problemsHash: "", problems: entries,
                pools: [
                    .init(
                        name: "simulated", hash: "", verdictsImported: true, problems: list,
                        costs: Array(repeating: .init(), count: selectors))
                ],
                selectors: (0..<selectors).map { .init(label: "s\($0)", name: "simulated") })
        }
        return (results(base, "base"), results(head, "head"))
    }
}

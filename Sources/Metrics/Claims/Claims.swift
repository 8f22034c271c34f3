// SPDX-License-Identifier: Apache-2.0
import Statistics

/// What can be said of methods of which nothing is known but how many of the same problems each solved.
///
/// Which problems were solved is not published as a rule; a paired test needs it. So every statement here is a bound over all ways in which the counts can have
/// come about.
public struct Claims: Sendable, Codable, Hashable {
    /// One method's count.
    public struct Method: Sendable, Codable, Hashable {
        public var name: String
        public var solved: Int

        public init(name: String, solved: Int) {
            self.name = name
            self.solved = solved
        }
    }

    /// A method with its interval.
    public struct Row: Sendable, Codable, Hashable {
        public var name: String
        public var solved: Int
        public var passAt1: Double
        /// The 95 % interval of a share (Wilson 1927).
        public var low: Double
        public var high: Double
    }

    /// Two methods, the one that solved more first.
    public struct Pair: Sendable, Codable, Hashable {
        public enum Conclusion: String, Sendable, Codable, Hashable {
            /// Not even if the better one solved all that the other did.
            case impossible
            /// Only without the other comparisons.
            case impossibleAmongAll
            /// It depends on which problems were solved.
            case open
            /// Whichever problems were solved.
            case certain
        }

        public var better: String
        public var other: String
        /// How many problems more.
        public var problems: Int
        /// McNemar's exact p-value where the better one solved all that the other did, and where they overlap as little as they can.
        public var leastP: Double
        public var greatestP: Double
        /// `leastP`, adjusted for the number of pairs, all of them at their least (Holm).
        public var leastAdjustedP: Double
        /// How many problems the other may have solved alone for the difference to be significant by itself; nil where not even none.
        public var mostAlone: Int?
        public var conclusion: Conclusion
        /// How many problems it would take to find this difference in pass@1 with 80 % power, if every problem on which the two differ favours the better one:
        /// the fewest possible. Nil without a difference, or beyond a million.
        public var fewestProblems: Int?
        /// The same if the two differ on a tenth of the problems.
        public var problemsAtTenth: Int?
    }

    /// What this many problems can show.
    public struct Reach: Sendable, Codable, Hashable {
        /// The share of problems that only one of the two solves.
        public var discordance: Double
        /// The smallest difference in pass@1 that is found with 80 % power; nil where not even one that goes all one way.
        public var difference: Double?
    }

    public var problems: Int
    public var alpha: Double
    public var rows: [Row]
    public var pairs: [Pair]
    public var reach: [Reach]

    /// - Parameters:
    ///   - methods: each with at most `problems` solved.
    ///   - reference: compares all with this one only; nil for every pair.
    public init(problems: Int, methods: [Method], reference: String? = nil, alpha: Double = 0.05) {
        precondition(problems > 0 && methods.allSatisfy { (0...problems).contains($0.solved) })
        self.problems = problems
        self.alpha = alpha
        rows = methods.map { method in
            let interval = wilsonInterval(successes: method.solved, trials: problems)
            return Row(
                name: method.name, solved: method.solved, passAt1: Double(method.solved) / Double(problems),
                low: interval.lowerBound, high: interval.upperBound)
        }
        var found: [(pair: Pair, greatest: Double)] = []
        for (index, first) in methods.enumerated() {
            for second in methods[(index + 1)...]
            where reference == nil || [first.name, second.name].contains(reference) {
                let (high, low) = first.solved >= second.solved ? (first, second) : (second, first)
                found.append(Self.compare(high, low, problems: problems, alpha: alpha))
            }
        }
        let least = Adjustment.holm.adjusted(found.map(\.pair.leastP))
        let greatest = Adjustment.holm.adjusted(found.map(\.greatest))
        pairs = found.indices.map { index in
            var pair = found[index].pair
            pair.leastAdjustedP = least[index]
            pair.conclusion =
                greatest[index] < alpha
                ? .certain
                : pair.leastP >= alpha ? .impossible : least[index] >= alpha ? .impossibleAmongAll : .open
            return pair
        }
        reach = [0.05, 0.1, 0.2, 0.3].map { discordance in
            Reach(
                discordance: discordance,
                difference: PairedPower(discordance: discordance, alpha: alpha).exactDetectableDifference(
                    problems: problems))
        }
    }

    private static func compare(
        _ high: Method, _ low: Method, problems: Int, alpha: Double
    ) -> (pair: Pair, greatest: Double) {
        let more = high.solved - low.solved
        // The more problems the lower one solved alone, the more the better one must have solved alone, and the less the difference says.
        let mostAlone = min(low.solved, problems - high.solved)
        func p(alone: Int) -> Double { McNemar(onlyFirst: more + alone, onlySecond: alone).exact }
        let significant = (0...mostAlone).last { p(alone: $0) < alpha }
        let share = Double(more) / Double(problems)
        func needed(_ discordance: Double) -> Int? {
            guard more > 0, discordance >= share else { return nil }
            return PairedPower(discordance: discordance, alpha: alpha).exactProblems(for: share)
        }
        let greatest = p(alone: mostAlone)
        return (
            Pair(
                better: high.name, other: low.name, problems: more, leastP: p(alone: 0), greatestP: greatest,
                leastAdjustedP: 1, mostAlone: significant, conclusion: .open, fewestProblems: needed(share),
                problemsAtTenth: needed(0.1)), greatest
        )
    }
}

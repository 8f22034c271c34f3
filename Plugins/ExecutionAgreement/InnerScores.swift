// SPDX-License-Identifier: Apache-2.0
import SelectorKit

/// The scores of the selector that orders candidates among which execution does not decide; all the same where there is none.
struct InnerScores {
    /// The label of a selector of the experiment; empty for none.
    let label: String
    /// One score per candidate.
    let scores: [CandidateScore]

    init(_ label: String, of pool: CandidatePool, in context: SelectionContext) throws(SelectorError) {
        self.label = label
        scores =
            label.isEmpty
            ? Array(repeating: .value(0), count: pool.candidates.count) : try context.scores(of: label)
    }

    /// What a selector with this option needs besides its own data.
    static func requirements(_ label: String) -> Set<SelectorDescriptor.Requirement> {
        label.isEmpty ? [] : [.scores(of: label)]
    }

    /// Each candidate's place among the distinct scores, as a share of 1: 0 for the lowest, always below 1. A rejected candidate has 0.
    var shares: [Double] {
        let ranks = denseRanks(scores.map(\.rank))
        return ranks.map { Double($0) / Double(scores.count + 1) }
    }
}

/// For each value, how many distinct values are smaller.
func denseRanks(_ values: [Double]) -> [Int] {
    let distinct = Set(values).sorted()
    let ranks = Dictionary(uniqueKeysWithValues: distinct.enumerated().map { ($1, $0) })
    return values.map { ranks[$0] ?? 0 }
}

extension CandidatePool {
    /// The values as scores; blank candidates are rejected.
    func scores(_ values: [Double]) -> [CandidateScore] {
        zip(candidates, values).map { $0.isBlank ? .rejected(reason: "blank program") : .value($1) }
    }
}

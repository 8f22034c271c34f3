// SPDX-License-Identifier: Apache-2.0

/// The indices that share the highest score, ascending: what a selector chooses from.
///
/// Scores are compared exactly. `-infinity` stands for a rejected candidate; if every candidate is rejected, all are tied.
///
/// - Precondition: no score is NaN.
/// - Returns: an empty array only if there are no scores.
public func highestIndices(_ scores: [Double]) -> [Int] {
    precondition(!scores.contains { $0.isNaN }, "A score that is not a number cannot be ranked")
    guard let highest = scores.max() else { return [] }
    return scores.indices.filter { scores[$0] == highest }
}

/// The expected correctness of the chosen candidate when ties are broken uniformly: the share of correct ones among the highest scores.
///
/// This is a problem's contribution to selected pass@1. It does not depend on the order of the candidates.
///
/// - Returns: nil if there are no candidates.
public func selectedCorrectness(scores: [Double], correct: [Bool]) -> Double? {
    precondition(scores.count == correct.count, "There must be one score per candidate")
    let chosen = highestIndices(scores)
    guard !chosen.isEmpty else { return nil }
    return share(chosen.map { correct[$0] })
}

/// Whether the first of the highest scores belongs to a correct candidate: the choice when one program must be emitted.
///
/// - Returns: nil if there are no candidates.
public func firstSelectedIsCorrect(scores: [Double], correct: [Bool]) -> Bool? {
    precondition(scores.count == correct.count, "There must be one score per candidate")
    return highestIndices(scores).first.map { correct[$0] }
}

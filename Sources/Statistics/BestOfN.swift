// SPDX-License-Identifier: Apache-2.0

/// The expected correctness of the highest-scored candidate of a uniformly drawn subset, for every subset size from 1 to all; ties are broken uniformly.
///
/// Exact, from one scored pool. With the distinct scores sorted, a group of `m` candidates of one score, `a` of them correct and `b` candidates below it,
/// contributes `(C(b + m, n) - C(b, n)) / C(N, n) * a / m`: the probability that the subset's highest score is the group's, times the group's share of
/// correct ones, because given that event its members in the subset are exchangeable. The first entry is pass@1.
///
/// Valid only for scores that do not depend on the rest of the pool (`SelectorDescriptor.Scope.candidate`).
///
/// - Precondition: no score is NaN; `-infinity` is allowed.
/// - Returns: entry `n - 1` is the value for subsets of `n`. The cost grows with the square of the number of candidates.
public func expectedBestOfN(scores: [Double], correct: [Bool]) -> [Double] {
    let order = ascendingOrder(scores, correct)
    var groups: [(upTo: Int, size: Int, correct: Int)] = []
    for (position, index) in order.enumerated() {
        if position == 0 || scores[order[position - 1]] != scores[index] { groups.append((position, 0, 0)) }
        groups[groups.count - 1].upTo += 1
        groups[groups.count - 1].size += 1
        groups[groups.count - 1].correct += correct[index] ? 1 : 0
    }
    return (1..<(order.count + 1)).map { n in
        var expected = 0.0
        for group in groups where group.correct > 0 {
            let highest =
                subsetShare(within: group.upTo, of: order.count, size: n)
                - subsetShare(within: group.upTo - group.size, of: order.count, size: n)
            expected += highest * Double(group.correct) / Double(group.size)
        }
        return expected
    }
}

/// The same as `expectedBestOfN(scores:correct:)`, but of tied candidates the one with the lowest index is taken.
///
/// Then the candidates are strictly ordered, and the one with `b` candidates below it is chosen in `C(b, n - 1) / C(N, n)` of the subsets.
public func firstIndexBestOfN(scores: [Double], correct: [Bool]) -> [Double] {
    // A later index loses a tie, so it comes first in ascending order.
    let order = ascendingOrder(scores, correct)
    return (1..<(order.count + 1)).map { n in
        var expected = 0.0
        for (below, index) in order.enumerated() where correct[index] {
            expected +=
                subsetShare(within: below + 1, of: order.count, size: n)
                - subsetShare(within: below, of: order.count, size: n)
        }
        return expected
    }
}

/// Candidates from the lowest score to the highest, of equal scores the highest index first.
private func ascendingOrder(_ scores: [Double], _ correct: [Bool]) -> [Int] {
    precondition(scores.count == correct.count, "There must be one score per candidate")
    precondition(!scores.contains { $0.isNaN }, "A score that is not a number cannot be ranked")
    return scores.indices.sorted { (scores[$0], $1) < (scores[$1], $0) }
}

/// `C(part, size) / C(total, size)`: the share of the subsets of that size that lie wholly within a part.
private func subsetShare(within part: Int, of total: Int, size: Int) -> Double {
    guard part >= size else { return 0 }
    var result = 1.0
    for draw in 0..<size { result *= Double(part - draw) / Double(total - draw) }
    return result
}

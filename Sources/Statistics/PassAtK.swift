// SPDX-License-Identifier: Apache-2.0

/// The probability that `k` samples drawn without replacement from `total` contain at least one of the `correct` ones.
///
/// The unbiased estimator of Chen et al. 2021 (arXiv 2107.03374, equation 1): `1 - C(total - correct, k) / C(total, k)`. The quotient of the binomial
/// coefficients is multiplied out over the `k` draws, so that nothing overflows.
///
/// - Parameters:
///   - total: how many samples there are, at least 1.
///   - correct: how many of them are correct, from 0 to `total`.
///   - k: how many are drawn, from 1 to `total`.
public func passAtK(correct: Int, of total: Int, k: Int) -> Double {
    checkPassAtK(correct: correct, total: total, k: k)
    guard total - correct >= k else { return 1 }
    var allWrong = 1.0
    for draw in 0..<k { allWrong *= Double(total - correct - draw) / Double(total - draw) }
    return 1 - allWrong
}

/// The same estimator as `passAtK(correct:of:k:)`, multiplied out over the correct samples: `1 - prod (1 - k / i)` for `i` in `total - correct + 1 ... total`.
///
/// The form of human-eval's `estimate_pass_at_k`, which LiveCodeBench and EvalPlus share. It agrees with theirs to the last bits and takes `correct`
/// steps instead of `k`.
public func passAtKOverCorrect(correct: Int, of total: Int, k: Int) -> Double {
    checkPassAtK(correct: correct, total: total, k: k)
    guard total - correct >= k else { return 1 }
    var allWrong = 1.0
    for index in (total - correct + 1)..<(total + 1) { allWrong *= 1 - Double(k) / Double(index) }
    return 1 - allWrong
}

private func checkPassAtK(correct: Int, total: Int, k: Int) {
    precondition(total >= 1, "pass@k needs at least one sample")
    precondition((0...total).contains(correct), "\(correct) of \(total) samples cannot be correct")
    precondition((1...total).contains(k), "\(k) of \(total) samples cannot be drawn")
}

// SPDX-License-Identifier: Apache-2.0
import ContentHash

/// One drawn candidate of a lattice problem.
public struct LatticeSample: Sendable, Hashable {
    public var problemID: String
    /// The sample's index, from 0.
    public var index: Int
    /// The variant chosen of each slot, in slot order.
    public var choice: [Int]
    public var program: String
    /// Whether all chosen variants are correct.
    public var isCorrect: Bool
}

extension LatticeProblem {
    /// The first `count` candidates that `seed` gives: the same bytes on every machine, and each independent of how many are drawn.
    public func sample(count: Int, seed: UInt64, style: LatticeStyle) -> [LatticeSample] {
        (0..<max(0, count)).map { index in
            var random = SplitMix64(
                hash: ContentHash.of("lattice sample", String(seed), id, style.rawValue, String(index)))
            let choice = slots.map { $0.draw(random.nextUnit()) }
            return LatticeSample(
                problemID: id, index: index, choice: choice, program: program(choice: choice, style: style),
                isCorrect: isCorrect(choice))
        }
    }
}

extension LatticeProblem.Slot {
    /// The variant in whose share of [0, 1) a number lies.
    fileprivate func draw(_ number: Double) -> Int {
        var sum = 0.0
        for (index, variant) in variants.enumerated() {
            sum += variant.probability
            if number < sum { return index }
        }
        // The probabilities sum to 1 but for rounding.
        return variants.lastIndex { $0.probability > 0 } ?? 0
    }
}

/// Steele, Lea and Flood's SplitMix64 (2014): a small generator whose numbers do not depend on the platform's library.
struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// Starts from the first 64 bits of a content hash.
    init(hash: String) { self.init(seed: UInt64(hash.prefix(16), radix: 16) ?? 0) }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
        return word ^ (word >> 31)
    }

    /// A number in [0, 1) on a grid of 2^-53.
    mutating func nextUnit() -> Double { Double(next() >> 11) * 0x1p-53 }
}

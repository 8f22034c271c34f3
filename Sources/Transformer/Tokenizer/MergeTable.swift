// SPDX-License-Identifier: Apache-2.0

/// Which pairs of tokens merge, how early, and into what.
struct MergeTable: Sendable {
    /// A merge in one number: its rank above, the token that it makes below, so that the least number is the earliest merge.
    typealias Merge = UInt64

    /// Stands for "these do not merge"; greater than every merge.
    static let none = Merge.max

    private struct Slot {
        var pair: UInt64
        var merge: Merge
    }

    /// Open addressing; a power of two of slots, at most half of them taken.
    private var slots: [Slot]
    private let shift: UInt64

    init(capacity: Int) {
        let count = max(16, capacity * 2).roundedUpToPowerOfTwo
        slots = Array(repeating: Slot(pair: .max, merge: Self.none), count: count)
        shift = UInt64(64 - count.trailingZeroBitCount)
    }

    /// Says that `left` and `right` make `token`. A later merge of the same pair takes the place of an earlier one, as in the reference library.
    mutating func insert(_ left: UInt32, _ right: UInt32, rank: Int, token: UInt32) {
        let pair = UInt64(left) << 32 | UInt64(right)
        var slot = start(pair)
        while slots[slot].pair != pair, slots[slot].pair != .max { slot = (slot + 1) & (slots.count - 1) }
        slots[slot] = Slot(pair: pair, merge: UInt64(rank) << 32 | UInt64(token))
    }

    func merge(_ left: UInt32, _ right: UInt32) -> Merge {
        let pair = UInt64(left) << 32 | UInt64(right)
        var slot = start(pair)
        while true {
            let found = slots[slot]
            if found.pair == pair { return found.merge }
            if found.pair == .max { return Self.none }
            slot = (slot + 1) & (slots.count - 1)
        }
    }

    private func start(_ pair: UInt64) -> Int { Int((pair &* 0x9e37_79b9_7f4a_7c15) >> shift) }
}

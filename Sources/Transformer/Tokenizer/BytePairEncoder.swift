// SPDX-License-Identifier: Apache-2.0

/// Byte-pair encoding of one piece of text: the earliest merge first, of equal ones the leftmost.
struct BytePairEncoder: Sendable {
    /// The token of each byte.
    var byteTokens: [UInt32]
    var merges: MergeTable

    /// Up to this length looking through all pairs for the earliest merge is faster than a heap.
    private static let shortPiece = 64

    /// What one call needs and the next one can use again.
    struct Room {
        var tokens: [UInt32] = []
        var merges: [MergeTable.Merge] = []
    }

    /// Leaves the tokens of `piece`, which is not empty, in `room.tokens`.
    func encode(_ piece: UnsafeBufferPointer<UInt8>, room: inout Room) {
        room.tokens.removeAll(keepingCapacity: true)
        for byte in piece { room.tokens.append(byteTokens[Int(byte)]) }
        if piece.count <= Self.shortPiece {
            mergeShort(&room)
        } else {
            room.tokens = mergeLong(room.tokens)
        }
    }

    private func mergeShort(_ room: inout Room) {
        room.merges.removeAll(keepingCapacity: true)
        for index in room.tokens.indices.dropFirst() {
            room.merges.append(merges.merge(room.tokens[index - 1], room.tokens[index]))
        }
        while true {
            var best = MergeTable.none
            var place = 0
            for (index, merge) in room.merges.enumerated() where merge < best {
                best = merge
                place = index
            }
            if best == MergeTable.none { return }
            room.tokens[place] = UInt32(truncatingIfNeeded: best)
            room.tokens.remove(at: place + 1)
            room.merges.remove(at: place)
            if place > 0 { room.merges[place - 1] = merges.merge(room.tokens[place - 1], room.tokens[place]) }
            if place < room.merges.count {
                room.merges[place] = merges.merge(room.tokens[place], room.tokens[place + 1])
            }
        }
    }

    /// The same in O(n log n): a linked list of tokens, and a heap of the merges with their places. An entry of the heap is out of date when its place
    /// has another merge by now; a token's bytes never come back at the same place as another pair, so the rank tells.
    private func mergeLong(_ bytes: [UInt32]) -> [UInt32] {
        let count = bytes.count
        var tokens = bytes
        var pairs = [MergeTable.Merge](repeating: MergeTable.none, count: count)
        var next = (1...count).map { Int32($0) }
        var previous = (-1..<count - 1).map { Int32($0) }
        var entries: [UInt64] = []
        for index in 0..<count - 1 {
            pairs[index] = merges.merge(tokens[index], tokens[index + 1])
            if pairs[index] != MergeTable.none { entries.append(Self.entry(pairs[index], at: index)) }
        }
        var heap = MinimumHeap(entries)
        while let entry = heap.popMinimum() {
            let place = Int(entry & 0xffff_ffff)
            guard pairs[place] != MergeTable.none, pairs[place] >> 32 == entry >> 32 else { continue }
            tokens[place] = UInt32(truncatingIfNeeded: pairs[place])
            let gone = Int(next[place])
            pairs[gone] = MergeTable.none
            next[place] = next[gone]
            let right = Int(next[place])
            pairs[place] = MergeTable.none
            if right < count {
                previous[right] = Int32(place)
                pairs[place] = merges.merge(tokens[place], tokens[right])
                if pairs[place] != MergeTable.none { heap.insert(Self.entry(pairs[place], at: place)) }
            }
            let left = Int(previous[place])
            if left >= 0 {
                pairs[left] = merges.merge(tokens[left], tokens[place])
                if pairs[left] != MergeTable.none { heap.insert(Self.entry(pairs[left], at: left)) }
            }
        }
        var result: [UInt32] = []
        var place = 0
        while place < count {
            result.append(tokens[place])
            place = Int(next[place])
        }
        return result
    }

    /// The rank above, the place below: the least entry is the leftmost of the earliest merges.
    private static func entry(_ merge: MergeTable.Merge, at place: Int) -> UInt64 {
        (merge & ~0xffff_ffff) | UInt64(place)
    }
}

/// A binary heap that gives the least number first.
struct MinimumHeap {
    private var values: [UInt64]

    init(_ values: [UInt64]) {
        self.values = values
        for index in stride(from: values.count / 2 - 1, through: 0, by: -1) { sink(index) }
    }

    mutating func insert(_ value: UInt64) {
        var index = values.count
        values.append(value)
        while index > 0, values[(index - 1) / 2] > value {
            values[index] = values[(index - 1) / 2]
            index = (index - 1) / 2
        }
        values[index] = value
    }

    mutating func popMinimum() -> UInt64? {
        guard let least = values.first, let last = values.popLast() else { return nil }
        if !values.isEmpty {
            values[0] = last
            sink(0)
        }
        return least
    }

    private mutating func sink(_ start: Int) {
        let value = values[start]
        var index = start
        while true {
            var child = index * 2 + 1
            guard child < values.count else { break }
            if child + 1 < values.count, values[child + 1] < values[child] { child += 1 }
            guard values[child] < value else { break }
            values[index] = values[child]
            index = child
        }
        values[index] = value
    }
}

// SPDX-License-Identifier: Apache-2.0

/// The bytes of each token, and the tokens of bytes. Keys are bytes: Swift's text would take canonically equivalent tokens for equal.
struct Vocabulary: Sendable {
    private struct Place {
        var start: Int
        /// Negative where no token has the id.
        var count: Int
    }

    private var pool: [UInt8] = []
    private var places: [Place] = []
    /// Ids by their hash; -1 in free slots. The count is a power of two and at least twice that of the tokens.
    private var slots: [Int32]
    private var used = 0

    init(minimumCapacity: Int) {
        slots = Array(repeating: -1, count: max(16, minimumCapacity * 2).roundedUpToPowerOfTwo)
        places.reserveCapacity(minimumCapacity)
        pool.reserveCapacity(minimumCapacity * 7)
    }

    /// The largest id and 1.
    var count: Int { places.count }

    func contains(_ id: Int) -> Bool { places.indices.contains(id) && places[id].count >= 0 }

    func bytes(of id: Int) -> ArraySlice<UInt8>? {
        guard contains(id) else { return nil }
        return pool[places[id].start..<places[id].start + places[id].count]
    }

    /// Stores a token; `isFindable` says whether `id(of:)` may answer it. The id must be free, and so must the bytes where they are to be found.
    mutating func insert(_ bytes: [UInt8], id: Int, isFindable: Bool) {
        while places.count <= id { places.append(Place(start: 0, count: -1)) }
        places[id] = Place(start: pool.count, count: bytes.count)
        pool += bytes
        guard isFindable else { return }
        used += 1
        if used * 2 > slots.count { grow() }
        bytes.withUnsafeBufferPointer { place(id, hash: Self.hash($0)) }
    }

    func id(of bytes: [UInt8]) -> Int? { bytes.withUnsafeBufferPointer { id(of: $0) } }

    func id(of bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        var slot = Int(truncatingIfNeeded: Self.hash(bytes)) & (slots.count - 1)
        while slots[slot] >= 0 {
            let place = places[Int(slots[slot])]
            if place.count == bytes.count, pool[place.start..<place.start + place.count].elementsEqual(bytes) {
                return Int(slots[slot])
            }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }

    private mutating func place(_ id: Int, hash: UInt64) {
        var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
        slots[slot] = Int32(id)
    }

    private mutating func grow() {
        let ids = slots.filter { $0 >= 0 }
        slots = Array(repeating: -1, count: slots.count * 2)
        for id in ids {
            let token = places[Int(id)]
            let hash = pool[token.start..<token.start + token.count].withUnsafeBufferPointer { Self.hash($0) }
            place(Int(id), hash: hash)
        }
    }

    private static func hash(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        return hash ^ hash >> 29
    }
}

extension Int {
    /// The least power of two that is not less.
    var roundedUpToPowerOfTwo: Int { self <= 1 ? 1 : 1 << (Int.bitWidth - (self - 1).leadingZeroBitCount) }
}

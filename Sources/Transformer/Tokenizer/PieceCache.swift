// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// The tokens of short pieces that were met before. A piece has one place, where it displaces what stood there: the size is fixed (512 KiB).
struct PieceCache: Sendable {
    static let longestPiece = 15
    static let mostTokens = 4
    private static let count = 1 << 14

    /// A piece's bytes with its length in the last of the sixteen, so that no key is zero.
    struct Key: Equatable {
        var low: UInt64
        var high: UInt64

        /// - Parameter piece: 1 to 15 bytes.
        init(_ piece: UnsafeBufferPointer<UInt8>) {
            low = 0
            high = UInt64(piece.count) << 56
            for index in 0..<min(8, piece.count) { low |= UInt64(piece[index]) << UInt64(index * 8) }
            for index in 8..<max(8, piece.count) { high |= UInt64(piece[index]) << UInt64(index * 8 - 64) }
        }

        fileprivate var slot: Int {
            let mixed = (low ^ high &* 0xff51_afd7_ed55_8ccd) &* 0x9e37_79b9_7f4a_7c15
            return Int(mixed >> 50)
        }
    }

    private struct Entry {
        var low: UInt64 = 0
        var high: UInt64 = 0
        var tokens = SIMD4<UInt32>(repeating: .max)
    }

    private var entries = [Entry](repeating: Entry(), count: Self.count)

    /// The tokens, `UInt32.max` behind the last; nil for a piece that is not here.
    func tokens(of key: Key) -> SIMD4<UInt32>? {
        let entry = entries[key.slot]
        return entry.low == key.low && entry.high == key.high ? entry.tokens : nil
    }

    /// - Parameter tokens: At most four.
    mutating func insert(_ tokens: [UInt32], for key: Key) {
        var entry = Entry(low: key.low, high: key.high)
        for (index, token) in tokens.enumerated() { entry.tokens[index] = token }
        entries[key.slot] = entry
    }
}

/// Lends a cache to each call that encodes, so that threads neither wait for one another nor begin with an empty one.
final class PieceCachePool: Sendable {
    private static let mostIdle = 64
    private let idle = Mutex<[PieceCache]>([])

    func withCache<Result>(_ body: (inout PieceCache) -> Result) -> Result {
        var cache = idle.withLock { $0.popLast() } ?? PieceCache()
        let result = body(&cache)
        idle.withLock { if $0.count < Self.mostIdle { $0.append(cache) } }
        return result
    }
}

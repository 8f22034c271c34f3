// SPDX-License-Identifier: Apache-2.0
import Foundation
public import PythonSource

/// What the embedded model reads of a prefix: static facts, and how often hashed token n-grams stand in it.
public struct PrefixFeatures: Sendable, Hashable {
    /// Counts squashed by ln(1 + x); in the order of `denseNames`.
    public var dense: [Float]
    /// Places in the table of n-grams, ascending, with values whose squares add up to 1.
    public var places: [Int32]
    public var values: [Float]

    /// What the features are; another version gives other numbers, so that models do not carry over.
    public static let version = 1

    public static let denseNames: [String] = {
        let facts = PythonFacts("")
        return facts.values.map(\.name) + StatementOverlap(facts, statement: StatementWords("")).values.map(\.name)
    }()

    /// - Parameters:
    ///   - buckets: the size of the table that n-grams are hashed into.
    ///   - order: the longest n-gram; 0 for none.
    public init(_ prefix: String, statement: StatementWords, buckets: Int, order: Int) {
        let facts = PythonFacts(prefix)
        let numbers = facts.values.map(\.value) + StatementOverlap(facts, statement: statement).values.map(\.value)
        dense = numbers.map { Float(log1p($0)) }
        (places, values) = Self.grams(prefix, buckets: buckets, order: order)
    }

    private static func grams(_ prefix: String, buckets: Int, order: Int) -> ([Int32], [Float]) {
        guard order > 0, buckets > 0 else { return ([], []) }
        var prefix = prefix
        let counts = prefix.withUTF8 { bytes in
            var counts: [Int32: Int] = [:]
            var last: [UInt64] = []
            for token in pythonTokens(String(decoding: bytes, as: UTF8.self)) {
                // All numbers of several digits, and all texts, count as one word each.
                let isLong = token.bytes.count > 2
                let hash: UInt64 =
                    switch token.kind {
                    case .string: 1
                    case .number where isLong: 2
                    default: fnv(bytes[token.bytes])
                    }
                last.append(hash)
                if last.count > order { last.removeFirst() }
                var gram: UInt64 = 0xcbf2_9ce4_8422_2325
                for word in last.reversed() {
                    gram = (gram ^ word) &* 0x9e37_79b9_7f4a_7c15
                    gram ^= gram >> 29
                    counts[Int32(gram % UInt64(buckets)), default: 0] += 1
                }
            }
            return counts
        }
        let sorted = counts.sorted { $0.key < $1.key }
        let raw = sorted.map { Float(log1p(Double($0.value))) }
        let length = raw.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return (sorted.map(\.key), raw.map { length > 0 ? $0 / length : 0 })
    }

    private static func fnv(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> UInt64 {
        bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}

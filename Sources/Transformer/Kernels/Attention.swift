// SPDX-License-Identifier: Apache-2.0
import LinearAlgebra

/// Which heads attend to which: several query heads share one head of keys and values (grouped-query attention).
struct AttentionShape: Sendable, Hashable {
    var queryHeads: Int
    var keyHeads: Int
    var headSize: Int

    var queryWidth: Int { queryHeads * headSize }
    var keyWidth: Int { keyHeads * headSize }

    /// Causal attention of new tokens to those before them and to themselves.
    ///
    /// - Parameters:
    ///   - queries: a row of `queryWidth` elements per new token.
    ///   - keys, values: a row of `keyWidth` elements per token, the new ones last.
    ///   - new, all: how many tokens are new, and how many there are with those before.
    ///   - result: a row of `queryWidth` elements per new token.
    func attend(
        queries: UnsafePointer<Float>, keys: UnsafePointer<Float>, values: UnsafePointer<Float>, new: Int, all: Int,
        into result: UnsafeMutablePointer<Float>, threads: Int = 1
    ) {
        precondition(new > 0 && all >= new)
        attend(
            queries: queries, at: Array(all - new..<all), keys: keys, values: values, into: result, threads: threads)
    }

    /// Rows of queries that are worked on at a time: their scores stay in the cache, and tokens that none of them sees cost nothing.
    static let block = 128

    /// Causal attention of tokens at some positions to those before them and to themselves.
    ///
    /// - Parameters:
    ///   - queries: a row of `queryWidth` elements per position.
    ///   - positions: where the queries' tokens are among the keys', in ascending order.
    ///   - keys, values: a row of `keyWidth` elements per token, as many as the last position sees.
    ///   - result: a row of `queryWidth` elements per position.
    func attend(
        queries: UnsafePointer<Float>, at positions: [Int], keys: UnsafePointer<Float>, values: UnsafePointer<Float>,
        into result: UnsafeMutablePointer<Float>, threads: Int
    ) {
        precondition(queryHeads % keyHeads == 0)
        guard let last = positions.last else { return }
        _ = BLASCore.name
        inParallel(queryHeads, threads: threads) { head in
            let room = min(Self.block, positions.count) * (last + 1)
            withUnsafeTemporaryAllocation(of: Float.self, capacity: room) { scores in
                guard let scores = scores.baseAddress else { return }
                for first in stride(from: 0, to: positions.count, by: Self.block) {
                    let rows = first..<min(first + Self.block, positions.count)
                    let seen = weigh(head, rows, queries: queries, at: positions, keys: keys, into: scores)
                    multiply(
                        MatrixView(scores, rows: rows.count, columns: seen),
                        MatrixView(
                            values + keyColumn(head), rows: seen, columns: headSize, stride: keyWidth),
                        into: result + first * queryWidth + head * headSize, resultStride: queryWidth)
                }
            }
        }
    }

    /// Where the keys of a query head begin in a row of keys.
    func keyColumn(_ head: Int) -> Int { head / (queryHeads / keyHeads) * headSize }

    /// The attention weights of one head's queries.
    ///
    /// - Parameters:
    ///   - rows: which of the queries.
    ///   - scores: a row per query, with a weight per token that the last of them sees; 0 for what a query does not see.
    /// - Returns: how many tokens the last query sees.
    func weigh(
        _ head: Int, _ rows: Range<Int>, queries: UnsafePointer<Float>, at positions: [Int],
        keys: UnsafePointer<Float>, into scores: UnsafeMutablePointer<Float>
    ) -> Int {
        let all = positions[rows.upperBound - 1] + 1
        multiply(
            MatrixView(
                queries + rows.lowerBound * queryWidth + head * headSize, rows: rows.count, columns: headSize,
                stride: queryWidth),
            MatrixView(keys + keyColumn(head), rows: all, columns: headSize, stride: keyWidth), transposesRight: true,
            into: scores, resultStride: all, factor: factor)
        for row in 0..<rows.count {
            let seen = positions[rows.lowerBound + row] + 1
            softmax(scores + row * all, count: seen)
            // What comes later is not seen.
            (scores + row * all + seen).update(repeating: 0, count: all - seen)
        }
        return all
    }

    /// What products of queries and keys are multiplied with.
    var factor: Float { 1 / Float(headSize).squareRoot() }
}

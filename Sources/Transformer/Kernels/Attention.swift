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
        precondition(new > 0 && all >= new && queryHeads % keyHeads == 0)
        let past = all - new
        let group = queryHeads / keyHeads
        let factor = 1 / Float(headSize).squareRoot()
        _ = BLASCore.name
        inParallel(queryHeads, threads: threads) { head in
            withUnsafeTemporaryAllocation(of: Float.self, capacity: new * all) { scores in
                guard let scores = scores.baseAddress else { return }
                let keyHead = head / group * headSize
                multiply(
                    MatrixView(queries + head * headSize, rows: new, columns: headSize, stride: queryWidth),
                    MatrixView(keys + keyHead, rows: all, columns: headSize, stride: keyWidth), transposesRight: true,
                    into: scores, resultStride: all, factor: factor)
                for row in 0..<new {
                    let seen = past + row + 1
                    softmax(scores + row * all, count: seen)
                    // What comes later is not seen.
                    (scores + row * all + seen).update(repeating: 0, count: all - seen)
                }
                multiply(
                    MatrixView(scores, rows: new, columns: all),
                    MatrixView(values + keyHead, rows: all, columns: headSize, stride: keyWidth),
                    into: result + head * headSize, resultStride: queryWidth)
            }
        }
    }
}

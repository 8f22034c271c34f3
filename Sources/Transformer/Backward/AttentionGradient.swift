// SPDX-License-Identifier: Apache-2.0
import LinearAlgebra

extension AttentionShape {
    /// Gradients by queries, keys and values, where `attend` was given them.
    struct Gradients {
        /// A row of `queryWidth` elements per query.
        var queries: UnsafeMutablePointer<Float>
        /// A row of `keyWidth` elements per token.
        var keys: UnsafeMutablePointer<Float>
        var values: UnsafeMutablePointer<Float>
        /// Room for a row of `queryWidth` elements per token: each query head's part of the gradients by keys and values.
        var keyParts: UnsafeMutablePointer<Float>
        var valueParts: UnsafeMutablePointer<Float>
    }

    /// The gradients of causal attention. Weights are computed a second time, a block of queries after another, so that a sequence needs no square of its length.
    ///
    /// With weights P = softmax(S) and dP = dO Vᵀ: dV = Pᵀ dO, dS = P ∘ (dP − dO · O), dQ = factor · dS K, dK = factor · dSᵀ Q.
    ///
    /// - Parameters:
    ///   - queries, positions, keys, values: as `attend` was given them; the last position sees all keys.
    ///   - result: what `attend` gave.
    ///   - outcome: a loss's gradient by that result.
    func attendBack(
        queries: UnsafePointer<Float>, at positions: [Int], keys: UnsafePointer<Float>, values: UnsafePointer<Float>,
        result: UnsafePointer<Float>, outcome: UnsafePointer<Float>, into gradients: Gradients, threads: Int
    ) {
        guard let last = positions.last else { return }
        let all = last + 1
        _ = BLASCore.name
        inParallel(queryHeads, threads: threads) { head in
            let height = min(Self.block, positions.count)
            withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * height * all) { room in
                guard let weights = room.baseAddress else { return }
                let changes = weights + height * all
                // From the last block, which sees all tokens: it sets what the others add to.
                for first in stride(from: 0, to: positions.count, by: Self.block).reversed() {
                    let rows = first..<min(first + Self.block, positions.count)
                    let seen = weigh(head, rows, queries: queries, at: positions, keys: keys, into: weights)
                    let sets = rows.upperBound == positions.count
                    let place = first * queryWidth + head * headSize
                    func part(_ start: UnsafePointer<Float>) -> MatrixView {
                        MatrixView(start + place, rows: rows.count, columns: headSize, stride: queryWidth)
                    }
                    func shared(_ start: UnsafePointer<Float>) -> MatrixView {
                        MatrixView(start + keyColumn(head), rows: seen, columns: headSize, stride: keyWidth)
                    }
                    multiply(
                        MatrixView(weights, rows: rows.count, columns: seen), transposesLeft: true, part(outcome),
                        into: gradients.valueParts + head * headSize, resultStride: queryWidth, scale: sets ? 0 : 1)
                    multiply(
                        part(outcome), shared(values), transposesRight: true, into: changes, resultStride: seen)
                    for row in 0..<rows.count {
                        var sum: Float = 0
                        for column in place + row * queryWidth..<place + row * queryWidth + headSize {
                            sum += outcome[column] * result[column]
                        }
                        for column in row * seen..<(row + 1) * seen {
                            changes[column] = weights[column] * (changes[column] - sum)
                        }
                    }
                    let scores = MatrixView(changes, rows: rows.count, columns: seen)
                    multiply(
                        scores, shared(keys), into: gradients.queries + place, resultStride: queryWidth, factor: factor)
                    multiply(
                        scores, transposesLeft: true, part(queries), into: gradients.keyParts + head * headSize,
                        resultStride: queryWidth, factor: factor, scale: sets ? 0 : 1)
                }
            }
        }
        inParallel(all, threads: threads) { token in
            sumHeads(gradients.keyParts + token * queryWidth, into: gradients.keys + token * keyWidth)
            sumHeads(gradients.valueParts + token * queryWidth, into: gradients.values + token * keyWidth)
        }
    }

    /// The sums over query heads that share a head of keys.
    private func sumHeads(_ parts: UnsafePointer<Float>, into result: UnsafeMutablePointer<Float>) {
        result.update(repeating: 0, count: keyWidth)
        for head in 0..<queryHeads {
            let target = result + keyColumn(head)
            for column in 0..<headSize { target[column] += parts[head * headSize + column] }
        }
    }
}

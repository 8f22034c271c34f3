// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Rotary position embedding in the half-split form of Qwen2 and Llama: element i of a head turns together with element i + d/2.
struct RotaryEmbedding: Sendable {
    /// Elements of one head, an even number.
    let headSize: Int
    /// The angle per position of each pair.
    private let frequencies: [Double]

    init(headSize: Int, base: Double) {
        precondition(headSize > 0 && headSize % 2 == 0)
        self.headSize = headSize
        frequencies = (0..<headSize / 2).map { pow(base, -Double(2 * $0) / Double(headSize)) }
    }

    /// Turns every head of every row by the row's position.
    ///
    /// - Parameters:
    ///   - rows: one row per position, `heads × headSize` elements, `stride` elements apart.
    func apply(to rows: UnsafeMutablePointer<Float>, positions: [Int], heads: Int, stride: Int) {
        let half = headSize / 2
        var cosines = [Float](repeating: 0, count: half)
        var sines = [Float](repeating: 0, count: half)
        for (row, position) in positions.enumerated() {
            for pair in 0..<half {
                let angle = Double(position) * frequencies[pair]
                cosines[pair] = Float(cos(angle))
                sines[pair] = Float(sin(angle))
            }
            for head in 0..<heads {
                let values = rows + row * stride + head * headSize
                for pair in 0..<half {
                    let first = values[pair]
                    let second = values[pair + half]
                    values[pair] = first * cosines[pair] - second * sines[pair]
                    values[pair + half] = second * cosines[pair] + first * sines[pair]
                }
            }
        }
    }
}

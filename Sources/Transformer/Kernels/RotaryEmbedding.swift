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

    /// The angles of some positions.
    func table(_ positions: [Int]) -> RotaryTable {
        let half = headSize / 2
        var cosines = [Float](repeating: 0, count: positions.count * half)
        var sines = cosines
        for (entry, position) in positions.enumerated() {
            for pair in 0..<half {
                let angle = Double(position) * frequencies[pair]
                cosines[entry * half + pair] = Float(cos(angle))
                sines[entry * half + pair] = Float(sin(angle))
            }
        }
        return RotaryTable(headSize: headSize, cosines: cosines, sines: sines)
    }

    /// Turns every head of every row by the row's position.
    ///
    /// - Parameters:
    ///   - rows: one row per position, `heads × headSize` elements, `stride` elements apart.
    func apply(to rows: UnsafeMutablePointer<Float>, positions: [Int], heads: Int, stride: Int) {
        table(positions).apply(to: rows, entries: Array(positions.indices), heads: heads, stride: stride)
    }
}

/// Cosines and sines of some positions' angles, computed once for all layers.
struct RotaryTable: Sendable {
    let headSize: Int
    fileprivate let cosines: [Float]
    fileprivate let sines: [Float]

    /// Turns every head of every row by the angles of its entry.
    ///
    /// - Parameters:
    ///   - rows: one row per entry, `heads × headSize` elements, `stride` elements apart.
    ///   - entries: which of the table's positions each row has.
    ///   - back: whether rows are turned by the negative angles: what takes a gradient by turned rows to one by the rows before.
    func apply(
        to rows: UnsafeMutablePointer<Float>, entries: [Int], heads: Int, stride: Int, back: Bool = false,
        threads: Int = 1
    ) {
        let half = headSize / 2
        cosines.withUnsafeBufferPointer { cosines in
            sines.withUnsafeBufferPointer { sines in
                inParallel(entries.count, threads: threads) { row in
                    let place = entries[row] * half
                    for head in 0..<heads {
                        let values = rows + row * stride + head * headSize
                        for pair in 0..<half {
                            let first = values[pair]
                            let second = values[pair + half]
                            let cosine = cosines[place + pair]
                            let sine = back ? -sines[place + pair] : sines[place + pair]
                            values[pair] = first * cosine - second * sine
                            values[pair + half] = second * cosine + first * sine
                        }
                    }
                }
            }
        }
    }
}

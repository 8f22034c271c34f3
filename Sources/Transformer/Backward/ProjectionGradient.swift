// SPDX-License-Identifier: Apache-2.0
import LinearAlgebra

extension Projection {
    /// Inputs that are worked on at a time, the same for any number of threads.
    static let inputTile = 128
    /// Outputs that are summed at a time where weights must be widened: with a tile of inputs they fit the cache.
    static let outputTile = 512

    /// The gradient by a linear layer's inputs, `result = rows × weights`.
    ///
    /// - Parameters:
    ///   - rows: `count` rows of `outputs` elements: a loss's gradient by the layer's outputs.
    ///   - result: `count` rows of `inputs` elements.
    ///   - adds: whether the product is added to what the result holds.
    ///   - threads: how many tiles are worked on at the same time.
    func applyBack(
        to rows: UnsafePointer<Float>, count: Int, into result: UnsafeMutablePointer<Float>, adds: Bool, threads: Int
    ) {
        guard count > 0 else { return }
        // Chosen before many threads would.
        _ = BLASCore.name
        inParallel((inputs + Self.inputTile - 1) / Self.inputTile, threads: threads) { tile in
            let first = tile * Self.inputTile
            let width = min(Self.inputTile, inputs - first)
            if case .float32(let all) = weights {
                multiply(
                    MatrixView(rows, rows: count, columns: outputs),
                    MatrixView(all + first, rows: outputs, columns: width, stride: inputs), into: result + first,
                    resultStride: inputs, scale: adds ? 1 : 0)
                return
            }
            withUnsafeTemporaryAllocation(of: Float.self, capacity: min(Self.outputTile, outputs) * width) { room in
                guard let room = room.baseAddress else { return }
                for output in stride(from: 0, to: outputs, by: Self.outputTile) {
                    let height = min(Self.outputTile, outputs - output)
                    for row in 0..<height {
                        widenPart((output + row) * inputs + first, count: width, into: room + row * width)
                    }
                    multiply(
                        MatrixView(rows + output, rows: count, columns: height, stride: outputs),
                        MatrixView(room, rows: height, columns: width), into: result + first, resultStride: inputs,
                        scale: adds || output > 0 ? 1 : 0)
                }
            }
        }
    }

    /// Some weights as float32.
    func widenPart(_ first: Int, count: Int, into result: UnsafeMutablePointer<Float>) {
        switch weights {
        case .float32(let all): result.update(from: all + first, count: count)
        case .bfloat16(let all): widen(all + first, count: count, into: result)
        case .float16(let all): widenHalf(all + first, count: count, into: result)
        }
    }
}

extension TransformerWeights.Linear {
    /// The gradient by the inputs, from that by the outputs.
    func applyBack(
        to rows: UnsafePointer<Float>, count: Int, into result: UnsafeMutablePointer<Float>, adds: Bool = false,
        threads: Int
    ) {
        Projection(weights: elements, bias: nil, inputs: inputs, outputs: outputs)
            .applyBack(to: rows, count: count, into: result, adds: adds, threads: threads)
    }
}

// SPDX-License-Identifier: Apache-2.0
import LinearAlgebra

extension LoRAAdapter {
    /// Rows that are worked on at a time, the same for any number of threads.
    private static let block = 64

    /// Adds `scale · B (A x)` to a linear layer's results; nothing where the layer has no adapter.
    ///
    /// - Parameters:
    ///   - rows: `count` rows of the layer's inputs.
    ///   - positions: of the rows' tokens in their sequence; read where elements are left out.
    ///   - dropout: nil leaves none out.
    ///   - result: `count` rows of the layer's outputs.
    func add(
        _ layer: Int, _ target: LoRASettings.Target, of rows: UnsafePointer<Float>, count: Int,
        at positions: [Int] = [],
        dropout: Dropout? = nil, into result: UnsafeMutablePointer<Float>, threads: Int
    ) {
        guard let place = place(layer, target), count > 0 else { return }
        let rank = settings.rank
        _ = BLASCore.name
        parameters.withUnsafeBufferPointer { parameters in
            guard let start = parameters.baseAddress else { return }
            inParallel((count + Self.block - 1) / Self.block, threads: threads) { block in
                let first = block * Self.block
                let height = min(Self.block, count - first)
                let dropped = dropout == nil ? 0 : height * place.inputs
                withUnsafeTemporaryAllocation(of: Float.self, capacity: height * rank + dropped) { room in
                    guard let small = room.baseAddress else { return }
                    var inputs = rows + first * place.inputs
                    if let dropout {
                        let kept = small + height * rank
                        dropout.apply(
                            layer, target, to: inputs, at: positions[first..<first + height], width: place.inputs,
                            into: kept)
                        inputs = UnsafePointer(kept)
                    }
                    multiply(
                        MatrixView(inputs, rows: height, columns: place.inputs),
                        MatrixView(start + place.a, rows: rank, columns: place.inputs), transposesRight: true,
                        into: small, resultStride: rank, factor: settings.scale)
                    multiply(
                        MatrixView(small, rows: height, columns: rank),
                        MatrixView(start + place.b, rows: place.outputs, columns: rank), transposesRight: true,
                        into: result + first * place.outputs, resultStride: place.outputs, scale: 1)
                }
            }
        }
    }

    /// Numbers of room that `addGradient` needs for each row.
    static func room(_ settings: LoRASettings, _ shape: TransformerShape) -> Int {
        2 * settings.rank + (settings.dropout > 0 ? max(shape.width, shape.attention.queryWidth) : 0)
    }

    /// Adds to the gradients of a layer's two matrices and, where asked for, of its inputs; nothing where the layer has no adapter.
    ///
    /// - Parameters:
    ///   - rows, positions, dropout: as `add` was given them.
    ///   - outcome: a loss's gradient by the layer's outputs.
    ///   - inputGradient: `count` rows of the layer's inputs; nil where nobody asks.
    ///   - gradient: as long as the parameters.
    ///   - room: `count` times what `room` says.
    func addGradient(
        _ layer: Int, _ target: LoRASettings.Target, of rows: UnsafePointer<Float>, count: Int, at positions: [Int],
        dropout: Dropout?, outcome: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Float>?,
        gradient: UnsafeMutablePointer<Float>, room: UnsafeMutablePointer<Float>, threads: Int
    ) {
        guard let place = place(layer, target), count > 0 else { return }
        let rank = settings.rank
        let (inputs, outputs) = (place.inputs, place.outputs)
        // scale · A x, scale · Bᵀ (gradient by outputs), and the inputs with elements left out.
        let (inner, innerGradient, kept) = (room, room + count * rank, room + 2 * count * rank)
        let seen = dropout == nil ? rows : UnsafePointer(kept)
        _ = BLASCore.name
        parameters.withUnsafeBufferPointer { parameters in
            guard let start = parameters.baseAddress else { return }
            let a = MatrixView(start + place.a, rows: rank, columns: inputs)
            let b = MatrixView(start + place.b, rows: outputs, columns: rank)
            inParallel((count + Self.block - 1) / Self.block, threads: threads) { block in
                let first = block * Self.block
                let height = min(Self.block, count - first)
                let here = positions.isEmpty ? [] : positions[first..<first + height]
                dropout?.apply(
                    layer, target, to: rows + first * inputs, at: here, width: inputs, into: kept + first * inputs)
                multiply(
                    MatrixView(seen + first * inputs, rows: height, columns: inputs), a, transposesRight: true,
                    into: inner + first * rank, resultStride: rank, factor: settings.scale)
                multiply(
                    MatrixView(outcome + first * outputs, rows: height, columns: outputs), b,
                    into: innerGradient + first * rank, resultStride: rank, factor: settings.scale)
                guard let inputGradient else { return }
                let left = MatrixView(innerGradient + first * rank, rows: height, columns: rank)
                let sum = inputGradient + first * inputs
                guard let dropout else {
                    multiply(left, a, into: sum, resultStride: inputs, scale: 1)
                    return
                }
                withUnsafeTemporaryAllocation(of: Float.self, capacity: height * inputs) { part in
                    guard let part = part.baseAddress else { return }
                    multiply(left, a, into: part, resultStride: inputs)
                    dropout.apply(layer, target, to: part, at: here, width: inputs, into: part)
                    for place in 0..<height * inputs { sum[place] += part[place] }
                }
            }
        }
        // By columns, so that each number is one sum over all rows.
        inParallel((outputs + Self.block - 1) / Self.block, threads: threads) { tile in
            let first = tile * Self.block
            multiply(
                MatrixView(outcome + first, rows: count, columns: min(Self.block, outputs - first), stride: outputs),
                transposesLeft: true, MatrixView(inner, rows: count, columns: rank),
                into: gradient + place.b + first * rank, resultStride: rank, scale: 1)
        }
        inParallel((inputs + Self.block - 1) / Self.block, threads: threads) { tile in
            let first = tile * Self.block
            multiply(
                MatrixView(innerGradient, rows: count, columns: rank), transposesLeft: true,
                MatrixView(seen + first, rows: count, columns: min(Self.block, inputs - first), stride: inputs),
                into: gradient + place.a + first, resultStride: inputs, scale: 1)
        }
    }
}

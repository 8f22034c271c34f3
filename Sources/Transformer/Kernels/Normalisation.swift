// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Root-mean-square normalisation of rows: x / √(mean x² + ε), times a weight per column.
///
/// - Parameters:
///   - rows: as many rows of `weight.count` elements as `result` holds; may be `result` itself.
func normaliseRows(
    _ rows: UnsafePointer<Float>, count: Int, weight: UnsafeBufferPointer<Float>, epsilon: Float,
    into result: UnsafeMutablePointer<Float>
) {
    let width = weight.count
    for row in 0..<count {
        let source = rows + row * width
        let target = result + row * width
        var sum: Float = 0
        // Sixteen partial sums: the compiler keeps them in vector registers.
        var partial = SIMD16<Float>.zero
        let whole = width / 16 * 16
        for column in stride(from: 0, to: whole, by: 16) {
            let values = UnsafeRawPointer(source + column).loadUnaligned(as: SIMD16<Float>.self)
            partial += values * values
        }
        sum = partial.sum()
        for column in whole..<width { sum += source[column] * source[column] }
        let scale = 1 / (sum / Float(width) + epsilon).squareRoot()
        for column in 0..<width { target[column] = source[column] * scale * weight[column] }
    }
}

// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Adds the gradient by rows that were normalised (`normaliseRows`), from that by the results.
///
/// With s = 1 / √(mean x² + ε) and g = weight × gradient, it is s g − x s³ (x · g) / width.
///
/// - Parameters:
///   - rows: `count` rows of `weight.count` elements before normalisation.
///   - outcome: a loss's gradient by the normalised rows.
///   - result: `count` rows, to which the gradient by `rows` is added.
func addNormalisationGradient(
    _ rows: UnsafePointer<Float>, count: Int, weight: UnsafeBufferPointer<Float>, epsilon: Float,
    outcome: UnsafePointer<Float>, into result: UnsafeMutablePointer<Float>
) {
    let width = weight.count
    guard let weight = weight.baseAddress else { return }
    for row in 0..<count {
        let values = rows + row * width
        let gradient = outcome + row * width
        let target = result + row * width
        var squares = SIMD8<Float>.zero
        var products = SIMD8<Float>.zero
        for column in stride(from: 0, to: width, by: 8) {
            let left = width - column
            let x = load(values + column, count: left, filler: 0)
            squares += x * x
            products +=
                x * load(gradient + column, count: left, filler: 0) * load(weight + column, count: left, filler: 0)
        }
        let scale = 1 / (squares.sum() / Float(width) + epsilon).squareRoot()
        let share = scale * scale * scale * products.sum() / Float(width)
        for column in 0..<width {
            target[column] += scale * weight[column] * gradient[column] - share * values[column]
        }
    }
}

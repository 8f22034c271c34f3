// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The gate of a SwiGLU layer: `gate × σ(gate) × up`, element by element, into `gate`.
func gateWithSwish(_ gate: UnsafeMutablePointer<Float>, _ up: UnsafePointer<Float>, count: Int) {
    for index in 0..<count {
        let value = gate[index]
        gate[index] = value / (1 + exp(-value)) * up[index]
    }
}

/// Softmax of a row, in place, without overflow. What is minus infinity becomes 0.
func softmax(_ row: UnsafeMutablePointer<Float>, count: Int) {
    var greatest = -Float.infinity
    for index in 0..<count { greatest = max(greatest, row[index]) }
    guard greatest > -.infinity else { return }
    var sum: Float = 0
    for index in 0..<count {
        let value = exp(row[index] - greatest)
        row[index] = value
        sum += value
    }
    let scale = 1 / sum
    for index in 0..<count { row[index] *= scale }
}

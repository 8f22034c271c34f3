// SPDX-License-Identifier: Apache-2.0

/// The gate of a SwiGLU layer: `gate × σ(gate) × up`, element by element, into `gate`.
func gateWithSwish(_ gate: UnsafeMutablePointer<Float>, _ up: UnsafePointer<Float>, count: Int) {
    for start in stride(from: 0, to: count, by: 8) {
        let values = load(gate + start, count: count - start, filler: 0)
        let factors = load(up + start, count: count - start, filler: 0)
        store(values / (1 + exponential(-values)) * factors, to: gate + start, count: count - start)
    }
}

/// Softmax of a row, in place, without overflow. What is minus infinity becomes next to nothing.
func softmax(_ row: UnsafeMutablePointer<Float>, count: Int) {
    var greatest = SIMD8<Float>(repeating: -.infinity)
    for start in stride(from: 0, to: count, by: 8) {
        let values = load(row + start, count: count - start, filler: -.infinity)
        greatest = larger(greatest, values)
    }
    let maximum = greatest.max()
    guard maximum > -.infinity else { return }
    var sum = SIMD8<Float>.zero
    for start in stride(from: 0, to: count, by: 8) {
        let values = exponential(load(row + start, count: count - start, filler: -.infinity) - maximum)
        store(values, to: row + start, count: count - start)
        sum += values
    }
    let scale = 1 / sum.sum()
    for index in 0..<count { row[index] *= scale }
}

// SPDX-License-Identifier: Apache-2.0

/// The gradients by both inputs of a SwiGLU gate (`gateWithSwish`), in place of the inputs.
///
/// With s = σ(gate): by `up` it is outcome · gate · s, by `gate` outcome · up · s (1 + gate (1 − s)).
///
/// - Parameter outcome: a loss's gradient by the gated values.
func swishGradient(
    _ gate: UnsafeMutablePointer<Float>, _ up: UnsafeMutablePointer<Float>, outcome: UnsafePointer<Float>, count: Int
) {
    for start in stride(from: 0, to: count, by: 8) {
        let left = count - start
        let values = load(gate + start, count: left, filler: 0)
        let factors = load(up + start, count: left, filler: 0)
        let gradient = load(outcome + start, count: left, filler: 0)
        let sigmoid = 1 / (1 + exponential(-values))
        store(gradient * values * sigmoid, to: up + start, count: left)
        store(gradient * factors * sigmoid * (1 + values * (1 - sigmoid)), to: gate + start, count: left)
    }
}

// SPDX-License-Identifier: Apache-2.0

/// The arithmetic mean, summed in the given order; nil for no values.
public func mean(_ values: [Double]) -> Double? {
    values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
}

/// The share of true values; nil for no values.
public func share(_ values: [Bool]) -> Double? {
    values.isEmpty ? nil : Double(values.count { $0 }) / Double(values.count)
}

/// How much of the room between `baseline` and `ceiling` a value uses: 0 at the baseline, 1 at the ceiling, negative below the baseline.
///
/// With a pool's mean and its oracle this is the normalised gain of a selector, `(selected - mean) / (oracle - mean)`.
///
/// - Returns: nil where there is no room, because the ceiling does not lie above the baseline.
public func normalisedGain(of value: Double, over baseline: Double, ceiling: Double) -> Double? {
    ceiling > baseline ? (value - baseline) / (ceiling - baseline) : nil
}

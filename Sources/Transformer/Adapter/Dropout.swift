// SPDX-License-Identifier: Apache-2.0

/// Random numbers by their index: the same seed and index always give the same number, in whatever order they are asked for.
///
/// The finaliser of SplitMix64 (Steele, Lea and Flood, 2014), which that generator applies to such a count.
struct CountedNumbers: Sendable {
    private let key: UInt64

    init(seed: UInt64) { key = Self.mix(seed &+ 0x9e37_79b9_7f4a_7c15) }

    /// Numbers for a purpose, independent of those for others.
    func part(_ purpose: UInt64) -> CountedNumbers { CountedNumbers(seed: self[purpose]) }

    subscript(index: UInt64) -> UInt64 {
        @inline(__always) get { Self.mix(key &+ index &* 0x9e37_79b9_7f4a_7c15) }
    }

    @inline(__always) private static func mix(_ number: UInt64) -> UInt64 {
        var z = number
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

/// Which elements of an adapter's inputs are left out in one pass over one sequence: by seed, sequence, layer, target, position and column only, so that what
/// is computed a second time has the same elements left out.
struct Dropout: Sendable {
    private let numbers: CountedNumbers
    /// Elements whose 32 random bits are below are left out.
    private let threshold: UInt32
    /// What the others are multiplied with, so that the expectation stays.
    private let factor: Float

    /// - Parameter probability: at least 0 and below 1; nil comes of 0.
    init?(probability: Double, seed: UInt64, sequence: Int) {
        guard probability > 0 else { return nil }
        numbers = CountedNumbers(seed: seed).part(UInt64(sequence))
        threshold = UInt32(min(probability * 4_294_967_296, 4_294_967_295))
        factor = Float(1 / (1 - probability))
    }

    /// Writes rows with elements left out; `result` may be the rows themselves.
    ///
    /// - Parameter positions: of the rows' tokens in their sequence.
    func apply(
        _ layer: Int, _ target: LoRASettings.Target, to rows: UnsafePointer<Float>, at positions: ArraySlice<Int>,
        width: Int, into result: UnsafeMutablePointer<Float>
    ) {
        let targets = LoRASettings.Target.allCases
        let numbers = numbers.part(UInt64(layer * targets.count + (targets.firstIndex(of: target) ?? 0)))
        for (row, position) in positions.enumerated() {
            let source = rows + row * width
            let kept = result + row * width
            let start = UInt64(position) << 32
            for column in stride(from: 0, to: width, by: 2) {
                let bits = numbers[start | UInt64(column)]
                kept[column] = UInt32(truncatingIfNeeded: bits) < threshold ? 0 : source[column] * factor
                if column + 1 < width {
                    kept[column + 1] = UInt32(bits >> 32) < threshold ? 0 : source[column + 1] * factor
                }
            }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0

/// eˣ of eight numbers, to within two units in the last place; for x below -87 it is e⁻⁸⁷, which is next to nothing, and above 88 it is e⁸⁸.
///
/// Eight, because more spill out of the registers that every x86-64 processor has. x = n ln 2 + r with |r| ≤ ln 2 / 2; eʳ by its series up to r⁷, and 2ⁿ by the bits of the exponent. Nothing but operations that every vector unit has.
@inline(__always)
func exponential(_ x: SIMD8<Float>) -> SIMD8<Float> {
    let bounded = larger(smaller(x, SIMD8(repeating: 88)), SIMD8(repeating: -87))
    // Added to this, a number has no room for a fraction: its lowest bits are the nearest whole number.
    let shift: Float = 12_582_912
    let shifted = bounded * 1.442_695_04 + shift
    let n = shifted - shift
    // ln 2 in two parts, so that the product of n with the first is exact.
    let r = (bounded - n * 0.693_359_375) + n * 2.121_944_4e-4
    var sum = SIMD8<Float>(repeating: 1 / 5040)
    sum = sum * r + (1 / 720)
    sum = sum * r + (1 / 120)
    sum = sum * r + (1 / 24)
    sum = sum * r + (1 / 6)
    sum = sum * r + 0.5
    sum = sum * r + 1
    sum = sum * r + 1
    let bits = unsafeBitCast(shifted, to: SIMD8<UInt32>.self) &- SIMD8(repeating: shift.bitPattern &- 127)
    return sum * unsafeBitCast(bits &<< 23, to: SIMD8<Float>.self)
}

/// The larger of two numbers, lane by lane; the standard library's `pointwiseMax` goes through the lanes one after the other.
@inline(__always)
func larger(_ first: SIMD8<Float>, _ second: SIMD8<Float>) -> SIMD8<Float> {
    first.replacing(with: second, where: first .< second)
}

/// The smaller of two numbers, lane by lane.
@inline(__always)
func smaller(_ first: SIMD8<Float>, _ second: SIMD8<Float>) -> SIMD8<Float> {
    first.replacing(with: second, where: second .< first)
}

/// Eight numbers from memory, of which only the first `count` are read; the others are `filler`.
@inline(__always)
func load(_ start: UnsafePointer<Float>, count: Int, filler: Float) -> SIMD8<Float> {
    if count >= 8 { return UnsafeRawPointer(start).loadUnaligned(as: SIMD8<Float>.self) }
    var values = SIMD8<Float>(repeating: filler)
    for index in 0..<count { values[index] = start[index] }
    return values
}

/// Writes the first `count` of eight numbers.
@inline(__always)
func store(_ values: SIMD8<Float>, to start: UnsafeMutablePointer<Float>, count: Int) {
    if count >= 8 {
        UnsafeMutableRawPointer(start).storeBytes(of: values, as: SIMD8<Float>.self)
    } else {
        for index in 0..<count { start[index] = values[index] }
    }
}

// SPDX-License-Identifier: Apache-2.0
import LinearAlgebra

/// The elements of a weight matrix, row by row, where they lie in memory.
///
/// Sendable, because the memory is never written: whoever makes a model promises so.
enum WeightElements: @unchecked Sendable {
    case float32(UnsafePointer<Float>)
    case bfloat16(UnsafePointer<UInt16>)
    case float16(UnsafePointer<UInt16>)
}

/// A linear layer: `outputs × inputs` weights and, where it has one, a bias.
///
/// Weights in half precision stay so in memory: a tile at a time is widened to float32 and multiplied while it is in the cache.
struct Projection {
    var weights: WeightElements
    var bias: UnsafePointer<Float>?
    var inputs: Int
    var outputs: Int

    /// Rows of the weights that are multiplied at a time: the more, the less often the other factor is brought into the order that the multiplication
    /// needs; but enough tiles for a few threads. The same for any number of threads, so that results do not depend on it.
    var tile: Int { min(max((outputs / 4 + 63) / 64 * 64, 64), 256) }

    /// `result = rows × weightsᵀ + bias`.
    ///
    /// - Parameters:
    ///   - rows: `count` rows of `inputs` elements.
    ///   - result: `count` rows of `outputs` elements.
    ///   - adds: whether the product is added to what the result holds.
    ///   - threads: how many tiles are worked on at the same time.
    func apply(
        to rows: UnsafePointer<Float>, count: Int, into result: UnsafeMutablePointer<Float>, adds: Bool = false,
        threads: Int
    ) {
        guard count > 0 else { return }
        let tile = tile
        let tiles = (outputs + tile - 1) / tile
        // Chosen before many threads would.
        _ = BLASCore.name
        inParallel(tiles, threads: threads) { index in
            let part = index * tile..<min((index + 1) * tile, outputs)
            withUnsafeTemporaryAllocation(of: Float.self, capacity: part.count * inputs) { buffer in
                apply(part, to: rows, count, into: result, adds, buffer)
            }
        }
    }

    private func apply(
        _ part: Range<Int>, to rows: UnsafePointer<Float>, _ count: Int, into result: UnsafeMutablePointer<Float>,
        _ adds: Bool, _ buffer: UnsafeMutableBufferPointer<Float>
    ) {
        let first = part.lowerBound
        let width = part.count
        let weights: UnsafePointer<Float>
        switch self.weights {
        case .float32(let all): weights = all + first * inputs
        case .bfloat16(let all):
            guard let room = buffer.baseAddress else { return }
            widen(all + first * inputs, count: width * inputs, into: room)
            weights = UnsafePointer(room)
        case .float16(let all):
            guard let room = buffer.baseAddress else { return }
            widenHalf(all + first * inputs, count: width * inputs, into: room)
            weights = UnsafePointer(room)
        }
        if let bias {
            for row in 0..<count {
                let target = result + row * outputs + first
                if adds {
                    for column in 0..<width { target[column] += bias[first + column] }
                } else {
                    target.update(from: bias + first, count: width)
                }
            }
        }
        multiply(
            MatrixView(rows, rows: count, columns: inputs), MatrixView(weights, rows: width, columns: inputs),
            transposesRight: true, into: result + first, resultStride: outputs, scale: bias == nil && !adds ? 0 : 1)
    }
}

/// bfloat16 numbers as float32: their bits are the upper half.
func widen(_ numbers: UnsafePointer<UInt16>, count: Int, into result: UnsafeMutablePointer<Float>) {
    let whole = count / 16 * 16
    for start in stride(from: 0, to: whole, by: 16) {
        let bits = UnsafeRawPointer(numbers + start).loadUnaligned(as: SIMD16<UInt16>.self)
        let wide = SIMD16<UInt32>(truncatingIfNeeded: bits) &<< 16
        UnsafeMutableRawPointer(result + start).storeBytes(of: wide, as: SIMD16<UInt32>.self)
    }
    for index in whole..<count { result[index] = Float(bitPattern: UInt32(numbers[index]) << 16) }
}

/// IEEE half precision as float32, without instructions that not every processor has: exponent and fraction move to their place, and a multiplication by
/// 2¹¹² makes up for the other offset of the exponent, which puts subnormal numbers right too. Infinities and NaN have the largest exponent in both.
func widenHalf(_ numbers: UnsafePointer<UInt16>, count: Int, into result: UnsafeMutablePointer<Float>) {
    let offset = Float(bitPattern: 0x7780_0000)
    for start in stride(from: 0, to: count, by: 8) {
        var bits = SIMD8<UInt32>.zero
        if count - start >= 8 {
            bits = SIMD8(truncatingIfNeeded: UnsafeRawPointer(numbers + start).loadUnaligned(as: SIMD8<UInt16>.self))
        } else {
            for index in 0..<count - start { bits[index] = UInt32(numbers[start + index]) }
        }
        let magnitude = (bits & 0x7fff) &<< 13
        let scaled = unsafeBitCast(magnitude, to: SIMD8<Float>.self) * offset
        var wide = unsafeBitCast(scaled, to: SIMD8<UInt32>.self)
        wide.replace(with: magnitude | 0x7f80_0000, where: magnitude .>= 0x0f80_0000)
        wide |= (bits & 0x8000) &<< 16
        store(unsafeBitCast(wide, to: SIMD8<Float>.self), to: result + start, count: count - start)
    }
}

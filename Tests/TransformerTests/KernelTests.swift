// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

@testable import Transformer

/// Against the definitions, computed in float64 in the plainest way.
@Suite struct KernelTests {
    private func numbers(_ count: Int, seed: UInt64) -> [Float] {
        var state = seed &* 0x9e37_79b9_7f4a_7c15 | 1
        return (0..<count).map { _ in
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Float(Int64(bitPattern: state) >> 11) / Float(1 << 52)
        }
    }

    @Test(arguments: [1, 15, 16, 37, 64]) func rowsAreNormalised(_ width: Int) {
        let rows = numbers(3 * width, seed: 1)
        let weight = numbers(width, seed: 2)
        var result = [Float](repeating: 0, count: 3 * width)
        weight.withUnsafeBufferPointer { weight in
            normaliseRows(rows, count: 3, weight: weight, epsilon: 1e-6, into: &result)
        }
        for row in 0..<3 {
            let values = rows[row * width..<(row + 1) * width].map(Double.init)
            let mean = values.reduce(0) { $0 + $1 * $1 } / Double(width)
            for column in 0..<width {
                let expected = values[column] / (mean + 1e-6).squareRoot() * Double(weight[column])
                #expect(abs(Double(result[row * width + column]) - expected) < 1e-5)
            }
        }
    }

    @Test func headsTurnByTheirPosition() {
        let rope = RotaryEmbedding(headSize: 8, base: 10_000)
        let rows = numbers(3 * 2 * 8, seed: 3)
        var turned = rows
        let positions = [0, 1, 1000]
        rope.apply(to: &turned, positions: positions, heads: 2, stride: 16)
        for (row, position) in positions.enumerated() {
            for head in 0..<2 {
                for pair in 0..<4 {
                    let angle = Double(position) * pow(10_000, -Double(2 * pair) / 8)
                    let place = row * 16 + head * 8 + pair
                    let (x, y) = (Double(rows[place]), Double(rows[place + 4]))
                    #expect(abs(Double(turned[place]) - (x * cos(angle) - y * sin(angle))) < 1e-5)
                    #expect(abs(Double(turned[place + 4]) - (y * cos(angle) + x * sin(angle))) < 1e-5)
                }
            }
        }
        // Products depend on the distance of positions only.
        func product(_ first: Int, _ second: Int) -> Float {
            var pair = Array(rows[..<8] + rows[16..<24])
            rope.apply(to: &pair, positions: [first, second], heads: 1, stride: 8)
            return zip(pair[..<8], pair[8...]).reduce(0) { $0 + $1.0 * $1.1 }
        }
        #expect(abs(product(3, 10) - product(103, 110)) < 1e-4)
    }

    @Test func exponentialsAreAccurate() {
        for start in stride(from: Float(-86), to: 87.9, by: 0.37) {
            let x = SIMD8<Float>((0..<8).map { start + Float($0) * 0.021 })
            let result = exponential(x)
            for index in 0..<8 {
                let expected = exp(Double(min(x[index], 88)))
                #expect(abs(Double(result[index]) / expected - 1) < 2.5e-7)
            }
        }
        #expect(exponential(SIMD8(repeating: -.infinity))[0] < 1e-37 && exponential(SIMD8(repeating: 0))[3] == 1)
        #expect(exponential(SIMD8(repeating: 1000))[0].isFinite)
    }

    @Test func gatesAndSoftmax() {
        var gate: [Float] = [-30, -1, 0, 2, 30]
        gateWithSwish(&gate, [2, 2, 2, 2, 2], count: 5)
        for (value, input) in zip(gate, [-30.0, -1, 0, 2, 30]) {
            #expect(abs(Double(value) - 2 * input / (1 + exp(-input))) < 1e-5)
        }
        var row: [Float] = [1000, 1001, -.infinity, 1002]
        softmax(&row, count: 4)
        #expect(row[2] < 1e-37 && abs(row.reduce(0, +) - 1) < 1e-6)
        #expect(abs(Double(row[3]) - 1 / (1 + exp(-1.0) + exp(-2.0))) < 1e-6)
    }

    @Test(arguments: [(1, 1), (5, 5), (2, 9), (7, 30)]) func tokensAttendToThoseBefore(_ new: Int, _ all: Int) {
        let shape = AttentionShape(queryHeads: 4, keyHeads: 2, headSize: 6)
        let queries = numbers(new * shape.queryWidth, seed: 5)
        let keys = numbers(all * shape.keyWidth, seed: 6)
        let values = numbers(all * shape.keyWidth, seed: 7)
        var result = [Float](repeating: .nan, count: new * shape.queryWidth)
        shape.attend(queries: queries, keys: keys, values: values, new: new, all: all, into: &result)
        for row in 0..<new {
            for head in 0..<4 {
                let keyHead = head / 2
                func key(_ token: Int, _ column: Int) -> Double { Double(keys[token * 12 + keyHead * 6 + column]) }
                let seen = all - new + row + 1
                let weights = (0..<seen).map { token in
                    exp(
                        (0..<6).reduce(0.0) { $0 + Double(queries[row * 24 + head * 6 + $1]) * key(token, $1) }
                            / 6.0.squareRoot())
                }
                let total = weights.reduce(0, +)
                for column in 0..<6 {
                    let expected = (0..<seen).reduce(0.0) {
                        $0 + weights[$1] / total * Double(values[$1 * 12 + keyHead * 6 + column])
                    }
                    #expect(abs(Double(result[row * 24 + head * 6 + column]) - expected) < 1e-5)
                }
            }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

@testable import Transformer

/// Each kernel's gradient against central differences of the definition in float64, which are good to about 1e-8.
@Suite struct GradientKernelTests {
    /// The derivative of `body` by each number of `values`.
    private func differences(_ values: [Float], _ body: ([Double]) -> Double) -> [Double] {
        let step = 1e-5
        var moved = values.map(Double.init)
        return moved.indices.map { index in
            let value = moved[index]
            defer { moved[index] = value }
            moved[index] = value + step
            let after = body(moved)
            moved[index] = value - step
            return (after - body(moved)) / (2 * step)
        }
    }

    private func expectEqual(
        _ found: [Float], _ expected: [Double], _ what: String, location: SourceLocation = #_sourceLocation
    ) {
        // Rounding to float32 in sums of some tens of numbers.
        let greatest = expected.map(abs).max() ?? 0
        #expect(greatest > 1e-3, "\(what): nothing to compare", sourceLocation: location)
        for (index, (value, reference)) in zip(found, expected).enumerated() {
            #expect(
                abs(Double(value) - reference) < 1e-5 * max(1, greatest), "\(what) \(index)", sourceLocation: location)
        }
    }

    @Test(arguments: [1, 7, 16, 37]) func normalisation(_ width: Int) {
        let rows = testNumbers(3 * width, seed: 1)
        let weight = testNumbers(width, seed: 2)
        let outcome = testNumbers(3 * width, seed: 3)
        let epsilon = 0.05
        let before = testNumbers(3 * width, seed: 4)
        var result = before
        weight.withUnsafeBufferPointer {
            addNormalisationGradient(
                rows, count: 3, weight: $0, epsilon: Float(epsilon), outcome: outcome, into: &result)
        }
        let expected = differences(rows) { rows in
            (0..<3).reduce(0.0) { sum, row in
                let values = rows[row * width..<(row + 1) * width]
                let scale = 1 / (values.reduce(0) { $0 + $1 * $1 } / Double(width) + epsilon).squareRoot()
                return (0..<width).reduce(sum) {
                    $0 + values[row * width + $1] * scale * Double(weight[$1]) * Double(outcome[row * width + $1])
                }
            }
        }
        expectEqual(zip(result, before).map { $0 - $1 }, expected, "row")
    }

    @Test func gate() {
        // Not only near 0, and no multiple of a vector.
        let gate = testNumbers(21, seed: 1).map { 6 * $0 }
        let up = testNumbers(21, seed: 2)
        let outcome = testNumbers(21, seed: 3)
        func swish(_ gate: [Double], _ up: [Double]) -> Double {
            gate.indices.reduce(0) { $0 + gate[$1] / (1 + exp(-gate[$1])) * up[$1] * Double(outcome[$1]) }
        }
        var (gateGradient, upGradient) = (gate, up)
        swishGradient(&gateGradient, &upGradient, outcome: outcome, count: 21)
        expectEqual(gateGradient, differences(gate) { swish($0, up.map(Double.init)) }, "gate")
        expectEqual(upGradient, differences(up) { swish(gate.map(Double.init), $0) }, "up")
        var extreme: [Float] = [-100, 100]
        var ones: [Float] = [1, 1]
        swishGradient(&extreme, &ones, outcome: [1, 1], count: 2)
        #expect(abs(extreme[0]) < 1e-30 && extreme[1] == 1 && abs(ones[0]) < 1e-30 && ones[1] == 100)
    }

    @Test(arguments: [1, 3]) func rotation(_ threads: Int) {
        let rows = testNumbers(3 * 16, seed: 3)
        let outcome = testNumbers(3 * 16, seed: 4)
        let positions = [0, 2, 900]
        let table = RotaryEmbedding(headSize: 8, base: 10_000).table(Array(0..<901))
        var result = outcome
        table.apply(to: &result, entries: positions, heads: 2, stride: 16, back: true, threads: threads)
        let expected = differences(rows) { rows in
            var sum = 0.0
            for (row, position) in positions.enumerated() {
                for head in 0..<2 {
                    for pair in 0..<4 {
                        let angle = Double(position) * pow(10_000, -Double(2 * pair) / 8)
                        let place = row * 16 + head * 8 + pair
                        let (x, y) = (rows[place], rows[place + 4])
                        sum += (x * cos(angle) - y * sin(angle)) * Double(outcome[place])
                        sum += (y * cos(angle) + x * sin(angle)) * Double(outcome[place + 4])
                    }
                }
            }
            return sum
        }
        expectEqual(result, expected, "element")
    }

    /// Causal attention of queries at some positions in float64, times the gradient by its result.
    private func attention(
        _ shape: AttentionShape, _ positions: [Int], _ q: [Double], _ k: [Double], _ v: [Double], _ outcome: [Float]
    ) -> Double {
        var sum = 0.0
        for (row, position) in positions.enumerated() {
            for head in 0..<shape.queryHeads {
                let shared = head / (shape.queryHeads / shape.keyHeads) * shape.headSize
                let place = row * shape.queryWidth + head * shape.headSize
                let weights = (0...position).map { token in
                    let product = (0..<shape.headSize).reduce(0.0) {
                        $0 + q[place + $1] * k[token * shape.keyWidth + shared + $1]
                    }
                    return exp(product / Double(shape.headSize).squareRoot())
                }
                let total = weights.reduce(0, +)
                for token in 0...position {
                    for column in 0..<shape.headSize {
                        let value = v[token * shape.keyWidth + shared + column]
                        sum += weights[token] / total * value * Double(outcome[place + column])
                    }
                }
            }
        }
        return sum
    }

    /// All positions, some, the last one only.
    @Test(arguments: [[0, 1, 2, 3, 4, 5], [1, 4, 6], [5]], [1, 3])
    func groupedCausalAttention(_ positions: [Int], _ threads: Int) {
        let shape = AttentionShape(queryHeads: 4, keyHeads: 2, headSize: 3)
        let all = positions[positions.count - 1] + 1
        let queries = testNumbers(positions.count * shape.queryWidth, seed: 1).map { 2 * $0 }
        let keys = testNumbers(all * shape.keyWidth, seed: 2).map { 2 * $0 }
        let values = testNumbers(all * shape.keyWidth, seed: 3)
        let outcome = testNumbers(queries.count, seed: 4)
        let found = gradients(shape, positions, queries, keys, values, outcome, threads: threads)
        let (q, k, v) = (queries.map(Double.init), keys.map(Double.init), values.map(Double.init))
        expectEqual(
            found.queries, differences(queries) { attention(shape, positions, $0, k, v, outcome) }, "query")
        expectEqual(found.keys, differences(keys) { attention(shape, positions, q, $0, v, outcome) }, "key")
        expectEqual(found.values, differences(values) { attention(shape, positions, q, k, $0, outcome) }, "value")
    }

    private func gradients(
        _ shape: AttentionShape, _ positions: [Int], _ queries: [Float], _ keys: [Float], _ values: [Float],
        _ outcome: [Float], threads: Int
    ) -> (queries: [Float], keys: [Float], values: [Float]) {
        let all = keys.count / shape.keyWidth
        var result = [Float](repeating: .nan, count: queries.count)
        shape.attend(
            queries: queries, at: positions, keys: keys, values: values, into: &result, threads: threads)
        let room = NumberRoom()
        func take(_ count: Int) -> UnsafeMutablePointer<Float> {
            let part = room.take(count)
            part.initialize(repeating: .nan, count: count)
            return part
        }
        let gradients = AttentionShape.Gradients(
            queries: take(queries.count), keys: take(keys.count), values: take(keys.count),
            keyParts: take(all * shape.queryWidth), valueParts: take(all * shape.queryWidth))
        return withExtendedLifetime(room) {
            shape.attendBack(
                queries: queries, at: positions, keys: keys, values: values, result: result, outcome: outcome,
                into: gradients, threads: threads)
            func numbers(_ start: UnsafeMutablePointer<Float>, _ count: Int) -> [Float] {
                Array(UnsafeBufferPointer(start: start, count: count))
            }
            return (
                numbers(gradients.queries, queries.count), numbers(gradients.keys, keys.count),
                numbers(gradients.values, keys.count)
            )
        }
    }

    /// More queries than are worked on at a time: along one direction, as there are too many numbers to move each.
    @Test func attentionOfManyQueries() {
        let shape = AttentionShape(queryHeads: 2, keyHeads: 1, headSize: 4)
        let count = 2 * AttentionShape.block + 17
        let queries = testNumbers(count * shape.queryWidth, seed: 1).map { 2 * $0 }
        let keys = testNumbers(count * shape.keyWidth, seed: 2).map { 2 * $0 }
        let values = testNumbers(count * shape.keyWidth, seed: 3)
        let outcome = testNumbers(queries.count, seed: 4)
        let positions = Array(0..<count)
        let found = gradients(shape, positions, queries, keys, values, outcome, threads: 1)
        let directions = [queries, keys, values].enumerated().map {
            testNumbers($0.element.count, seed: UInt64(10 + $0.offset)).map(Double.init)
        }
        func value(_ step: Double) -> Double {
            let moved = zip([queries, keys, values], directions).map { values, direction in
                zip(values, direction).map { Double($0) + step * $1 }
            }
            return attention(shape, positions, moved[0], moved[1], moved[2], outcome)
        }
        let expected = (value(1e-5) - value(-1e-5)) / 2e-5
        let all = [found.queries, found.keys, found.values]
        let product = zip(all, directions).reduce(0.0) { sum, pair in
            zip(pair.0, pair.1).reduce(sum) { $0 + Double($1.0) * $1.1 }
        }
        #expect(abs(product - expected) < 1e-4 * abs(expected))
    }

    /// Sizes below, at and above those of tiles.
    @Test(arguments: [(1, 5, 3), (4, 128, 512), (3, 300, 40), (2, 129, 1030)])
    func projectionsByTheirInputs(_ count: Int, _ inputs: Int, _ outputs: Int) throws {
        let rows = testNumbers(count * outputs, seed: 1)
        let halves = testNumbers(outputs * inputs, seed: 2).map { UInt16($0.bitPattern >> 16) }
        let weights = halves.map { Float(bitPattern: UInt32($0) << 16) }
        let before = testNumbers(count * inputs, seed: 3)
        var expected = [Double](repeating: 0, count: count * inputs)
        for row in 0..<count {
            for output in 0..<outputs {
                for input in 0..<inputs {
                    expected[row * inputs + input] +=
                        Double(rows[row * outputs + output]) * Double(weights[output * inputs + input])
                }
            }
        }
        for adds in [false, true] {
            for narrow in [false, true] {
                var results: [[Float]] = []
                for threads in [1, 2, 7] {
                    var result = adds ? before : before.map { _ in .nan }
                    try weights.withUnsafeBufferPointer { weights in
                        try halves.withUnsafeBufferPointer { halves in
                            let elements =
                                try narrow
                                ? WeightElements.bfloat16(#require(halves.baseAddress))
                                : WeightElements.float32(#require(weights.baseAddress))
                            Projection(weights: elements, bias: nil, inputs: inputs, outputs: outputs)
                                .applyBack(to: rows, count: count, into: &result, adds: adds, threads: threads)
                        }
                    }
                    results.append(result)
                }
                #expect(results.allSatisfy { $0 == results[0] })
                for index in expected.indices {
                    let value = expected[index] + (adds ? Double(before[index]) : 0)
                    #expect(abs(Double(results[0][index]) - value) < 1e-4)
                }
            }
        }
    }

    @Test func projectionsOfHalfPrecision() throws {
        let values: [Float16] = [1.5, -2, 0.25, 0.1, 6e-8, 100]
        var result = [Float](repeating: 0, count: 3)
        try values.map(\.bitPattern).withUnsafeBufferPointer {
            try Projection(weights: .float16(#require($0.baseAddress)), bias: nil, inputs: 3, outputs: 2)
                .applyBack(to: [2, -1], count: 1, into: &result, adds: false, threads: 1)
        }
        let expected = (0..<3).map { 2 * Float(values[$0]) - Float(values[3 + $0]) }
        #expect(result == expected)
    }
}

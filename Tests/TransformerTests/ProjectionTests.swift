// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Transformer

@Suite struct ProjectionTests {
    private func numbers(_ count: Int, _ seed: Int) -> [Float] {
        (0..<count).map { Float(($0 * 7919 + seed * 104_729) % 2003) / 1001 - 1 }
    }

    @Test(arguments: [(1, 5, 3), (4, 64, 128), (3, 40, 300), (9, 17, 129)])
    func layersAreSumsOfProducts(_ count: Int, _ inputs: Int, _ outputs: Int) {
        let rows = numbers(count * inputs, 1)
        let bias = numbers(outputs, 3)
        // Numbers that bfloat16 holds exactly.
        let halves = numbers(outputs * inputs, 2).map { UInt16($0.bitPattern >> 16) }
        let weights = halves.map { Float(bitPattern: UInt32($0) << 16) }
        var expected = [Double](repeating: 0, count: count * outputs)
        for row in 0..<count {
            for output in 0..<outputs {
                expected[row * outputs + output] = (0..<inputs).reduce(0) {
                    $0 + Double(rows[row * inputs + $1]) * Double(weights[output * inputs + $1])
                }
            }
        }
        for usesBias in [false, true] {
            var results: [[Float]] = []
            for threads in [1, 2, 7] {
                for narrow in [false, true] {
                    var result = [Float](repeating: .nan, count: count * outputs)
                    weights.withUnsafeBufferPointer { weights in
                        halves.withUnsafeBufferPointer { halves in
                            bias.withUnsafeBufferPointer { bias in
                                guard let wide = weights.baseAddress, let half = halves.baseAddress else { return }
                                Projection(
                                    weights: narrow ? .bfloat16(half) : .float32(wide),
                                    bias: usesBias ? bias.baseAddress : nil, inputs: inputs, outputs: outputs
                                ).apply(to: rows, count: count, into: &result, threads: threads)
                            }
                        }
                    }
                    results.append(result)
                }
            }
            // Neither the number of threads nor the form of the weights matters.
            #expect(results.allSatisfy { $0 == results[0] })
            for index in results[0].indices {
                let value = expected[index] + (usesBias ? Double(bias[index % outputs]) : 0)
                #expect(abs(Double(results[0][index]) - value) < 1e-4)
            }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
import Safetensors
import Testing

@testable import Transformer

/// The gradient through a small random decoder, against central differences of the same decoder in float64.
@Suite struct AdapterGradientTests {
    private let tensors = TinyModel.tensors()
    private let sequences = [[3, 1, 4, 1, 5, 9, 26], [30], [5, 3, 5, 8, 9], [7, 0, 7, 11]]
    private let positions = [[2, 5, 6], [0], [4], [0, 1, 2, 3]]

    private func model(_ adapter: LoRAAdapter?, threads: Int = 1, narrow: Bool = false) throws -> TransformerModel {
        let held = HeldWeights(tensors, narrow: narrow)
        var model = try TransformerModel(TinyModel.shape, threads: threads, keeping: held) { held.tensor($0) }
        model.adapter = adapter
        return model
    }

    private func outcomes(_ hidden: [[Float]]) -> [[Float]] {
        hidden.enumerated().map { testNumbers($0.element.count, seed: UInt64(100 + $0.offset)) }
    }

    /// Compares the gradient of each matrix along one random direction, and the hidden states.
    private func compare(_ settings: LoRASettings, dropoutSeed: UInt64? = nil, narrow: Bool = false) throws {
        let adapter = try TinyModel.adapter(settings)
        let found = try model(adapter, narrow: narrow).adapterGradient(
            of: sequences, at: positions, dropoutSeed: dropoutSeed, hiddenGradient: outcomes)
        var weights = tensors
        if narrow {
            for (name, tensor) in tensors where tensor.shape.count == 2 {
                weights[name]?.values = tensor.values.map { Float(bitPattern: $0.bitPattern & 0xffff_0000) }
            }
        }
        func hidden(_ parameters: [Double]) -> [[Double]] {
            sequences.indices.map { index in
                var reference = ReferenceDecoder(TinyModel.shape, weights, adapter)
                let dropout = dropoutSeed.flatMap {
                    Dropout(probability: settings.dropout, seed: $0, sequence: index)
                }
                if let dropout {
                    reference.mask = { layer, target, position, width in
                        var row = [Float](repeating: 1, count: width)
                        let ones = row
                        dropout.apply(layer, target, to: ones, at: [position], width: width, into: &row)
                        return row.map(Double.init)
                    }
                }
                let rows = reference.hidden(sequences[index], parameters)
                return positions[index].flatMap { rows[$0] }
            }
        }
        let parameters = adapter.parameters.map(Double.init)
        for (rows, expected) in zip(found.hidden, hidden(parameters)) {
            try #require(rows.count == expected.count)
            for (value, reference) in zip(rows, expected) { #expect(abs(Double(value) - reference) < 1e-5) }
        }
        let outcomes = outcomes(found.hidden)
        func loss(_ parameters: [Double]) -> Double {
            zip(hidden(parameters), outcomes).reduce(0.0) { sum, pair in
                zip(pair.0, pair.1).reduce(sum) { $0 + $1.0 * Double($1.1) }
            }
        }
        var compared = 0
        for layer in 0..<TinyModel.shape.layers {
            for target in LoRASettings.Target.allCases {
                guard let place = adapter.place(layer, target) else { continue }
                let ends = [place.a, place.b, place.b + place.outputs * settings.rank]
                for (start, end) in zip(ends, ends.dropFirst()) {
                    let direction = testNumbers(end - start, seed: UInt64(start + 1)).map(Double.init)
                    let values = (-1...1).map { side in
                        var moved = parameters
                        for (index, change) in direction.enumerated() {
                            moved[start + index] += Double(side) * 1e-5 * change
                        }
                        return side == 0 ? 0 : loss(moved)
                    }
                    let expected = (values[2] - values[0]) / 2e-5
                    let product = zip(found.gradient[start..<end], direction).reduce(0.0) { $0 + Double($1.0) * $1.1 }
                    // Float32 through three layers; gradients are between 0.1 and 100.
                    #expect(abs(product - expected) < 2e-4 * max(0.5, abs(expected)), "\(layer) \(target) \(start)")
                    #expect(expected != 0)
                    compared += 1
                }
            }
        }
        #expect(compared == 2 * settings.targets.count * (settings.layers?.count ?? TinyModel.shape.layers))
    }

    @Test func gradientsOfAllMatrices() throws { try compare(LoRASettings(rank: 2, alpha: 3)) }

    @Test func gradientsWithDropout() throws {
        try compare(LoRASettings(rank: 2, alpha: 3, dropout: 0.3), dropoutSeed: 9)
    }

    @Test func gradientsThroughWeightsInHalfPrecision() throws {
        try compare(LoRASettings(rank: 3, alpha: 3, targets: [.query, .output]), narrow: true)
    }

    @Test(arguments: [
        LoRASettings(rank: 2, targets: [.output]), LoRASettings(rank: 2, targets: [.value]),
        LoRASettings(rank: 1, targets: [.query, .key], layers: [1]), LoRASettings(rank: 2, layers: [2]),
        LoRASettings(rank: 2, targets: [.output], layers: [2]), LoRASettings(rank: 2, layers: [0, 2]),
    ])
    func gradientsOfSomeMatrices(_ settings: LoRASettings) throws { try compare(settings) }

    @Test(arguments: [0.0, 0.2]) func threadsDoNotMatter(_ dropout: Double) throws {
        let adapter = try TinyModel.adapter(LoRASettings(rank: 2, dropout: dropout))
        for count in 1...sequences.count {
            let batch = Array(sequences.prefix(count))
            let results = try [1, 2, 5].map { threads in
                try model(adapter, threads: threads).adapterGradient(
                    of: batch, at: Array(positions.prefix(count)), dropoutSeed: 3, hiddenGradient: outcomes)
            }
            for result in results.dropFirst() {
                #expect(result.hidden == results[0].hidden)
                #expect(result.gradient == results[0].gradient)
            }
        }
    }

    /// The last layer is computed for wanted positions only; plain inference computes all.
    @Test func chosenPositionsAreThoseOfPlainInference() throws {
        let model = try model(TinyModel.adapter(LoRASettings(rank: 2)))
        let chosen = try model.hiddenStates(of: sequences, at: positions)
        let plain = try model.forward(sequences.map { .init($0) })
        for index in sequences.indices {
            for (row, position) in positions[index].enumerated() {
                let found = chosen[index][row * 20..<(row + 1) * 20]
                let expected = plain[index].hidden[position * 20..<(position + 1) * 20]
                #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 1e-5 })
            }
        }
        let bare = try self.model(nil).forward([.init(sequences[0])])[0].hidden
        #expect(zip(bare, plain[0].hidden).contains { abs($0 - $1) > 0.1 })
        // Tokens after a cache have the adapter too.
        let root = try model.forward([.init(Array(sequences[0].prefix(3)))])[0].cache
        let rest = try model.forward([.init(Array(sequences[0].dropFirst(3)), after: root)])[0].hidden
        #expect(zip(rest, plain[0].hidden.dropFirst(60)).allSatisfy { abs($0 - $1) < 1e-5 })
    }

    @Test func batchesAreSums() throws {
        let model = try model(TinyModel.adapter(LoRASettings(rank: 2)))
        let whole = try model.adapterGradient(
            of: sequences, at: positions, dropoutSeed: nil, hiddenGradient: outcomes)
        var sum = [Float](repeating: 0, count: whole.gradient.count)
        for index in sequences.indices {
            let outcome = outcomes(whole.hidden)[index]
            // What comes after the last position does not matter.
            let longer = sequences[index].prefix((positions[index].last ?? 0) + 1) + [2, 8]
            let part = try model.adapterGradient(
                of: [Array(longer), [4]], at: [positions[index], []], dropoutSeed: nil
            ) { _ in [outcome, []] }
            for place in sum.indices { sum[place] += part.gradient[place] }
        }
        let greatest = sum.map(abs).max() ?? 0
        #expect(zip(sum, whole.gradient).allSatisfy { abs($0 - $1) < 1e-5 * greatest })
        #expect(greatest > 1)
    }

    @Test func mistakesAreNamed() throws {
        let model = try model(TinyModel.adapter(LoRASettings(rank: 2)))
        func expectError(_ text: String, _ body: () throws -> Void) {
            #expect { try body() } throws: { "\($0)".contains(text) }
        }
        func gradient(
            _ model: TransformerModel, _ tokens: [Int], _ positions: [Int], _ outcome: [[Float]] = []
        ) throws {
            _ = try model.adapterGradient(of: [tokens], at: [positions], dropoutSeed: nil) { _ in outcome }
        }
        expectError("Token 31") { try gradient(model, [1, 31], [0]) }
        expectError("within their sequence of 2 tokens") { try gradient(model, [1, 2], [2]) }
        expectError("must ascend") { try gradient(model, [1, 2], [1, 0]) }
        expectError("as many numbers") { try gradient(model, [1, 2], [1], [[1]]) }
        expectError("no adapter") { try gradient(self.model(nil), [1], [0]) }
        expectError("positions for 0") { _ = try model.hiddenStates(of: [[1]], at: []) }
    }
}

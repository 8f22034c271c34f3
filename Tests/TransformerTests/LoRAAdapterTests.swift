// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Transformer

@Suite struct LoRAAdapterTests {
    @Test func adaptersBeginAsInPeft() throws {
        var shape = TinyModel.shape
        shape.width = 400
        let adapter = try LoRAAdapter(LoRASettings(rank: 8), shape, seed: 1)
        for layer in 0..<shape.layers {
            for target in LoRASettings.Target.allCases {
                let place = try #require(adapter.place(layer, target))
                let a = adapter.parameters[place.a..<place.b]
                let bound = 1 / Float(place.inputs).squareRoot()
                #expect(a.count == 8 * place.inputs && a.allSatisfy { abs($0) <= bound })
                // Uniform: mean 0 and variance bound²/3, of hundreds of numbers.
                let variance = a.reduce(0) { $0 + $1 * $1 } / Float(a.count) / (bound * bound)
                #expect(abs(variance - 1 / 3) < 0.1)
                #expect(abs(a.reduce(0, +) / Float(a.count)) < 0.15 * bound)
                #expect(a.contains { $0 > 0.95 * bound } && a.contains { $0 < -0.95 * bound })
                let b = adapter.parameters[place.b..<place.b + 8 * place.outputs]
                #expect(b.allSatisfy { $0 == 0 })
            }
        }
        #expect(try adapter == LoRAAdapter(LoRASettings(rank: 8), shape, seed: 1))
        #expect(try adapter != LoRAAdapter(LoRASettings(rank: 8), shape, seed: 2))
    }

    @Test func parametersLieByLayerTargetAndMatrix() throws {
        let adapter = try LoRAAdapter(
            LoRASettings(rank: 2, targets: [.output, .key], layers: [0, 2]), TinyModel.shape, seed: 1)
        let places = [0, 2].flatMap { layer in
            LoRASettings.Target.allCases.compactMap { adapter.place(layer, $0) }
        }
        // A of k is 2 × 20, B 12 × 2; A of o is 2 × 36, B 20 × 2.
        #expect(places.map(\.a) == [0, 64, 176, 240])
        #expect(places.map(\.b) == [40, 136, 216, 312])
        #expect(adapter.parameters.count == 352)
        #expect(adapter.place(1, .key) == nil && adapter.place(0, .query) == nil && adapter.lowestLayer == 0)
    }

    @Test func scalesDependOnTheRank() {
        #expect(LoRASettings(rank: 4, alpha: 6).scale == 1.5)
        #expect(LoRASettings(rank: 4, alpha: 6, stabilisesRank: true).scale == 3)
    }

    @Test(arguments: [
        (LoRASettings(rank: 0), "rank"), (LoRASettings(alpha: .nan), "alpha"), (LoRASettings(dropout: 1), "dropout"),
        (LoRASettings(dropout: -0.1), "dropout"), (LoRASettings(targets: []), "target"),
        (LoRASettings(layers: []), "layer"), (LoRASettings(layers: [1, 3]), "layer 3"),
    ])
    func wrongSettingsAreNamed(_ settings: LoRASettings, _ text: String) {
        #expect { _ = try LoRAAdapter(settings, TinyModel.shape, seed: 1) } throws: { "\($0)".contains(text) }
    }

    // MARK: Dropout

    private func mask(
        _ probability: Double, seed: UInt64 = 1, sequence: Int = 0, layer: Int = 0,
        _ target: LoRASettings.Target = .query, at positions: [Int] = Array(0..<40), width: Int = 51
    ) throws -> [Float] {
        let dropout = try #require(Dropout(probability: probability, seed: seed, sequence: sequence))
        let ones = [Float](repeating: 1, count: positions.count * width)
        var result = ones
        dropout.apply(layer, target, to: ones, at: positions[...], width: width, into: &result)
        return result
    }

    @Test(arguments: [0.05, 0.5, 0.9]) func dropoutKeepsTheExpectation(_ probability: Double) throws {
        let positions = Array(0..<2000)
        let values = try mask(probability, at: positions)
        let factor = Float(1 / (1 - probability))
        #expect(values.allSatisfy { $0 == 0 || $0 == factor })
        let count = Double(values.count)
        let dropped = Double(values.count { $0 == 0 }) / count
        // Five standard deviations.
        #expect(abs(dropped - probability) < 5 * (probability * (1 - probability) / count).squareRoot())
        // Neighbours, in a row and in a column, are independent.
        for step in [1, 51] {
            let both = Double((0..<values.count - step).count { values[$0] == 0 && values[$0 + step] == 0 }) / count
            #expect(abs(both - probability * probability) < 0.01)
        }
    }

    @Test func dropoutIsReproducible() throws {
        let first = try mask(0.5)
        #expect(try first == mask(0.5))
        // Rows do not depend on which others are computed.
        #expect(try Array(first[7 * 51..<8 * 51]) == mask(0.5, at: [7]))
        let others = try [
            mask(0.5, seed: 2), mask(0.5, sequence: 1), mask(0.5, layer: 1), mask(0.5, .key),
            mask(0.5, at: Array(1...40)),
        ]
        for other in others {
            // About half of the elements are the same by chance.
            let same = Double(zip(first, other).count { $0 == $1 }) / Double(first.count)
            #expect(abs(same - 0.5) < 0.06)
        }
        #expect(Dropout(probability: 0, seed: 1, sequence: 0) == nil)
    }

    @Test func dropoutMovesOnlyTraining() throws {
        let held = HeldWeights(TinyModel.tensors())
        let model = try TransformerModel(TinyModel.shape, keeping: held) { held.tensor($0) }
        let adapter = try TinyModel.adapter(LoRASettings(rank: 2, dropout: 0.5))
        let adapted = try AdaptedTransformer(model, adapter, head: .generative(plus: 3, minus: 4))
        let batch = [[1, 2, 3, 4], [1, 2, 3, 4]]
        func train(_ seed: UInt64?) -> (logits: [Float], gradient: [Float]) {
            adapted.gradient(of: batch, dropoutSeed: seed) { $0.map { _ in 1 } }
        }
        let plain = adapted.logits(of: batch)
        #expect(plain[0] == plain[1] && train(nil).logits == plain)
        let once = train(1)
        #expect(once.logits[0] != plain[0] && once.logits[0] != once.logits[1])
        let again = train(1)
        #expect(once.logits == again.logits && once.gradient == again.gradient)
        #expect(train(2).logits != once.logits)
    }
}

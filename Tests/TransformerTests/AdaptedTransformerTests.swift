// SPDX-License-Identifier: Apache-2.0
import Fixtures
import Foundation
import Safetensors
import Testing

@testable import Transformer

@Suite struct AdaptedTransformerTests {
    private let batch = [[3, 1, 4, 1, 5], [9], [2, 6]]

    private func model(_ change: ((inout [String: TensorFile.Tensor]) -> Void)? = nil) throws -> TransformerModel {
        var tensors = TinyModel.tensors()
        change?(&tensors)
        let held = HeldWeights(tensors)
        return try TransformerModel(TinyModel.shape, keeping: held) { held.tensor($0) }
    }

    @Test func generativeHeadsAreDifferencesOfLogits() throws {
        let adapted = try AdaptedTransformer(
            model(), TinyModel.adapter(LoRASettings(rank: 2)), head: .generative(plus: 7, minus: 12))
        #expect(adapted.parameters == adapted.adapter.parameters)
        for (sequence, logit) in zip(batch, adapted.logits(of: batch)) {
            let hidden = try adapted.model.forward([.init(sequence)])[0].hidden
            let all = adapted.model.logits(Array(hidden.suffix(20)))
            #expect(abs(logit - (all[7] - all[12])) < 1e-4)
        }
    }

    /// Differences of float32 logits: rounding by 1e-6, and the curvature of a step of 1e-3, allow for a hundredth.
    @Test(arguments: [AdaptedTransformer.Head.scalar, .generative(plus: 7, minus: 12)])
    func gradientsAreDifferencesOfLogits(_ head: AdaptedTransformer.Head) throws {
        var adapted = try AdaptedTransformer(model(), TinyModel.adapter(LoRASettings(rank: 2, alpha: 2)), head: head)
        adapted.parameters = testNumbers(adapted.parameters.count, seed: 4).map { 0.3 * $0 }
        let weights: [Float] = [1, -2, 0.5]
        let (logits, gradient) = adapted.gradient(of: batch, dropoutSeed: nil) { logits in
            zip(logits, weights).map { 2 * $0 * $1 }
        }
        #expect(logits == adapted.logits(of: batch) && gradient.count == adapted.parameters.count)
        func loss(_ direction: [Float], _ step: Float) -> Double {
            var moved = adapted
            moved.parameters = zip(adapted.parameters, direction).map { $0 + step * $1 }
            return zip(moved.logits(of: batch), weights).reduce(0) { $0 + Double($1.0) * Double($1.0) * Double($1.1) }
        }
        for seed: UInt64 in [1, 2, 3] {
            let direction = testNumbers(gradient.count, seed: 50 + seed)
            let expected = (loss(direction, 1e-3) - loss(direction, -1e-3)) / 2e-3
            let product = zip(gradient, direction).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
            #expect(abs(product - expected) < 0.01 * max(1, abs(expected)))
        }
    }

    @Test func parametersAreTheAdapterAndTheHead() throws {
        let adapter = try TinyModel.adapter(LoRASettings(rank: 2))
        var adapted = try AdaptedTransformer(model(), adapter, head: .scalar)
        #expect(adapted.parameters == adapter.parameters + [Float](repeating: 0, count: 21))
        let numbers = testNumbers(adapted.parameters.count, seed: 3)
        adapted.parameters = numbers
        #expect(adapted.parameters == numbers)
        #expect(adapted.adapter.parameters == Array(numbers.dropLast(21)))
        #expect(adapted.model.adapter == adapted.adapter)
    }

    @Test func mistakesAreNamed() throws {
        let adapter = try TinyModel.adapter(LoRASettings(rank: 2))
        var shape = TinyModel.shape
        shape.layers = 2
        let other = try LoRAAdapter(LoRASettings(), shape, seed: 1)
        #expect { _ = try AdaptedTransformer(model(), other, head: .scalar) } throws: {
            "\($0)".contains("other sizes")
        }
        #expect { _ = try AdaptedTransformer(model(), adapter, head: .generative(plus: 1, minus: 31)) } throws: {
            "\($0)".contains("Token 31")
        }
        let adapted = try AdaptedTransformer(model(), adapter, head: .scalar)
        #expect { try adapted.check([]) } throws: { "\($0)".contains("empty sequence") }
        #expect { try adapted.check([-1]) } throws: { "\($0)".contains("Token -1") }
        try adapted.check([30])
    }

    @Test func foldersGiveBackTheSame() throws {
        try withTemporaryFolder { folder in
            let model = try model()
            let settings = LoRASettings(rank: 2, alpha: 5, dropout: 0.1, targets: [.query, .value], layers: [1, 2])
            var adapted = try AdaptedTransformer(model, TinyModel.adapter(settings), head: .scalar)
            adapted.parameters = testNumbers(adapted.parameters.count, seed: 8)
            try adapted.write(folder: folder, model: "somebody/model")
            let read = try AdaptedTransformer(model, folder: folder, head: .scalar)
            #expect(read.parameters == adapted.parameters && read.adapter == adapted.adapter)
            #expect(read.logits(of: batch) == adapted.logits(of: batch))
            let head = folder.appendingPathComponent("value_head.safetensors")
            let tensors = try TensorFile(file: head).tensors
            #expect(tensors["head.weight"]?.shape == [1, 20] && tensors["head.bias"]?.shape == [1])

            for (name, shape, text) in [
                ("head.bias", [2], "has shape [2]"), ("head.bias", [], "lacks tensor 'head.bias'"),
            ] {
                var damaged = tensors
                damaged[name] = shape.isEmpty ? nil : .init(shape: shape, values: [1, 2])
                try TensorFile(tensors: damaged).write(to: head)
                #expect { _ = try AdaptedTransformer(model, folder: folder, head: .scalar) } throws: {
                    "\($0)".contains(text) && "\($0)".contains("value_head")
                }
            }
            var damaged = tensors
            damaged["head.weight"]?.values[3] = .infinity
            try TensorFile(tensors: damaged).write(to: head)
            #expect { _ = try AdaptedTransformer(model, folder: folder, head: .scalar) } throws: {
                "\($0)".contains("not finite")
            }
            try FileManager.default.removeItem(at: head)
            #expect(throws: TransformerError.self) { try AdaptedTransformer(model, folder: folder, head: .scalar) }
            // A generative head has no file.
            _ = try AdaptedTransformer(model, folder: folder, head: .generative(plus: 1, minus: 2))
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
import Fixtures
import Foundation
import Safetensors
import Testing

@testable import Transformer

/// A random Qwen2 of two layers with an adapter, against peft.
///
/// Tolerances: the reference's own float32 differs from float64 by about 1e-5 of a tensor's largest number, so differences are compared with 1e-4 of that number.
@Suite(.enabled(if: SharedData.isPresent, "needs the shared data pack"))
struct AdapterVectorTests {
    private struct Expected: Decodable {
        struct CrossEntropy: Decodable {
            var sequence: Int
            var loss: Double
            var grad_norm: [String: Double]
        }
        struct Meta: Decodable {
            var final: [[Int]]
            var final_target: [Double]
            var eta: Double
            var inner_loss: Double
            var meta_loss: Double
            var v_norm: Double
            var radius: Double
            var exact: [Double]
            var finite_difference: [Double]
        }
        struct ScalarHead: Decodable {
            var weight: [Float]
            var bias: Float
            var logits: [Double]
            var sigmoid: [Double]
        }
        var batch: [[Int]]
        var target: [Double]
        var reward: [Double]
        var loss: Double
        var sgd_lr: Float
        var reward_after: [Double]
        var loss_after: Double
        var cross_entropy: CrossEntropy
        var meta: Meta
        var scalar_head: ScalarHead
    }

    private let base: TransformerModel
    private let adapted: AdaptedTransformer
    private let known: Expected
    private let logits: [String: TensorFile.Tensor]

    private static func folder(_ name: String) -> URL { SharedData.vectors("tiny_qwen2/\(name)") }

    init() throws {
        base = try Checkpoint(folder: Self.folder("tied")).model(threads: 2)
        let adapter = try LoRAAdapter(peft: Self.folder("lora"), base.shape)
        adapted = try AdaptedTransformer(base, adapter, head: .generative(plus: 10, minus: 12))
        known = try JSONDecoder().decode(
            Expected.self, from: try Data(contentsOf: Self.folder("lora/expected.json")))
        logits = try TensorFile(file: Self.folder("lora/expected.safetensors")).tensors
    }

    private func sigmoid(_ logit: Float) -> Double { 1 / (1 + exp(-Double(logit))) }

    private func loss(_ logits: [Float], _ targets: [Double]) -> Double {
        zip(logits, targets).reduce(0) { $0 + pow(sigmoid($1.0) - $1.1, 2) } / Double(targets.count)
    }

    /// The derivative of the mean squared error by each logit.
    private func lossGradient(_ targets: [Double]) -> ([Float]) -> [Float] {
        { logits in
            zip(logits, targets).map { logit, target in
                let reward = 1 / (1 + exp(-Double(logit)))
                return Float(2 / Double(targets.count) * (reward - target) * reward * (1 - reward))
            }
        }
    }

    /// A gradient's numbers as an adapter, to find them by their names.
    private func named(_ gradient: [Float]) -> [String: TensorFile.Tensor] {
        var adapter = adapted.adapter
        adapter.parameters = gradient
        return adapter.peftTensors
    }

    @Test func gradientsAreThoseOfPeft() throws {
        let (logits, gradient) = adapted.gradient(
            of: known.batch, dropoutSeed: 1, lossGradient: lossGradient(known.target))
        for (logit, reward) in zip(logits, known.reward) { #expect(abs(sigmoid(logit) - reward) < 2e-5) }
        #expect(abs(loss(logits, known.target) - known.loss) < 1e-5)
        #expect(adapted.logits(of: known.batch) == logits)
        let expected = try TensorFile(file: Self.folder("lora/grads.safetensors")).tensors
        let found = named(gradient)
        try #require(expected.count == 16 && Set(found.keys) == Set(expected.keys))
        for (name, tensor) in expected {
            let values = try #require(found[name]).values
            let greatest = tensor.values.map(abs).max() ?? 0
            try #require(greatest > 0)
            let difference = zip(values, tensor.values).map { abs($0 - $1) }.max() ?? .infinity
            #expect(difference < 1e-4 * greatest, "\(name)")
        }
    }

    @Test func aStepLeadsWhereItLeadsPeft() throws {
        var model = adapted
        let before = try #require(logits["logits_before"]).values
        func all(_ model: AdaptedTransformer) throws -> [Float] {
            // Through the path of plain inference.
            let hidden = try model.model.forward([.init(known.batch[1])])[0].hidden
            return model.model.logits(hidden)
        }
        func distance(_ left: [Float], _ right: [Float]) -> Float {
            zip(left, right).map { abs($0 - $1) }.max() ?? .infinity
        }
        #expect(distance(try all(model), before) < 2e-4)
        let gradient = model.gradient(of: known.batch, dropoutSeed: nil, lossGradient: lossGradient(known.target))
            .gradient
        model.parameters = zip(model.parameters, gradient).map { $0 - known.sgd_lr * $1 }
        let after = try #require(logits["logits_after"]).values
        // The step moves logits by several units, and rounding of the gradient moves with it.
        #expect(distance(before, after) > 1)
        #expect(distance(try all(model), after) < 1e-3)
        let found = model.logits(of: known.batch)
        for (logit, reward) in zip(found, known.reward_after) { #expect(abs(sigmoid(logit) - reward) < 1e-4) }
        #expect(abs(loss(found, known.target) - known.loss_after) < 1e-5)
    }

    /// The loss of the next token at every position: gradients at all positions, and through all logits.
    @Test func gradientsOfTheNextTokensAreThoseOfTorch() throws {
        let tokens = known.batch[known.cross_entropy.sequence]
        let positions = Array(0..<tokens.count - 1)
        let embedding = try TensorFile(file: Self.folder("tied/model.safetensors")).tensors["model.embed_tokens.weight"]
        let rows = try #require(embedding).values
        var loss = 0.0
        let result = try adapted.model.adapterGradient(of: [tokens], at: [positions], dropoutSeed: nil) { hidden in
            let logits = base.logits(hidden[0])
            var gradient = [Float](repeating: 0, count: hidden[0].count)
            for position in positions {
                let row = logits[position * 520..<(position + 1) * 520].map(Double.init)
                let total = row.reduce(0) { $0 + exp($1) }
                loss -= (row[tokens[position + 1]] - log(total)) / Double(positions.count)
                for token in 0..<520 {
                    let share = exp(row[token]) / total - (token == tokens[position + 1] ? 1 : 0)
                    let factor = Float(share / Double(positions.count))
                    for column in 0..<64 { gradient[position * 64 + column] += factor * rows[token * 64 + column] }
                }
            }
            return [gradient]
        }
        #expect(abs(loss - known.cross_entropy.loss) < 1e-4)
        try #require(known.cross_entropy.grad_norm.count == 16)
        let found = named(result.gradient)
        for (name, expected) in known.cross_entropy.grad_norm {
            let squares = try #require(found[name]).values.reduce(0.0) { $0 + Double($1) * Double($1) }
            #expect(abs(squares.squareRoot() / expected - 1) < 1e-4, "\(name)")
        }
    }

    /// The derivative of the loss after a step by the targets of the step, exactly and by finite differences of the parameters.
    @Test func metaGradientsAreThoseOfTheReference() throws {
        let meta = known.meta
        // rhat is the target of the inner loss.
        let (inner, gradient) = adapted.gradient(
            of: known.batch, dropoutSeed: nil, lossGradient: lossGradient(known.target))
        #expect(abs(loss(inner, known.target) - meta.inner_loss) < 1e-5)
        var stepped = adapted
        stepped.parameters = zip(adapted.parameters, gradient).map { $0 - Float(meta.eta) * $1 }
        let (outer, v) = stepped.gradient(
            of: meta.final, dropoutSeed: nil, lossGradient: lossGradient(meta.final_target))
        #expect(abs(loss(outer, meta.final_target) / meta.meta_loss - 1) < 1e-3)
        let norm = v.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
        #expect(abs(norm / meta.v_norm - 1) < 1e-3)
        let scale = 2 * meta.eta / Double(known.batch.count)
        for index in known.batch.indices {
            let ofReward = adapted.gradient(of: known.batch, dropoutSeed: nil) { logits in
                logits.indices.map { place in
                    let reward = sigmoid(logits[place])
                    return place == index ? Float(reward * (1 - reward)) : 0
                }
            }.gradient
            let product = zip(v, ofReward).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
            #expect(abs(scale * product / meta.exact[index] - 1) < 1e-3)
        }
        let step = meta.radius / norm
        func moved(_ sign: Double) -> [Float] {
            var model = adapted
            model.parameters = zip(adapted.parameters, v).map { $0 + Float(sign * step) * $1 }
            return model.logits(of: known.batch)
        }
        for (index, (after, before)) in zip(moved(1), moved(-1)).enumerated() {
            let difference = (sigmoid(after) - sigmoid(before)) / (2 * step) * scale
            // A difference of two float32 rewards over a small step.
            #expect(abs(difference - meta.finite_difference[index]) < 1e-3)
        }
    }

    @Test func scalarHeadsReadTheLastState() throws {
        let expected = known.scalar_head
        // B is zero: the plain model.
        let adapter = try LoRAAdapter(LoRASettings(), base.shape, seed: 1)
        var model = try AdaptedTransformer(base, adapter, head: .scalar)
        #expect(model.parameters.count == adapter.parameters.count + 65)
        #expect(model.logits(of: known.batch) == [0, 0, 0])
        model.parameters = adapter.parameters + expected.weight + [expected.bias]
        let logits = model.logits(of: known.batch)
        for (index, logit) in logits.enumerated() {
            #expect(abs(Double(logit) - expected.logits[index]) < 5e-5)
            #expect(abs(sigmoid(logit) - expected.sigmoid[index]) < 2e-5)
        }
        let outcomes: [Float] = [0.5, -1, 2]
        let gradient = model.gradient(of: known.batch, dropoutSeed: nil) { _ in outcomes }.gradient
        let hidden = try base.hiddenStates(of: known.batch, at: known.batch.map { [$0.count - 1] })
        for column in 0..<64 {
            let sum = zip(hidden, outcomes).reduce(Float(0)) { $0 + $1.0[column] * $1.1 }
            #expect(abs(gradient[adapter.parameters.count + column] - sum) < 1e-5)
        }
        #expect(gradient.last == 1.5)
    }
}

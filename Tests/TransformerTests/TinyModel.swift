// SPDX-License-Identifier: Apache-2.0
import Fixtures
import Foundation
import Safetensors

@testable import Transformer

/// Weights that are kept alive and in place.
final class HeldWeights: @unchecked Sendable {  // Never written after its initialiser.
    private var floats: [String: (shape: [Int], values: UnsafeMutableBufferPointer<Float>)] = [:]
    private var halves: [String: UnsafeMutableBufferPointer<UInt16>] = [:]

    /// - Parameter narrow: whether matrices are given as bfloat16, whose missing bits are cut off.
    init(_ tensors: [String: TensorFile.Tensor], narrow: Bool = false) {
        for (name, tensor) in tensors {
            let values = UnsafeMutableBufferPointer<Float>.allocate(capacity: tensor.values.count)
            _ = values.initialize(from: tensor.values)
            floats[name] = (tensor.shape, values)
            guard narrow, tensor.shape.count == 2 else { continue }
            let half = UnsafeMutableBufferPointer<UInt16>.allocate(capacity: tensor.values.count)
            _ = half.initialize(from: tensor.values.map { UInt16($0.bitPattern >> 16) })
            halves[name] = half
        }
    }

    deinit {
        for (_, values) in floats.values { values.deallocate() }
        for values in halves.values { values.deallocate() }
    }

    func tensor(_ name: String) -> WeightTensor? {
        floats[name].map { found in
            WeightTensor(
                shape: found.shape,
                elements: halves[name].map { .bfloat16(UnsafeBufferPointer($0)) }
                    ?? .float32(UnsafeBufferPointer(found.values)))
        }
    }
}

/// Numbers between -1 and 1 that look random and are the same everywhere.
func testNumbers(_ count: Int, seed: UInt64) -> [Float] {
    var state = seed &* 0x9e37_79b9_7f4a_7c15 | 1
    return (0..<count).map { _ in
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Float(Int64(bitPattern: state) >> 11) / Float(1 << 52)
    }
}

/// A small decoder with random weights: grouped queries, biases, and sizes that are no multiples of a vector.
enum TinyModel {
    static let shape = TransformerShape(
        layers: 3, width: 20, queryHeads: 6, keyHeads: 2, headSize: 6, innerWidth: 27, vocabulary: 31,
        rotaryBase: 10_000, epsilon: 1e-6, tiesEmbedding: true)

    static func tensors() -> [String: TensorFile.Tensor] {
        var tensors: [String: TensorFile.Tensor] = [:]
        var seed: UInt64 = 1
        func add(_ name: String, _ shape: [Int], _ scale: Float, around center: Float = 0) {
            seed += 1
            let values = testNumbers(shape.reduce(1, *), seed: seed).map { center + scale * $0 }
            tensors[name] = TensorFile.Tensor(shape: shape, values: values)
        }
        add("model.embed_tokens.weight", [shape.vocabulary, shape.width], 1)
        add("model.norm.weight", [shape.width], 0.3, around: 1)
        for layer in 0..<shape.layers {
            let name = "model.layers.\(layer)"
            add("\(name).input_layernorm.weight", [shape.width], 0.3, around: 1)
            add("\(name).post_attention_layernorm.weight", [shape.width], 0.3, around: 1)
            for target in LoRASettings.Target.allCases {
                let size = shape.size(of: target)
                add("\(name).self_attn.\(target.rawValue).weight", [size.outputs, size.inputs], 0.4)
                add("\(name).self_attn.\(target.rawValue).bias", [size.outputs], 0.2)
            }
            add("\(name).mlp.gate_proj.weight", [shape.innerWidth, shape.width], 0.4)
            add("\(name).mlp.up_proj.weight", [shape.innerWidth, shape.width], 0.4)
            add("\(name).mlp.down_proj.weight", [shape.width, shape.innerWidth], 0.4)
        }
        return tensors
    }

    /// - Parameter filled: whether B has numbers too, so that every gradient differs from 0.
    static func adapter(_ settings: LoRASettings, filled: Bool = true) throws -> LoRAAdapter {
        var adapter = try LoRAAdapter(settings, shape, seed: 5)
        if filled { adapter.parameters = testNumbers(adapter.parameters.count, seed: 77).map { 0.3 * $0 } }
        return adapter
    }
}

// SPDX-License-Identifier: Apache-2.0

/// A checkpoint that does not hold what its configuration promises: a full sentence.
public struct TransformerError: Error, Sendable, Hashable, CustomStringConvertible {
    public var description: String

    public init(_ description: String) { self.description = description }
}

/// The weights of a decoder, named as Hugging Face names them. Large matrices stay where the checkpoint has them; small vectors are copied.
struct TransformerWeights: Sendable {
    struct Layer: Sendable {
        var attentionNorm: [Float]
        var query: Linear
        var key: Linear
        var value: Linear
        var output: Linear
        var innerNorm: [Float]
        var gate: Linear
        var up: Linear
        var down: Linear
    }

    /// A linear layer with the bias that it owns.
    struct Linear: Sendable {
        var elements: WeightElements
        var bias: [Float]?
        var inputs: Int
        var outputs: Int

        func apply(
            to rows: UnsafePointer<Float>, count: Int, into result: UnsafeMutablePointer<Float>, adds: Bool = false,
            threads: Int
        ) {
            func run(_ bias: UnsafePointer<Float>?) {
                Projection(weights: elements, bias: bias, inputs: inputs, outputs: outputs)
                    .apply(to: rows, count: count, into: result, adds: adds, threads: threads)
            }
            if let bias {
                bias.withUnsafeBufferPointer { run($0.baseAddress) }
            } else {
                run(nil)
            }
        }
    }

    var embedding: WeightTensor
    var layers: [Layer]
    var norm: [Float]
    /// Turns hidden states into logits.
    var head: Linear

    /// - Parameter tensor: the checkpoint's tensors by name; nil for one that it lacks.
    /// - Throws: `TransformerError` for a missing tensor or one of a wrong shape.
    init(_ shape: TransformerShape, tensor: (String) throws -> WeightTensor?) throws {
        func find(_ name: String, _ expected: [Int]) throws -> WeightTensor {
            guard let found = try tensor(name) else { throw TransformerError("The checkpoint lacks tensor '\(name)'.") }
            guard found.shape == expected, found.count == expected.reduce(1, *) else {
                throw TransformerError(
                    "Tensor '\(name)' has shape \(found.shape); by the configuration it must have \(expected).")
            }
            return found
        }
        func linear(_ name: String, _ outputs: Int, _ inputs: Int, bias: Bool = false) throws -> Linear {
            Linear(
                elements: try Self.elements(of: find("\(name).weight", [outputs, inputs]), name),
                bias: bias ? try find("\(name).bias", [outputs]).floats : nil, inputs: inputs, outputs: outputs)
        }
        let attention = shape.attention
        let bias = shape.hasAttentionBiases
        embedding = try find("model.embed_tokens.weight", [shape.vocabulary, shape.width])
        layers = try (0..<shape.layers).map { index in
            let name = "model.layers.\(index)"
            return Layer(
                attentionNorm: try find("\(name).input_layernorm.weight", [shape.width]).floats,
                query: try linear("\(name).self_attn.q_proj", attention.queryWidth, shape.width, bias: bias),
                key: try linear("\(name).self_attn.k_proj", attention.keyWidth, shape.width, bias: bias),
                value: try linear("\(name).self_attn.v_proj", attention.keyWidth, shape.width, bias: bias),
                output: try linear("\(name).self_attn.o_proj", shape.width, attention.queryWidth),
                innerNorm: try find("\(name).post_attention_layernorm.weight", [shape.width]).floats,
                gate: try linear("\(name).mlp.gate_proj", shape.innerWidth, shape.width),
                up: try linear("\(name).mlp.up_proj", shape.innerWidth, shape.width),
                down: try linear("\(name).mlp.down_proj", shape.width, shape.innerWidth))
        }
        norm = try find("model.norm.weight", [shape.width]).floats
        let output = shape.tiesEmbedding ? embedding : try find("lm_head.weight", [shape.vocabulary, shape.width])
        head = Linear(
            elements: try Self.elements(of: output, "output embedding"), bias: nil, inputs: shape.width,
            outputs: shape.vocabulary)
    }

    private static func elements(of tensor: WeightTensor, _ name: String) throws -> WeightElements {
        switch tensor.elements {
        case .float32(let values): if let start = values.baseAddress { return .float32(start) }
        case .bfloat16(let values): if let start = values.baseAddress { return .bfloat16(start) }
        case .float16(let values): if let start = values.baseAddress { return .float16(start) }
        }
        throw TransformerError("Tensor '\(name)' is empty.")
    }
}

// SPDX-License-Identifier: Apache-2.0
import Foundation
import Safetensors

@testable import Transformer

/// The same decoder in float64 and in the plainest way, one sequence at a time, with an adapter.
struct ReferenceDecoder {
    var shape: TransformerShape
    var tensors: [String: [Double]]
    var adapter: LoRAAdapter
    /// What each element of an adapter's inputs is multiplied with: nil for no dropout.
    var mask: ((_ layer: Int, _ target: LoRASettings.Target, _ position: Int, _ width: Int) -> [Double])?

    init(_ shape: TransformerShape, _ tensors: [String: TensorFile.Tensor], _ adapter: LoRAAdapter) {
        self.shape = shape
        self.tensors = tensors.mapValues { $0.values.map(Double.init) }
        self.adapter = adapter
    }

    /// Nothing fits a tensor that is missing: the first use of it fails.
    private func tensor(_ name: String) -> [Double] { tensors[name] ?? [] }

    private func normalised(_ row: [Double], _ name: String) -> [Double] {
        let weight = tensor(name)
        let mean = row.reduce(0) { $0 + $1 * $1 } / Double(row.count)
        let scale = 1 / (mean + shape.epsilon).squareRoot()
        return row.indices.map { row[$0] * scale * weight[$0] }
    }

    private func product(_ row: [Double], _ matrix: ArraySlice<Double>) -> [Double] {
        (0..<matrix.count / row.count).map { output in
            let start = matrix.startIndex + output * row.count
            var sum = 0.0
            for input in row.indices { sum += row[input] * matrix[start + input] }
            return sum
        }
    }

    private func linear(_ row: [Double], _ name: String) -> [Double] { product(row, tensor("\(name).weight")[...]) }

    /// - Parameter parameters: the adapter's.
    private func project(
        _ row: [Double], _ layer: Int, _ target: LoRASettings.Target, at position: Int, _ parameters: [Double]
    ) -> [Double] {
        let name = "model.layers.\(layer).self_attn.\(target.rawValue)"
        var result = linear(row, name)
        if target != .output, let bias = tensors["\(name).bias"] {
            for index in result.indices { result[index] += bias[index] }
        }
        guard let place = adapter.place(layer, target) else { return result }
        let factors = mask?(layer, target, position, row.count) ?? row.map { _ in 1 }
        let seen = zip(row, factors).map { $0 * $1 }
        let rank = adapter.settings.rank
        let inner = product(seen, parameters[place.a..<place.a + rank * place.inputs])
        let added = product(inner, parameters[place.b..<place.b + rank * place.outputs])
        let scale = adapter.settings.alpha / Double(rank)
        for index in result.indices { result[index] += scale * added[index] }
        return result
    }

    private func turned(_ row: [Double], _ position: Int) -> [Double] {
        var result = row
        let half = shape.headSize / 2
        for start in stride(from: 0, to: row.count, by: shape.headSize) {
            for pair in 0..<half {
                let angle = Double(position) * pow(shape.rotaryBase, -Double(2 * pair) / Double(shape.headSize))
                let (x, y) = (row[start + pair], row[start + pair + half])
                result[start + pair] = x * cos(angle) - y * sin(angle)
                result[start + pair + half] = y * cos(angle) + x * sin(angle)
            }
        }
        return result
    }

    private func attended(_ queries: [[Double]], _ keys: [[Double]], _ values: [[Double]]) -> [[Double]] {
        let size = shape.headSize
        return queries.indices.map { position in
            (0..<shape.queryHeads).flatMap { head -> [Double] in
                let shared = head / (shape.queryHeads / shape.keyHeads) * size
                let weights = (0...position).map { token in
                    exp(
                        (0..<size).reduce(0.0) { $0 + queries[position][head * size + $1] * keys[token][shared + $1] }
                            / Double(size).squareRoot())
                }
                let total = weights.reduce(0, +)
                return (0..<size).map { column in
                    (0...position).reduce(0.0) { $0 + weights[$1] / total * values[$1][shared + column] }
                }
            }
        }
    }

    /// A row per token, after the final normalisation.
    func hidden(_ tokens: [Int], _ parameters: [Double]) -> [[Double]] {
        let embedding = tensor("model.embed_tokens.weight")
        var states = tokens.map { Array(embedding[$0 * shape.width..<($0 + 1) * shape.width]) }
        for layer in 0..<shape.layers {
            let name = "model.layers.\(layer)"
            let normal = states.map { normalised($0, "\(name).input_layernorm.weight") }
            func all(_ target: LoRASettings.Target) -> [[Double]] {
                normal.enumerated().map { project($0.element, layer, target, at: $0.offset, parameters) }
            }
            let queries = all(.query).enumerated().map { turned($0.element, $0.offset) }
            let keys = all(.key).enumerated().map { turned($0.element, $0.offset) }
            for (position, row) in attended(queries, keys, all(.value)).enumerated() {
                let added = project(row, layer, .output, at: position, parameters)
                for column in added.indices { states[position][column] += added[column] }
                let inner = normalised(states[position], "\(name).post_attention_layernorm.weight")
                let up = linear(inner, "\(name).mlp.up_proj")
                let gated = zip(linear(inner, "\(name).mlp.gate_proj"), up).map { $0 / (1 + exp(-$0)) * $1 }
                let change = linear(gated, "\(name).mlp.down_proj")
                for column in change.indices { states[position][column] += change[column] }
            }
        }
        return states.map { normalised($0, "model.norm.weight") }
    }
}

// SPDX-License-Identifier: Apache-2.0
import Fixtures
import Foundation
import Safetensors
import Testing
import Transformer

/// A random Qwen2 of two layers, against the reference implementation's logits and hidden states (float32 differs from float64 by about 1.2e-5 there).
@Suite(.enabled(if: SharedData.isPresent, "needs the shared data pack"))
struct ForwardTests {
    private struct Expected: Decodable {
        struct Greedy: Decodable {
            var prompt: [Int]
            var tokens: [Int]
        }
        struct Chat: Decodable { var ids: [Int] }
        var greedy: Greedy
        var chat: Chat
    }

    private let checkpoint: Checkpoint
    private let model: TransformerModel
    private let expected: [String: TensorFile.Tensor]
    private let known: Expected
    private let sequences: [[Int]]

    init() throws {
        checkpoint = try Checkpoint(folder: SharedData.vectors("tiny_qwen2/tied"))
        model = try checkpoint.model(threads: 2)
        expected = try TensorFile(file: SharedData.vectors("tiny_qwen2/tied/expected.safetensors")).tensors
        let text = try Data(contentsOf: SharedData.vectors("tiny_qwen2/tied/expected.json"))
        known = try JSONDecoder().decode(Expected.self, from: text)
        let root = try #require(try JSONSerialization.jsonObject(with: text) as? [String: Any])
        sequences = (root["sequences"] as? [Any] ?? []).compactMap { $0 as? [Int] }
    }

    private func difference(_ values: ArraySlice<Float>, _ name: String) throws -> Float {
        let other = try #require(expected[name]).values
        try #require(values.count == other.count)
        return zip(values, other).map { abs($0 - $1) }.max() ?? 0
    }

    @Test func logitsAreThoseOfTheReference() throws {
        let all = sequences + [known.chat.ids]
        // All at once, and each alone.
        let outputs = try model.forward(all.map { TransformerModel.Segment($0) })
        for (index, output) in outputs.enumerated() {
            let logits = model.logits(output.hidden)
            let rows = try #require(expected["logits_\(index)"]).shape[0]
            #expect(try difference(logits.suffix(rows * 520), "logits_\(index)") < 2e-4)
            let alone = try model.forward([.init(all[index])])[0].hidden
            #expect(zip(alone, output.hidden).allSatisfy { abs($0 - $1) < 1e-4 })
        }
        #expect(try difference(outputs[1].hidden[...], "hidden_2") < 2e-4)
    }

    @Test func greedyTokensAreThoseOfTheReference() throws {
        var tokens = known.greedy.prompt
        var cache: KeyValueCache?
        var next = tokens
        for _ in known.greedy.tokens {
            let output = try model.forward([.init(next, after: cache)])[0]
            cache = output.cache
            let logits = model.logits(Array(output.hidden.suffix(64)))
            let token = try #require(logits.indices.max { logits[$0] < logits[$1] })
            tokens.append(token)
            next = [token]
        }
        #expect(Array(tokens.dropFirst(known.greedy.prompt.count)) == known.greedy.tokens)
    }

    /// A prompt computed once, a program after it once, and branches at places within: as if each were computed whole.
    @Test func branchesShareWhatTheyHaveInCommon() throws {
        let prompt = Array(known.chat.ids.prefix(40))
        let program = Array(known.chat.ids.dropFirst(40).prefix(30))
        let ending = [505, 7, 10]
        let root = try model.forward([.init(prompt)])[0].cache
        let whole = try model.forward([.init(program, after: root)])[0].cache
        let ends = [3, 17, 30]
        let branches = try model.forward(ends.map { .init(ending, after: whole, past: prompt.count + $0) })
        for (end, branch) in zip(ends, branches) {
            let plain = try model.forward([.init(prompt + program.prefix(end) + ending)])[0].hidden.suffix(3 * 64)
            #expect(zip(plain, branch.hidden).allSatisfy { abs($0 - $1) < 1e-4 }, "\(end)")
            #expect(branch.cache.length == prompt.count + end + 3)
        }
    }

    @Test func mistakesAreNamed() throws {
        #expect { try model.forward([.init([1, 520])]) } throws: { "\($0)".contains("Token 520") }
        var shape = checkpoint.configuration.shape
        shape.innerWidth = 113
        #expect { _ = try TransformerModel(shape) { try checkpoint.tensor($0) } } throws: {
            "\($0)".contains("gate_proj.weight' has shape [112, 64]")
        }
        shape = checkpoint.configuration.shape
        shape.tiesEmbedding = false
        #expect { _ = try TransformerModel(shape) { try checkpoint.tensor($0) } } throws: {
            "\($0)".contains("lm_head.weight")
        }
    }
}

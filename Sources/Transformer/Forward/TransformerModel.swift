// SPDX-License-Identifier: Apache-2.0

/// A decoder that turns tokens into hidden states and logits, in float32.
public struct TransformerModel: Sendable {
    public let shape: TransformerShape
    /// How many tiles of a matrix are worked on at the same time.
    public var threads: Int
    /// What is added to the attention's projections; nil for the plain model.
    public var adapter: LoRAAdapter? {
        didSet { precondition(adapter?.shape ?? shape == shape, "The adapter was made for a model of other sizes.") }
    }
    /// Keeps the weights' memory.
    private let storage: (any AnyObject & Sendable)?
    let weights: TransformerWeights
    let rotary: RotaryEmbedding

    /// - Parameters:
    ///   - tensor: the checkpoint's tensors by name; nil for one that it lacks. Their memory must outlive the model, and must not be written.
    ///   - storage: kept alive as long as the model, for what owns that memory.
    /// - Throws: `TransformerError` for a missing tensor or one of a wrong shape.
    public init(
        _ shape: TransformerShape, threads: Int = 1, keeping storage: (any AnyObject & Sendable)? = nil,
        tensor: (String) throws -> WeightTensor?
    ) throws {
        guard shape.headSize > 0, shape.headSize % 2 == 0, shape.keyHeads > 0, shape.queryHeads % shape.keyHeads == 0
        else {
            throw TransformerError(
                "\(shape.queryHeads) query heads of \(shape.headSize) elements cannot share \(shape.keyHeads) heads of keys."
            )
        }
        self.shape = shape
        self.threads = threads
        self.storage = storage
        weights = try TransformerWeights(shape, tensor: tensor)
        rotary = RotaryEmbedding(headSize: shape.headSize, base: shape.rotaryBase)
    }

    /// Tokens to compute, which follow what is cached.
    public struct Segment {
        public var tokens: [Int]
        public var parent: KeyValueCache?
        /// An earlier segment of the same call that this one follows, in place of a cache.
        var within: Int?
        /// How many of the parent's tokens come before.
        public var past: Int

        /// - Parameter past: nil for all of the parent's.
        public init(_ tokens: [Int], after parent: KeyValueCache? = nil, past: Int? = nil) {
            self.tokens = tokens
            self.parent = parent
            self.past = past ?? parent?.length ?? 0
        }

        /// - Parameter segment: the place of an earlier segment of the same call, whose first `past` tokens (with those before them) come before.
        init(_ tokens: [Int], within segment: Int, past: Int) {
            self.tokens = tokens
            within = segment
            self.past = past
        }
    }

    /// What is known of a segment's tokens.
    public struct Output {
        /// A row of `width` elements per token, after the final normalisation.
        public var hidden: [Float]
        public var cache: KeyValueCache
    }

    /// Computes several segments together, each after what is cached for it.
    ///
    /// - Throws: `TransformerError` for a token that the model does not know, and for weights that are no numbers.
    public func forward(_ segments: [Segment]) throws -> [Output] {
        let tokens = segments.flatMap(\.tokens)
        try check(tokens)
        // A segment's keys are known in a layer before those of a later segment are asked for.
        var caches: [KeyValueCache] = []
        for segment in segments {
            let parent = segment.within.map { caches[$0] } ?? segment.parent
            caches.append(KeyValueCache(parent: parent, past: segment.past, count: segment.tokens.count))
        }
        guard !tokens.isEmpty else { return caches.map { Output(hidden: [], cache: $0) } }
        var work = Work(shape, tokens: tokens.count)
        embed(tokens, into: &work.states)
        let table = rotary.table(segments.flatMap { segment in segment.tokens.indices.map { segment.past + $0 } })
        for (index, layer) in weights.layers.enumerated() {
            attend(index, layer, caches, table, &work)
            transform(layer, &work)
        }
        weights.norm.withUnsafeBufferPointer { norm in
            normaliseRows(
                work.states, count: tokens.count, weight: norm, epsilon: Float(shape.epsilon), into: &work.normal)
        }
        guard work.normal.allSatisfy(\.isFinite) else { throw overflow() }
        var first = 0
        return zip(segments, caches).map { segment, cache in
            defer { first += segment.tokens.count }
            let rows = first * shape.width..<(first + segment.tokens.count) * shape.width
            return Output(hidden: Array(work.normal[rows]), cache: cache)
        }
    }

    /// Why states are not finite: looked for only then, as it takes reading all weights.
    private func overflow() -> TransformerError {
        do throws(TransformerError) {
            try checkFinite()
            return TransformerError("A state of the model is not finite: its weights are too large for float32.")
        } catch {
            return error
        }
    }

    /// Reads all weights, before work that would be lost if one of them were no number.
    ///
    /// - Throws: `TransformerError` that names the tensor.
    public func checkFinite() throws(TransformerError) {
        guard let tensor = (storage as? Checkpoint)?.firstNonFinite() else { return }
        throw TransformerError("Tensor '\(tensor)' holds a number that is not finite: the checkpoint is damaged.")
    }

    /// A row of `vocabulary` logits for each row of hidden states.
    public func logits(_ hidden: [Float]) -> [Float] {
        let count = hidden.count / shape.width
        var logits = [Float](repeating: 0, count: count * shape.vocabulary)
        weights.head.apply(to: hidden, count: count, into: &logits, threads: threads)
        return logits
    }

    /// - Throws: `TransformerError` for a token that the model does not know.
    public func check(_ tokens: [Int]) throws {
        if let wrong = tokens.first(where: { !(0..<shape.vocabulary).contains($0) }) {
            throw TransformerError("Token \(wrong) is not one of the model's \(shape.vocabulary).")
        }
    }

    // MARK: One layer

    /// Room for one pass.
    private struct Work {
        var states, normal, query, key, value, attended, projected, gate, up: [Float]

        init(_ shape: TransformerShape, tokens: Int) {
            func room(_ width: Int) -> [Float] { [Float](repeating: 0, count: tokens * width) }
            states = room(shape.width)
            normal = room(shape.width)
            query = room(shape.attention.queryWidth)
            key = room(shape.attention.keyWidth)
            value = room(shape.attention.keyWidth)
            attended = room(shape.attention.queryWidth)
            projected = room(shape.width)
            gate = room(shape.innerWidth)
            up = room(shape.innerWidth)
        }
    }

    func embed(_ tokens: some Sequence<Int>, into states: UnsafeMutablePointer<Float>) {
        for (row, token) in tokens.enumerated() {
            let values = weights.embedding.floats(token * shape.width..<(token + 1) * shape.width)
            (states + row * shape.width).update(from: values, count: shape.width)
        }
    }

    private func normalise(_ weight: [Float], _ work: inout Work) {
        let count = work.states.count / shape.width
        weight.withUnsafeBufferPointer { weight in
            normaliseRows(work.states, count: count, weight: weight, epsilon: Float(shape.epsilon), into: &work.normal)
        }
    }

    private func attend(
        _ index: Int, _ layer: TransformerWeights.Layer, _ caches: [KeyValueCache], _ table: RotaryTable,
        _ work: inout Work
    ) {
        let attention = shape.attention
        let count = work.states.count / shape.width
        normalise(layer.attentionNorm, &work)
        layer.query.apply(to: work.normal, count: count, into: &work.query, threads: threads)
        layer.key.apply(to: work.normal, count: count, into: &work.key, threads: threads)
        layer.value.apply(to: work.normal, count: count, into: &work.value, threads: threads)
        if let adapter {
            adapter.add(index, .query, of: work.normal, count: count, into: &work.query, threads: threads)
            adapter.add(index, .key, of: work.normal, count: count, into: &work.key, threads: threads)
            adapter.add(index, .value, of: work.normal, count: count, into: &work.value, threads: threads)
        }
        let rows = Array(0..<count)
        table.apply(
            to: &work.query, entries: rows, heads: attention.queryHeads, stride: attention.queryWidth, threads: threads)
        table.apply(
            to: &work.key, entries: rows, heads: attention.keyHeads, stride: attention.keyWidth, threads: threads)
        var first = 0
        for cache in caches where cache.count > 0 {
            let rows = first * attention.keyWidth..<(first + cache.count) * attention.keyWidth
            cache.append(keys: work.key[rows], values: work.value[rows])
            var keys = [Float](repeating: 0, count: cache.length * attention.keyWidth)
            var values = keys
            cache.copy(
                layer: index, length: cache.length, width: attention.keyWidth, keys: &keys, values: &values)
            work.query.withUnsafeBufferPointer { query in
                work.attended.withUnsafeMutableBufferPointer { attended in
                    guard let query = query.baseAddress, let attended = attended.baseAddress else { return }
                    attention.attend(
                        queries: query + first * attention.queryWidth, keys: keys, values: values, new: cache.count,
                        all: cache.length, into: attended + first * attention.queryWidth, threads: threads)
                }
            }
            first += cache.count
        }
        layer.output.apply(to: work.attended, count: count, into: &work.projected, threads: threads)
        adapter?.add(index, .output, of: work.attended, count: count, into: &work.projected, threads: threads)
        for place in work.states.indices { work.states[place] += work.projected[place] }
    }

    private func transform(_ layer: TransformerWeights.Layer, _ work: inout Work) {
        let count = work.states.count / shape.width
        normalise(layer.innerNorm, &work)
        layer.gate.apply(to: work.normal, count: count, into: &work.gate, threads: threads)
        layer.up.apply(to: work.normal, count: count, into: &work.up, threads: threads)
        work.gate.withUnsafeMutableBufferPointer { gate in
            work.up.withUnsafeBufferPointer { up in
                guard let gate = gate.baseAddress, let up = up.baseAddress else { return }
                inParallel(count, threads: threads) { row in
                    gateWithSwish(gate + row * shape.innerWidth, up + row * shape.innerWidth, count: shape.innerWidth)
                }
            }
        }
        layer.down.apply(to: work.gate, count: count, into: &work.projected, threads: threads)
        for place in work.states.indices { work.states[place] += work.projected[place] }
    }
}

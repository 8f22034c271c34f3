// SPDX-License-Identifier: Apache-2.0

/// One sequence on its way through the layers.
struct SequencePass {
    var model: TransformerModel
    var table: RotaryTable
    var dropout: Dropout?
    /// How many threads share the work on this sequence.
    var threads: Int
    var work: LayerRoom

    var shape: TransformerShape { model.shape }

    /// Rows that are worked on at a time where no matrix is multiplied.
    private static let block = 32

    /// Shares rows among threads, by blocks.
    func byRows(_ count: Int, _ body: (_ first: Int, _ count: Int) -> Void) {
        inParallel((count + Self.block - 1) / Self.block, threads: threads) { block in
            body(block * Self.block, min(Self.block, count - block * Self.block))
        }
    }

    func normalise(
        _ rows: UnsafePointer<Float>, count: Int, _ weight: [Float], into result: UnsafeMutablePointer<Float>
    ) {
        let width = shape.width
        weight.withUnsafeBufferPointer { weight in
            byRows(count) { first, count in
                normaliseRows(
                    rows + first * width, count: count, weight: weight, epsilon: Float(shape.epsilon),
                    into: result + first * width)
            }
        }
    }

    /// A linear layer of attention with its adapter.
    private func project(
        _ index: Int, _ target: LoRASettings.Target, _ rows: UnsafePointer<Float>, at positions: [Int],
        into result: UnsafeMutablePointer<Float>, adds: Bool = false
    ) {
        model.weights.layers[index][target]
            .apply(to: rows, count: positions.count, into: result, adds: adds, threads: threads)
        model.adapter?.add(
            index, target, of: rows, count: positions.count, at: positions, dropout: dropout, into: result,
            threads: threads)
    }

    /// Where the wanted rows of a layer's states, and of their normalised form, lie.
    func wantedInputs(_ states: UnsafePointer<Float>, _ rows: LayerRows) -> (
        states: UnsafePointer<Float>, normal: UnsafePointer<Float>
    ) {
        rows.wantsAll
            ? (states, UnsafePointer(work.normal))
            : (UnsafePointer(work.wantedStates), UnsafePointer(work.wantedNormal))
    }

    /// A layer from its inputs to both halves of its gate: all that its gradient needs.
    ///
    /// - Parameter states: a row per position of `rows.all`.
    func open(_ index: Int, _ states: UnsafePointer<Float>, _ rows: LayerRows) {
        let layer = model.weights.layers[index]
        let attention = shape.attention
        let width = shape.width
        let count = rows.wanted.count
        normalise(states, count: rows.all.count, layer.attentionNorm, into: work.normal)
        if !rows.wantsAll {
            for (row, position) in rows.wanted.enumerated() {
                (work.wantedStates + row * width).update(from: states + position * width, count: width)
                (work.wantedNormal + row * width).update(from: work.normal + position * width, count: width)
            }
        }
        let wanted = wantedInputs(states, rows)
        project(index, .query, wanted.normal, at: rows.wanted, into: work.query)
        project(index, .key, work.normal, at: rows.all, into: work.key)
        project(index, .value, work.normal, at: rows.all, into: work.value)
        table.apply(
            to: work.query, entries: rows.wanted, heads: attention.queryHeads, stride: attention.queryWidth,
            threads: threads)
        table.apply(
            to: work.key, entries: rows.all, heads: attention.keyHeads, stride: attention.keyWidth, threads: threads)
        attention.attend(
            queries: work.query, at: rows.wanted, keys: work.key, values: work.value, into: work.attended,
            threads: threads)
        work.middle.update(from: wanted.states, count: count * width)
        project(index, .output, work.attended, at: rows.wanted, into: work.middle, adds: true)
        normalise(work.middle, count: count, layer.innerNorm, into: work.innerNormal)
        layer.gate.apply(to: work.innerNormal, count: count, into: work.gate, threads: threads)
        layer.up.apply(to: work.innerNormal, count: count, into: work.up, threads: threads)
    }

    /// The rest of an opened layer.
    ///
    /// - Parameter result: a row per wanted position; may be where the layer's states are.
    func close(_ index: Int, _ rows: LayerRows, into result: UnsafeMutablePointer<Float>) {
        let count = rows.wanted.count
        let inner = shape.innerWidth
        byRows(count) { first, count in
            gateWithSwish(work.gate + first * inner, work.up + first * inner, count: count * inner)
        }
        result.update(from: work.middle, count: count * shape.width)
        model.weights.layers[index].down.apply(
            to: work.gate, count: count, into: result, adds: true, threads: threads)
    }
}

extension TransformerWeights.Layer {
    subscript(target: LoRASettings.Target) -> TransformerWeights.Linear {
        switch target {
        case .query: query
        case .key: key
        case .value: value
        case .output: output
        }
    }
}

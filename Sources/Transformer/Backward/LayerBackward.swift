// SPDX-License-Identifier: Apache-2.0

extension SequencePass {
    func addNormalisationBack(
        _ rows: UnsafePointer<Float>, count: Int, _ weight: [Float], outcome: UnsafePointer<Float>,
        into result: UnsafeMutablePointer<Float>
    ) {
        let width = shape.width
        weight.withUnsafeBufferPointer { weight in
            byRows(count) { first, count in
                addNormalisationGradient(
                    rows + first * width, count: count, weight: weight, epsilon: Float(shape.epsilon),
                    outcome: outcome + first * width, into: result + first * width)
            }
        }
    }

    /// From the gradient by a linear layer's outputs to those by its adapter and, where asked for, by its inputs.
    private func projectBack(
        _ index: Int, _ target: LoRASettings.Target, _ rows: UnsafePointer<Float>, at positions: [Int],
        outcome: UnsafePointer<Float>, into result: UnsafeMutablePointer<Float>?, adds: Bool = false,
        gradient: UnsafeMutablePointer<Float>
    ) {
        if let result {
            model.weights.layers[index][target]
                .applyBack(to: outcome, count: positions.count, into: result, adds: adds, threads: threads)
        }
        model.adapter?.addGradient(
            index, target, of: rows, count: positions.count, at: positions, dropout: dropout, outcome: outcome,
            inputGradient: result, gradient: gradient, room: work.adapter, threads: threads)
    }

    /// From the gradient by an opened layer's results to those by its adapters and its inputs.
    ///
    /// - Parameters:
    ///   - states: the layer's inputs, of which it was opened.
    ///   - outcome: a row per wanted position: a loss's gradient by the layer's results. It is written over.
    ///   - gradient: of all adapters; it is added to.
    ///   - result: a row per position: the gradient by the states, which may be where `outcome` is if all positions are wanted; nil where nobody asks.
    func back(
        _ index: Int, _ states: UnsafePointer<Float>, _ rows: LayerRows, outcome: UnsafeMutablePointer<Float>,
        gradient: UnsafeMutablePointer<Float>, into result: UnsafeMutablePointer<Float>?
    ) {
        let layer = model.weights.layers[index]
        let attention = shape.attention
        let count = rows.wanted.count
        let inner = shape.innerWidth
        layer.down.applyBack(to: outcome, count: count, into: work.productGradient, threads: threads)
        byRows(count) { first, count in
            swishGradient(
                work.gate + first * inner, work.up + first * inner, outcome: work.productGradient + first * inner,
                count: count * inner)
        }
        layer.gate.applyBack(to: work.gate, count: count, into: work.normalGradient, threads: threads)
        layer.up.applyBack(to: work.up, count: count, into: work.normalGradient, adds: true, threads: threads)
        addNormalisationBack(
            work.middle, count: count, layer.innerNorm, outcome: work.normalGradient, into: outcome)

        let reads: [LoRASettings.Target] = [.query, .key, .value]
        let ends = result == nil && reads.allSatisfy { model.adapter?.place(index, $0) == nil }
        projectBack(
            index, .output, work.attended, at: rows.wanted, outcome: outcome,
            into: ends ? nil : work.attendedGradient, gradient: gradient)
        if ends { return }
        attention.attendBack(
            queries: work.query, at: rows.wanted, keys: work.key, values: work.value, result: work.attended,
            outcome: work.attendedGradient,
            into: AttentionShape.Gradients(
                queries: work.queryGradient, keys: work.keyGradient, values: work.valueGradient,
                keyParts: work.keyParts, valueParts: work.valueParts), threads: threads)
        table.apply(
            to: work.queryGradient, entries: rows.wanted, heads: attention.queryHeads, stride: attention.queryWidth,
            back: true, threads: threads)
        table.apply(
            to: work.keyGradient, entries: rows.all, heads: attention.keyHeads, stride: attention.keyWidth, back: true,
            threads: threads)

        let normalGradient = result == nil ? nil : work.normalGradient
        projectBack(
            index, .key, work.normal, at: rows.all, outcome: work.keyGradient, into: normalGradient, gradient: gradient)
        projectBack(
            index, .value, work.normal, at: rows.all, outcome: work.valueGradient, into: normalGradient, adds: true,
            gradient: gradient)
        let wanted = wantedInputs(states, rows)
        if rows.wantsAll {
            projectBack(
                index, .query, wanted.normal, at: rows.wanted, outcome: work.queryGradient, into: normalGradient,
                adds: true, gradient: gradient)
        } else {
            // Inputs of the gate are done with: their room holds what the queries add.
            let part = result == nil ? nil : work.innerNormal
            projectBack(
                index, .query, wanted.normal, at: rows.wanted, outcome: work.queryGradient, into: part,
                gradient: gradient)
            if let part, let normalGradient { scatter(part, rows.wanted, into: normalGradient) }
        }
        guard let result else { return }
        if !rows.wantsAll {
            result.update(repeating: 0, count: rows.all.count * shape.width)
            scatter(outcome, rows.wanted, into: result)
        } else if result != outcome {
            result.update(from: outcome, count: count * shape.width)
        }
        addNormalisationBack(
            states, count: rows.all.count, layer.attentionNorm, outcome: work.normalGradient, into: result)
    }

    /// Adds rows to those at their positions.
    private func scatter(_ rows: UnsafePointer<Float>, _ positions: [Int], into result: UnsafeMutablePointer<Float>) {
        let width = shape.width
        for (row, position) in positions.enumerated() {
            let target = result + position * width
            for column in 0..<width { target[column] += rows[row * width + column] }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// A sequence, the positions whose hidden states are wanted, and what is kept of it between its passes.
///
/// A class, so that what is kept is never copied. Only one thread at a time works on a sequence.
private final class KeptSequence {
    let index: Int
    let tokens: ArraySlice<Int>
    let wanted: [Int]
    private let room = NumberRoom()
    /// The inputs of each layer that is kept, and the last layer's results.
    private(set) var states: [UnsafeMutablePointer<Float>] = []

    /// - Parameter kept: how many layers' inputs are kept.
    init(_ index: Int, _ tokens: [Int], wanted: [Int], kept: Int, width: Int) {
        self.index = index
        // What comes after the last wanted position changes nothing.
        self.tokens = tokens.prefix((wanted.last ?? -1) + 1)
        self.wanted = wanted
        for _ in 0..<kept { states.append(room.take(self.tokens.count * width)) }
        states.append(room.take(wanted.count * width))
    }

    /// Only the last layer is computed for less than all positions.
    func rows(_ layer: Int, of layers: Int) -> LayerRows {
        let all = Array(tokens.indices)
        return LayerRows(all: all, wanted: layer == layers - 1 ? wanted : all)
    }
}

extension TransformerModel {
    /// Hidden states after the final normalisation at chosen positions of independent sequences, in the form that `adapterGradient` computes them: the last layer is computed for these positions only.
    ///
    /// - Parameters:
    ///   - positions: for each sequence, in ascending order.
    /// - Returns: for each sequence a row of `width` elements per position.
    /// - Throws: `TransformerError` for unknown tokens and for positions outside their sequence.
    public func hiddenStates(of sequences: [[Int]], at positions: [[Int]]) throws -> [[Float]] {
        try check(sequences, positions)
        let kept = zip(sequences, positions).enumerated().map {
            KeptSequence($0, $1.0, wanted: $1.1, kept: 0, width: shape.width)
        }
        var hidden = kept.map { _ in [Float]() }
        forEach(kept, dropoutSeed: nil) { sequence, pass in
            forward(sequence, pass, from: shape.layers)
        } each: {
            hidden[$0] = $1
        }
        return hidden
    }

    /// The gradient of a loss by the adapter's parameters; the model's own weights are fixed.
    ///
    /// Of each sequence, only the inputs of the layers are kept (`layers × tokens × width` numbers); the rest is computed a second time.
    /// Results do not depend on the number of threads.
    ///
    /// - Parameters:
    ///   - sequences: independent of each other, each from its first token.
    ///   - positions: for each sequence those whose hidden states the loss reads, in ascending order.
    ///   - dropoutSeed: decides which of the adapters' inputs are left out; nil for none.
    ///   - hiddenGradient: the loss's derivative by the hidden states, given these, both as `hiddenStates` returns them.
    /// - Returns: the hidden states, and the gradient in the order of the adapter's parameters.
    /// - Throws: `TransformerError` for a model without an adapter, unknown tokens, and positions outside their sequence.
    public func adapterGradient(
        of sequences: [[Int]], at positions: [[Int]], dropoutSeed: UInt64?,
        hiddenGradient: (_ hidden: [[Float]]) throws -> [[Float]]
    ) throws -> (hidden: [[Float]], gradient: [Float]) {
        guard let adapter else { throw TransformerError("The model has no adapter whose gradient could be computed.") }
        try check(sequences, positions)
        let lowest = adapter.lowestLayer
        let kept = zip(sequences, positions).enumerated().map {
            KeptSequence($0, $1.0, wanted: $1.1, kept: shape.layers - lowest, width: shape.width)
        }
        var hidden = kept.map { _ in [Float]() }
        forEach(kept, dropoutSeed: dropoutSeed) { sequence, pass in
            forward(sequence, pass, from: lowest)
        } each: {
            hidden[$0] = $1
        }
        let outcomes = try hiddenGradient(hidden)
        guard outcomes.map(\.count) == hidden.map(\.count) else {
            throw TransformerError("The gradient by hidden states must have as many numbers as the hidden states.")
        }
        var gradient = [Float](repeating: 0, count: adapter.parameters.count)
        // A sequence that the loss does not depend on adds nothing.
        let needed = kept.filter { sequence in outcomes[sequence.index].contains { $0 != 0 } }
        forEach(needed, dropoutSeed: dropoutSeed) { sequence, pass in
            back(sequence, pass, from: lowest, outcome: outcomes[sequence.index], count: adapter.parameters.count)
        } each: { _, part in
            for place in part.indices { gradient[place] += part[place] }
        }
        return (hidden, gradient)
    }

    private func check(_ sequences: [[Int]], _ positions: [[Int]]) throws {
        guard sequences.count == positions.count else {
            throw TransformerError("There are \(sequences.count) sequences, but positions for \(positions.count).")
        }
        for (sequence, wanted) in zip(sequences, positions) {
            try check(sequence)
            guard wanted.allSatisfy(sequence.indices.contains), zip(wanted, wanted.dropFirst()).allSatisfy(<) else {
                throw TransformerError(
                    "Positions must ascend and lie within their sequence of \(sequence.count) tokens: \(wanted).")
            }
        }
    }

    // MARK: Sequences among threads

    /// Works on every sequence, the longest first, and hands the results on in that order, whichever thread is done first.
    private func forEach(
        _ sequences: [KeptSequence], dropoutSeed: UInt64?, _ body: (KeptSequence, SequencePass) -> [Float],
        each: (_ index: Int, _ result: [Float]) -> Void
    ) {
        let sequences = sequences.filter { !$0.wanted.isEmpty }
            .sorted { ($1.tokens.count, $0.index) < ($0.tokens.count, $1.index) }
        guard let longest = sequences.first?.tokens.count else { return }
        let table = rotary.table(Array(0..<longest))
        // Whole sequences for each thread where there are enough of them: then threads never wait for each other.
        let together = sequences.count >= 2 * threads || sequences.count % max(1, threads) == 0 ? max(1, threads) : 1
        let perRow = adapter.map { LoRAAdapter.room($0.settings, shape) } ?? 0
        let next = Mutex(0)
        let order = OrderedResults()
        withoutActuallyEscaping(each) { each in
            inParallel(together, threads: together) { _ in
                let work = LayerRoom(shape, tokens: longest, adapter: perRow)
                while true {
                    let turn = next.withLock { turn in
                        turn += 1
                        return turn - 1
                    }
                    guard turn < sequences.count else { return }
                    let sequence = sequences[turn]
                    let dropout = dropoutSeed.flatMap { seed in
                        adapter.flatMap {
                            Dropout(probability: $0.settings.dropout, seed: seed, sequence: sequence.index)
                        }
                    }
                    let pass = SequencePass(
                        model: self, table: table, dropout: dropout, threads: together > 1 ? 1 : threads, work: work)
                    order.add(turn, body(sequence, pass)) { each(sequences[$0].index, $1) }
                }
            }
        }
    }

    /// All layers of a sequence; the inputs of those from `lowest` are kept.
    ///
    /// - Returns: the wanted hidden states.
    private func forward(_ sequence: KeptSequence, _ pass: SequencePass, from lowest: Int) -> [Float] {
        // Layers that are not kept work in room that only gradients need.
        var states = pass.work.stateGradient
        if lowest == 0, let first = sequence.states.first { states = first }
        embed(sequence.tokens, into: states)
        for layer in 0..<shape.layers {
            let rows = sequence.rows(layer, of: shape.layers)
            pass.open(layer, states, rows)
            let next = layer + 1 - lowest
            if next >= 0 { states = sequence.states[next] }
            pass.close(layer, rows, into: states)
        }
        var hidden = [Float](repeating: 0, count: sequence.wanted.count * shape.width)
        hidden.withUnsafeMutableBufferPointer { hidden in
            guard let hidden = hidden.baseAddress else { return }
            pass.normalise(states, count: sequence.wanted.count, weights.norm, into: hidden)
        }
        return hidden
    }

    /// The gradient of a sequence by all adapters.
    private func back(
        _ sequence: KeptSequence, _ pass: SequencePass, from lowest: Int, outcome: [Float], count: Int
    ) -> [Float] {
        let work = pass.work
        guard let last = sequence.states.last else { return [] }
        work.wantedGradient.update(repeating: 0, count: outcome.count)
        pass.addNormalisationBack(
            last, count: sequence.wanted.count, weights.norm, outcome: outcome, into: work.wantedGradient)
        var gradient = [Float](repeating: 0, count: count)
        gradient.withUnsafeMutableBufferPointer { gradient in
            guard let gradient = gradient.baseAddress else { return }
            var outcome = work.wantedGradient
            for layer in (lowest..<shape.layers).reversed() {
                let rows = sequence.rows(layer, of: shape.layers)
                let states = sequence.states[layer - lowest]
                pass.open(layer, states, rows)
                pass.back(
                    layer, states, rows, outcome: outcome, gradient: gradient,
                    into: layer == lowest ? nil : work.stateGradient)
                outcome = work.stateGradient
            }
        }
        return gradient
    }
}

/// Hands results on in their order, and keeps those that come early.
private final class OrderedResults: Sendable {
    private let waiting = Mutex<(next: Int, early: [Int: [Float]])>((0, [:]))

    func add(_ turn: Int, _ result: [Float], each: (_ turn: Int, _ result: [Float]) -> Void) {
        waiting.withLock { state in
            state.early[turn] = result
            while let result = state.early.removeValue(forKey: state.next) {
                each(state.next, result)
                state.next += 1
            }
        }
    }
}

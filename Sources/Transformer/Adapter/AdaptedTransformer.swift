// SPDX-License-Identifier: Apache-2.0

/// A decoder with an adapter and a head that makes one logit of a sequence's last hidden state: a differentiable function of flat parameters.
public struct AdaptedTransformer: Sendable {
    public enum Head: Sendable, Hashable {
        /// The logit of one token less that of another, by the model's own output embedding, which is fixed.
        case generative(plus: Int, minus: Int)
        /// w · hidden + b; w and b are trained, and are 0 in the beginning.
        case scalar
    }

    public let head: Head
    /// The model with the adapter.
    public private(set) var model: TransformerModel
    public private(set) var adapter: LoRAAdapter {
        didSet { model.adapter = adapter }
    }
    /// `width` weights and the bias; the weights of a generative head are fixed, and its bias is 0.
    private var headParameters: [Float]
    /// What a last hidden state is multiplied with, `width` weights, and the bias.
    public var headRow: [Float] { headParameters }

    /// - Throws: `TransformerError` for an adapter of another model, and for tokens that the model does not know.
    public init(_ model: TransformerModel, _ adapter: LoRAAdapter, head: Head) throws {
        guard adapter.shape == model.shape else {
            throw TransformerError("The adapter was made for a model of other sizes than the one it is put on.")
        }
        self.model = model
        self.adapter = adapter
        self.model.adapter = adapter
        self.head = head
        switch head {
        case .generative(let plus, let minus):
            try model.check([plus, minus])
            headParameters = zip(model.outputRow(plus), model.outputRow(minus)).map { $0 - $1 } + [0]
        case .scalar:
            headParameters = [Float](repeating: 0, count: model.shape.width + 1)
        }
    }

    /// All that is trained: the adapter's parameters, and of a scalar head its `width` weights and its bias.
    public var parameters: [Float] {
        get { head == .scalar ? adapter.parameters + headParameters : adapter.parameters }
        set {
            let count = adapter.parameters.count
            precondition(
                newValue.count == count + (head == .scalar ? headParameters.count : 0),
                "A model's number of parameters does not change.")
            adapter.parameters = Array(newValue.prefix(count))
            if head == .scalar { headParameters = Array(newValue.dropFirst(count)) }
        }
    }

    /// - Throws: `TransformerError` for a sequence that has no logit: an empty one, or one with unknown tokens.
    public func check(_ sequence: [Int]) throws {
        guard !sequence.isEmpty else { throw TransformerError("An empty sequence has no last token to judge.") }
        try model.check(sequence)
    }

    /// One logit per sequence, without dropout.
    ///
    /// - Precondition: `check` accepts every sequence.
    public func logits(of batch: [[Int]]) -> [Float] {
        accepted { try model.hiddenStates(of: batch, at: batch.map { [$0.count - 1] }) }.map(logit)
    }

    /// The logits, and the gradient of a loss by the parameters.
    ///
    /// - Precondition: `check` accepts every sequence.
    /// - Parameters:
    ///   - dropoutSeed: decides which of the adapter's inputs are left out; nil for none.
    ///   - lossGradient: the loss's derivative by each logit, given the logits.
    public func gradient(
        of batch: [[Int]], dropoutSeed: UInt64?, lossGradient: ([Float]) -> [Float]
    ) -> (logits: [Float], gradient: [Float]) {
        let width = model.shape.width
        var logits: [Float] = []
        var ofHead = [Float](repeating: 0, count: width + 1)
        let result = accepted {
            try model.adapterGradient(
                of: batch, at: batch.map { [$0.count - 1] }, dropoutSeed: dropoutSeed
            ) { hidden in
                logits = hidden.map(logit)
                let outcomes = lossGradient(logits)
                precondition(outcomes.count == logits.count, "A loss has one derivative for each logit.")
                return zip(hidden, outcomes).map { hidden, outcome in
                    for column in 0..<width { ofHead[column] += outcome * hidden[column] }
                    ofHead[width] += outcome
                    return headParameters.prefix(width).map { $0 * outcome }
                }
            }
        }
        return (logits, head == .scalar ? result.gradient + ofHead : result.gradient)
    }

    private func logit(_ hidden: [Float]) -> Float {
        // In float64, as a difference of large sums may be small.
        var sum = Double(headParameters[hidden.count])
        for column in hidden.indices { sum += Double(headParameters[column]) * Double(hidden[column]) }
        return Float(sum)
    }

    /// What cannot fail for sequences that `check` accepts.
    private func accepted<Value>(_ body: () throws -> Value) -> Value {
        do { return try body() } catch { preconditionFailure("\(error) Sequences must be checked before.") }
    }
}

extension TransformerModel {
    /// The row of the output embedding that turns a hidden state into the logit of a token.
    public func outputRow(_ token: Int) -> [Float] {
        precondition((0..<shape.vocabulary).contains(token))
        var row = [Float](repeating: 0, count: shape.width)
        Projection(weights: weights.head.elements, bias: nil, inputs: shape.width, outputs: shape.vocabulary)
            .widenPart(token * shape.width, count: shape.width, into: &row)
        return row
    }
}

// SPDX-License-Identifier: Apache-2.0

/// What a low-rank adapter (Hu et al., LoRA, 2021) adds to, and how strongly.
public struct LoRASettings: Sendable, Hashable {
    /// A linear layer of attention, by its name in checkpoints. The order is that of an adapter's parameters.
    public enum Target: String, Sendable, Hashable, CaseIterable {
        case query = "q_proj"
        case key = "k_proj"
        case value = "v_proj"
        case output = "o_proj"
    }

    /// Numbers between the two multiplications.
    public var rank: Int
    public var alpha: Double
    /// The probability with which an element of the adapter's input is left out during training.
    public var dropout: Double
    public var targets: Set<Target>
    /// The decoder's layers that have an adapter, from 0; nil for all.
    public var layers: Set<Int>?
    /// Whether what is added is scaled by α / √rank (rank-stabilised, Kalajdzievski 2023) in place of α / rank.
    public var stabilisesRank: Bool

    public init(
        rank: Int = 8, alpha: Double = 16, dropout: Double = 0, targets: Set<Target> = Set(Target.allCases),
        layers: Set<Int>? = nil, stabilisesRank: Bool = false
    ) {
        self.rank = rank
        self.alpha = alpha
        self.dropout = dropout
        self.targets = targets
        self.layers = layers
        self.stabilisesRank = stabilisesRank
    }

    /// What the product of both matrices is multiplied with.
    public var scale: Float { Float(stabilisesRank ? alpha / Double(rank).squareRoot() : alpha / Double(rank)) }

    /// - Throws: `TransformerError` for settings that no adapter of the model can have.
    func check(_ shape: TransformerShape) throws {
        guard rank > 0 else { throw TransformerError("An adapter's rank must be at least 1; it is \(rank).") }
        guard alpha.isFinite else { throw TransformerError("An adapter's alpha must be finite; it is \(alpha).") }
        guard (0..<1).contains(dropout) else {
            throw TransformerError("An adapter's dropout must be at least 0 and below 1; it is \(dropout).")
        }
        guard !targets.isEmpty else { throw TransformerError("An adapter needs at least one target.") }
        if let layers {
            guard !layers.isEmpty else { throw TransformerError("An adapter needs at least one layer.") }
            if let wrong = layers.sorted().first(where: { !(0..<shape.layers).contains($0) }) {
                throw TransformerError(
                    "The adapter is for layer \(wrong); the model has layers 0 to \(shape.layers - 1).")
            }
        }
    }
}

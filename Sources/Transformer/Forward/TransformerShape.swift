// SPDX-License-Identifier: Apache-2.0

/// The sizes of a decoder of the Qwen2 family: RMS normalisation before attention and before a SwiGLU layer, rotary positions, grouped-query attention.
public struct TransformerShape: Sendable, Hashable {
    public var layers: Int
    /// Elements of a hidden state.
    public var width: Int
    public var queryHeads: Int
    public var keyHeads: Int
    public var headSize: Int
    /// Elements between the two multiplications of a SwiGLU layer.
    public var innerWidth: Int
    /// Rows of the embedding; may be more than the tokenizer knows.
    public var vocabulary: Int
    public var rotaryBase: Double
    public var epsilon: Double
    /// Whether the embedding also turns hidden states into logits.
    public var tiesEmbedding: Bool
    /// Whether queries, keys and values have biases, as in Qwen2.
    public var hasAttentionBiases: Bool

    public init(
        layers: Int, width: Int, queryHeads: Int, keyHeads: Int, headSize: Int, innerWidth: Int, vocabulary: Int,
        rotaryBase: Double, epsilon: Double, tiesEmbedding: Bool, hasAttentionBiases: Bool = true
    ) {
        self.layers = layers
        self.width = width
        self.queryHeads = queryHeads
        self.keyHeads = keyHeads
        self.headSize = headSize
        self.innerWidth = innerWidth
        self.vocabulary = vocabulary
        self.rotaryBase = rotaryBase
        self.epsilon = epsilon
        self.tiesEmbedding = tiesEmbedding
        self.hasAttentionBiases = hasAttentionBiases
    }

    var attention: AttentionShape { AttentionShape(queryHeads: queryHeads, keyHeads: keyHeads, headSize: headSize) }
}

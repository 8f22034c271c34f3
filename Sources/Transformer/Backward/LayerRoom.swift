// SPDX-License-Identifier: Apache-2.0

/// Memory for numbers, given back when it goes. Large parts cost nothing before they are written.
final class NumberRoom {
    private var parts: [UnsafeMutablePointer<Float>] = []

    func take(_ count: Int) -> UnsafeMutablePointer<Float> {
        let part = UnsafeMutablePointer<Float>.allocate(capacity: max(1, count))
        parts.append(part)
        return part
    }

    deinit { for part in parts { part.deallocate() } }
}

/// What one layer's pass over one sequence works in; allocated once for all layers and sequences.
final class LayerRoom {
    private let room = NumberRoom()
    /// Normalised inputs of attention, and keys and values: a row per token.
    let normal, key, value: UnsafeMutablePointer<Float>
    /// From here to `up`: a row per position whose result is wanted.
    let query, attended, middle, innerNormal, gate, up: UnsafeMutablePointer<Float>
    /// Inputs of the layer and their normalised form, where only some positions are wanted.
    let wantedStates, wantedNormal: UnsafeMutablePointer<Float>
    /// Gradients, by what they are gradients of.
    let wantedGradient, stateGradient, normalGradient, productGradient: UnsafeMutablePointer<Float>
    let attendedGradient, queryGradient, keyGradient, valueGradient: UnsafeMutablePointer<Float>
    let keyParts, valueParts: UnsafeMutablePointer<Float>
    /// What an adapter's gradient needs.
    let adapter: UnsafeMutablePointer<Float>

    /// - Parameter tokens: of the longest sequence.
    init(_ shape: TransformerShape, tokens: Int, adapter perRow: Int) {
        let attention = shape.attention
        normal = room.take(tokens * shape.width)
        key = room.take(tokens * attention.keyWidth)
        value = room.take(tokens * attention.keyWidth)
        query = room.take(tokens * attention.queryWidth)
        attended = room.take(tokens * attention.queryWidth)
        middle = room.take(tokens * shape.width)
        innerNormal = room.take(tokens * shape.width)
        gate = room.take(tokens * shape.innerWidth)
        up = room.take(tokens * shape.innerWidth)
        wantedStates = room.take(tokens * shape.width)
        wantedNormal = room.take(tokens * shape.width)
        wantedGradient = room.take(tokens * shape.width)
        stateGradient = room.take(tokens * shape.width)
        normalGradient = room.take(tokens * shape.width)
        productGradient = room.take(tokens * shape.innerWidth)
        attendedGradient = room.take(tokens * attention.queryWidth)
        queryGradient = room.take(tokens * attention.queryWidth)
        keyGradient = room.take(tokens * attention.keyWidth)
        valueGradient = room.take(tokens * attention.keyWidth)
        keyParts = room.take(tokens * attention.queryWidth)
        valueParts = room.take(tokens * attention.queryWidth)
        adapter = room.take(tokens * perRow)
    }
}

/// Which positions of a sequence a layer computes.
struct LayerRows {
    /// All positions that anything wanted depends on.
    var all: [Int]
    /// Positions whose results are wanted, ascending.
    var wanted: [Int]
    var wantsAll: Bool { wanted.count == all.count }
}

// SPDX-License-Identifier: Apache-2.0

/// The keys and values of some tokens in every layer, which follow those of another cache: a tree, whose branches share what they have in common.
public final class KeyValueCache {
    /// What comes before; nil at the root.
    let parent: KeyValueCache?
    /// How many of the parent's tokens (with all before it) are seen.
    let past: Int
    /// Tokens in this part.
    let count: Int
    /// A row of key elements per token, by layer; filled once, when the part is computed.
    fileprivate(set) var keys: [[Float]] = []
    fileprivate(set) var values: [[Float]] = []

    /// Tokens up to the end of this part.
    public var length: Int { past + count }

    init(parent: KeyValueCache?, past: Int, count: Int) {
        precondition(past >= 0 && past <= parent?.length ?? 0)
        self.parent = parent
        self.past = past
        self.count = count
    }

    func append(keys: ArraySlice<Float>, values: ArraySlice<Float>) {
        self.keys.append(Array(keys))
        self.values.append(Array(values))
    }

    /// Writes the first `length` rows of a layer's keys and values, this part's with those before.
    func copy(
        layer: Int, length: Int, width: Int, keys target: UnsafeMutablePointer<Float>,
        values targetValues: UnsafeMutablePointer<Float>
    ) {
        let before = min(past, length)
        if before > 0 { parent?.copy(layer: layer, length: before, width: width, keys: target, values: targetValues) }
        let own = length - before
        guard own > 0 else { return }
        keys[layer].withUnsafeBufferPointer { rows in
            if let start = rows.baseAddress { (target + before * width).update(from: start, count: own * width) }
        }
        values[layer].withUnsafeBufferPointer { rows in
            if let start = rows.baseAddress { (targetValues + before * width).update(from: start, count: own * width) }
        }
    }
}

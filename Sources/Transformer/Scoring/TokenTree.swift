// SPDX-License-Identifier: Apache-2.0

/// Sequences of tokens as a tree: what several begin with stands in it once.
struct TokenTree {
    /// A run of tokens that the same sequences go through.
    struct Node {
        /// The place of the node before it; nil at a root.
        var parent: Int?
        /// Positions of its tokens.
        var range: Range<Int>
        /// One of the sequences that go through it.
        var sequence: Int
        var isLeaf = true
    }

    /// Each after its parent.
    private(set) var nodes: [Node] = []
    /// By sequence: the nodes from the root to its end.
    private(set) var paths: [[Int]]

    /// - Parameter sequences: none of them empty.
    init(_ sequences: [[Int]]) {
        paths = [[Int]](repeating: [], count: sequences.count)
        let order = sequences.indices.sorted { sequences[$0].lexicographicallyPrecedes(sequences[$1]) }
        add(order[...], from: 0, parent: nil, sequences)
    }

    /// Adds sequences that have their first `start` tokens in common, in lexicographic order.
    private mutating func add(_ group: ArraySlice<Int>, from start: Int, parent: Int?, _ sequences: [[Int]]) {
        var rest = group
        // Those that end here.
        while let first = rest.first, sequences[first].count == start { rest = rest.dropFirst() }
        while let first = rest.first, let token = sequences[first].dropFirst(start).first {
            let branch = rest.prefix { sequences[$0][start] == token }
            rest = rest.dropFirst(branch.count)
            guard let last = branch.last else { return }
            // In this order, what the first and the last share is shared by all.
            var end = start + 1
            let limit = min(sequences[first].count, sequences[last].count)
            while end < limit, sequences[first][end] == sequences[last][end] { end += 1 }
            if let parent { nodes[parent].isLeaf = false }
            nodes.append(Node(parent: parent, range: start..<end, sequence: first))
            let node = nodes.count - 1
            for sequence in branch { paths[sequence].append(node) }
            add(branch, from: end, parent: node, sequences)
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Transformer

struct TokenTreeTests {
    /// Everything that a tree promises, whatever the sequences are.
    private func check(_ sequences: [[Int]]) {
        let tree = TokenTree(sequences)
        for (path, sequence) in zip(tree.paths, sequences) {
            let nodes = path.map { tree.nodes[$0] }
            #expect(nodes.first?.range.lowerBound == 0 && nodes.first?.parent == nil)
            #expect(nodes.last?.range.upperBound == sequence.count)
            for (before, after) in zip(path, path.dropFirst()) {
                let (node, child) = (tree.nodes[before], tree.nodes[after])
                #expect(before < after && child.parent == before && !node.isLeaf)
                #expect(node.range.upperBound == child.range.lowerBound)
            }
            let tokens: [Int] = nodes.flatMap { sequences[$0.sequence][$0.range] }
            #expect(tokens == sequence)
        }
        let prefixes = Set(sequences.flatMap { sequence in (1...sequence.count).map { sequence.prefix($0) } })
        let total = tree.nodes.reduce(0) { $0 + $1.range.count }
        #expect(total == prefixes.count)
        // A leaf is where no prefix goes on.
        let inner = Set(prefixes.map { $0.dropLast() })
        let leaves = tree.nodes.filter(\.isLeaf).count
        #expect(leaves == prefixes.subtracting(inner).count)
        #expect(tree.paths.count == sequences.count)
    }

    @Test func sharedBeginningsStandInItOnce() {
        let tree = TokenTree([[1, 2, 3], [1, 2, 4, 5], [1, 2], [1, 2, 3], [7]])
        #expect(tree.nodes.map(\.range) == [0..<2, 2..<3, 2..<4, 0..<1])
        #expect(tree.nodes.map(\.parent) == [nil, 0, 0, nil])
        #expect(tree.nodes.map(\.isLeaf) == [false, true, true, true])
        #expect(tree.paths == [[0, 1], [0, 2], [0], [0, 1], [3]])
    }

    @Test func anySequencesKeepTheirTokens() {
        check([[5]])
        check([[5], [5], [5]])
        check([[1], [1, 1], [1, 1, 1], [2], [1, 2]])
        for seed in UInt64(1)...20 {
            check(
                (0..<9).map { index in
                    let numbers = testNumbers(1 + (Int(seed) * index) % 8, seed: 100 * seed + UInt64(index))
                    return numbers.map { $0 < 0 ? 0 : 1 }
                })
        }
    }
}

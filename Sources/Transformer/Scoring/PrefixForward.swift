// SPDX-License-Identifier: Apache-2.0

/// Computes the states of sequences of tokens, and computes what several begin with only once.
///
/// The sequences of a call form a tree, which goes through the model branch by branch, many tokens at a time. Keys and values of the sequences computed
/// last are kept: a problem's prompt serves all its programs, and a program's beginning all prefixes of it.
public final class PrefixForward {
    /// A sequence, and the first of its positions whose states are asked for.
    public struct Request: Sendable {
        public var tokens: [Int]
        public var from: Int

        /// - Parameter from: nil for the last position alone.
        public init(_ tokens: [Int], from: Int? = nil) {
            self.tokens = tokens
            self.from = from ?? tokens.count - 1
            precondition((0..<tokens.count).contains(self.from), "Nothing is asked of an empty sequence.")
        }
    }

    /// The states of one request.
    public struct Answer: Sendable {
        /// A row of the model's width for each position from the first that was asked for.
        public var states: [Float]
        /// Tokens that went through the model for this request, and not for one before it.
        public var computed: Int
        /// Tokens that did not have to.
        public var shared: Int
        /// 1 where the sequence, or its end, went through the model by itself.
        public var passes: Int
    }

    public let model: TransformerModel
    /// Whether anything is shared at all.
    private let shares: Bool
    /// How many bytes of keys and values are kept for later calls.
    private let capacity: Int
    /// What later sequences may begin with, the last used at the end.
    private var known: [Known] = []

    private struct Known {
        var tokens: [Int]
        var cache: KeyValueCache
    }

    /// Tokens that go through the model at a time: enough for nearly full speed, few enough that the room for them stays small.
    static let batch = 512
    /// More sequences than this are not looked through for a common beginning.
    private static let mostKnown = 64
    /// How many bytes of keys and values are kept, where nothing else is said.
    public static let defaultCapacity = 512 << 20

    public init(_ model: TransformerModel, capacity: Int = defaultCapacity, shares: Bool = true) {
        self.model = model
        self.capacity = capacity
        self.shares = shares
    }

    /// The states of each request's positions, in order of the requests.
    ///
    /// - Throws: `TransformerError`, and `CancellationError` between parts of the work.
    public func states(_ requests: [Request]) throws -> [Answer] {
        guard shares else { return try requests.map { try run([$0])[0] } }
        return try run(requests)
    }

    private func run(_ requests: [Request]) throws -> [Answer] {
        let tree = TokenTree(requests.map(\.tokens))
        let parts = parts(of: tree, requests)
        var answers = requests.map { Answer(states: [], computed: 0, shared: $0.tokens.count, passes: 0) }
        var paid = Set<Int>()
        for (index, path) in tree.paths.enumerated() {
            for node in path where paid.insert(node).inserted {
                let computed = tree.nodes[node].range.upperBound - parts.starts[node]
                answers[index].computed += computed
                answers[index].shared -= computed
                if computed > 0, tree.nodes[node].isLeaf { answers[index].passes = 1 }
            }
        }
        var caches = [KeyValueCache?](repeating: nil, count: parts.list.count)
        var rows = [ArraySlice<Float>](repeating: [], count: parts.list.count)
        var first = 0
        while first < parts.list.count {
            try Task.checkCancellation()
            var end = first
            var size = 0
            while end < parts.list.count, end == first || size + parts.list[end].tokens.count <= Self.batch {
                size += parts.list[end].tokens.count
                end += 1
            }
            let outputs = try model.forward(
                (first..<end).map { place in
                    let part = parts.list[place]
                    switch part.parent {
                    case .part(let parent) where parent >= first:
                        return .init(part.tokens, within: parent - first, past: part.start)
                    case .part(let parent): return .init(part.tokens, after: caches[parent], past: part.start)
                    case .known(let cache): return .init(part.tokens, after: cache, past: part.start)
                    case .nothing: return .init(part.tokens)
                    }
                })
            for (place, output) in zip(first..<end, outputs) {
                caches[place] = output.cache
                // Only what is asked for is kept.
                rows[place] = output.hidden.dropFirst(
                    (parts.list[place].wanted - parts.list[place].start) * model.shape.width)
            }
            first = end
        }
        for (index, request) in requests.enumerated() {
            for node in tree.paths[index] {
                for place in parts.ofNode[node] {
                    let part = parts.list[place]
                    let skipped = max(0, request.from - part.wanted) * model.shape.width
                    // A part that is wanted by others only ends before this request's first position.
                    answers[index].states += rows[place].dropFirst(skipped)
                }
            }
        }
        if shares { remember(tree, requests, parts, caches) }
        return answers
    }

    // MARK: What is to be computed

    /// Tokens that go through the model together, and what they follow.
    private struct Part {
        enum Parent {
            case nothing
            case known(KeyValueCache)
            case part(Int)
        }
        var tokens: [Int]
        var start: Int
        var parent: Parent
        /// The first position whose state is asked for; the end where none is.
        var wanted: Int
    }

    private struct Parts {
        var list: [Part] = []
        /// By node of the tree: its parts, and the first position that is computed.
        var ofNode: [[Int]] = []
        var starts: [Int] = []
    }

    private func parts(of tree: TokenTree, _ requests: [Request]) -> Parts {
        // Positions that are asked for must be computed, whatever is known.
        var wanted = tree.nodes.map(\.range.upperBound)
        for (request, path) in zip(requests, tree.paths) {
            for node in path { wanted[node] = min(wanted[node], max(request.from, tree.nodes[node].range.lowerBound)) }
        }
        var parts = Parts()
        var ends: [Part.Parent] = []
        for (index, node) in tree.nodes.enumerated() {
            let tokens = requests[node.sequence].tokens
            var parent = node.parent.map { ends[$0] } ?? .nothing
            var start = node.range.lowerBound
            if shares, case let (cache?, past) = beginning(of: tokens, upTo: wanted[index]), past > start {
                parent = .known(cache)
                start = past
            }
            parts.starts.append(start)
            parts.ofNode.append([])
            for piece in stride(from: start, to: node.range.upperBound, by: Self.batch) {
                let end = min(piece + Self.batch, node.range.upperBound)
                parts.list.append(
                    Part(
                        tokens: Array(tokens[piece..<end]), start: piece, parent: parent,
                        wanted: min(max(wanted[index], piece), end)))
                parent = .part(parts.list.count - 1)
                parts.ofNode[index].append(parts.list.count - 1)
            }
            ends.append(parent)
        }
        return parts
    }

    // MARK: What is known

    /// The longest known beginning of a sequence, of at most `limit` tokens.
    private func beginning(of tokens: [Int], upTo limit: Int) -> (cache: KeyValueCache?, past: Int) {
        var best: (place: Int, past: Int)?
        for (place, entry) in known.enumerated() {
            var common = 0
            while common < min(limit, entry.tokens.count), entry.tokens[common] == tokens[common] { common += 1 }
            if common > best?.past ?? 0 { best = (place, common) }
        }
        guard let best else { return (nil, 0) }
        let entry = known.remove(at: best.place)
        known.append(entry)
        return (entry.cache, best.past)
    }

    /// Keeps the keys and values of what the tree's leaves end with.
    private func remember(_ tree: TokenTree, _ requests: [Request], _ parts: Parts, _ caches: [KeyValueCache?]) {
        for (index, node) in tree.nodes.enumerated() where node.isLeaf {
            guard let last = parts.ofNode[index].last, let cache = caches[last] else { continue }
            let tokens = requests[node.sequence].tokens
            // What is known already is not kept twice, or asking for it again and again would push the others out.
            if let longer = known.firstIndex(where: { $0.tokens.starts(with: tokens) }) {
                known.append(known.remove(at: longer))
            } else {
                known.removeAll { tokens.starts(with: $0.tokens) }
                known.append(Known(tokens: tokens, cache: cache))
            }
        }
        if known.count > Self.mostKnown { known.removeFirst(known.count - Self.mostKnown) }
        while known.count > 1, keptBytes > capacity { known.removeFirst() }
    }

    /// Each part once, though several sequences follow it.
    private var keptBytes: Int {
        var seen = Set<ObjectIdentifier>()
        var tokens = 0
        for entry in known {
            var cache: KeyValueCache? = entry.cache
            while let part = cache, seen.insert(ObjectIdentifier(part)).inserted {
                tokens += part.count
                cache = part.parent
            }
        }
        return tokens * model.cacheBytesPerToken
    }
}

extension TransformerModel {
    /// Bytes of keys and values that a token leaves in the cache.
    public var cacheBytesPerToken: Int { 2 * shape.layers * shape.attention.keyWidth * MemoryLayout<Float>.size }
}

extension TransformerShape {
    /// Bytes that computing sequences takes besides the weights: one batch's states in all their forms, attention's rows, and the longest sequence's keys and
    /// values once more.
    ///
    /// - Parameters:
    ///   - tokens: of the longest sequence.
    ///   - capacity: bytes of keys and values that are kept.
    public func workBytes(tokens: Int, threads: Int, capacity: Int) -> Int {
        let rows = min(tokens, PrefixForward.batch)
        let states = rows * (4 * width + 2 * attention.queryWidth + 2 * attention.keyWidth + 2 * innerWidth)
        let scores = threads * AttentionShape.block * tokens
        let copies = 2 * tokens * attention.keyWidth
        return capacity + (states + scores + copies) * MemoryLayout<Float>.size
    }
}

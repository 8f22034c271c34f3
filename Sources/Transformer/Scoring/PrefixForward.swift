// SPDX-License-Identifier: Apache-2.0

/// Computes the states of sequences of tokens, and computes what several begin with only once.
///
/// Keys and values of the sequences computed last are kept: a problem's prompt serves all its programs, and a program's beginning all prefixes of it. Of a
/// call, the longest sequence is computed first; the others branch off it, all together.
public final class PrefixForward {
    /// A sequence, and the first of its positions whose states are asked for.
    public struct Request {
        public var tokens: [Int]
        public var from: Int

        /// - Parameter from: nil for the last position alone.
        public init(_ tokens: [Int], from: Int? = nil) {
            self.tokens = tokens
            self.from = from ?? tokens.count - 1
            precondition((0..<tokens.count).contains(self.from), "Nothing is asked of an empty sequence.")
        }
    }

    /// What was done so far.
    public struct Usage: Sendable, Hashable {
        /// Tokens that went through the model.
        public var computed = 0
        /// Tokens that did not, because their keys and values were known.
        public var shared = 0
        /// Sequences or parts of one that were computed.
        public var passes = 0
    }

    public let model: TransformerModel
    public private(set) var usage = Usage()
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

    /// How many bytes of keys and values are kept, where nothing else is said.
    public static let defaultCapacity = 512 << 20

    public init(_ model: TransformerModel, capacity: Int = defaultCapacity, shares: Bool = true) {
        self.model = model
        self.capacity = capacity
        self.shares = shares
    }

    /// The states of each request's positions, a row of the model's width each, in order of the requests.
    ///
    /// - Throws: `TransformerError`, and `CancellationError` between parts of the work.
    public func states(_ requests: [Request]) throws -> [[Float]] {
        var states = [[Float]](repeating: [], count: requests.count)
        guard shares else {
            for (index, request) in requests.enumerated() {
                states[index] = try compute(request.tokens, from: request.from).states
            }
            return states
        }
        // Those that the longest sequence begins with are answered by its states; of the rest, the longest is next while it shares nothing with what is known.
        var waiting = requests.indices.sorted { requests[$0].tokens.count > requests[$1].tokens.count }
        guard let longest = waiting.first else { return [] }
        let main = requests[longest].tokens
        let within = waiting.filter { main.starts(with: requests[$0].tokens) }
        let from = within.reduce(main.count) { min($0, requests[$1].from) }
        let computed = try compute(main, from: from)
        remember(main, computed.cache)
        let width = model.shape.width
        for index in within {
            let rows = requests[index].from - from..<requests[index].tokens.count - from
            states[index] = Array(computed.states[rows.lowerBound * width..<rows.upperBound * width])
            usage.shared += index == longest ? 0 : requests[index].tokens.count
        }
        waiting.removeAll { within.contains($0) }
        try branch(waiting.sorted().map { ($0, requests[$0]) }, into: &states)
        return states
    }

    /// Computes sequences that share beginnings with what is known, many at a time.
    private func branch(_ requests: [(index: Int, request: Request)], into states: inout [[Float]]) throws {
        var batch: [(index: Int, request: Request, segment: TransformerModel.Segment)] = []
        var size = 0
        func flush() throws {
            guard !batch.isEmpty else { return }
            let outputs = try model.forward(batch.map(\.segment))
            for ((index, request, segment), output) in zip(batch, outputs) {
                states[index] = Array(output.hidden.dropFirst((request.from - segment.past) * model.shape.width))
                usage.computed += segment.tokens.count
                usage.shared += segment.past
                usage.passes += 1
            }
            (batch, size) = ([], 0)
        }
        for (index, request) in requests {
            try Task.checkCancellation()
            let (cache, past) = beginning(of: request.tokens, upTo: request.from)
            let rest = Array(request.tokens[past...])
            if rest.count > Self.batch {
                let computed = try compute(request.tokens, from: request.from)
                remember(request.tokens, computed.cache)
                states[index] = computed.states
                continue
            }
            if size + rest.count > Self.batch { try flush() }
            batch.append((index, request, .init(rest, after: cache, past: past)))
            size += rest.count
        }
        try flush()
    }

    /// Computes one sequence part by part, after what is known of it.
    private func compute(_ tokens: [Int], from: Int) throws -> (states: [Float], cache: KeyValueCache?) {
        var (cache, past) = shares ? beginning(of: tokens, upTo: from) : (nil, 0)
        usage.shared += past
        usage.passes += 1
        var states: [Float] = []
        while past < tokens.count {
            try Task.checkCancellation()
            let end = min(past + Self.batch, tokens.count)
            let output = try model.forward([.init(Array(tokens[past..<end]), after: cache, past: past)])[0]
            if from < end { states += output.hidden.dropFirst(max(0, from - past) * model.shape.width) }
            usage.computed += end - past
            (cache, past) = (output.cache, end)
        }
        return (states, cache)
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

    private func remember(_ tokens: [Int], _ cache: KeyValueCache?) {
        guard let cache else { return }
        known.append(Known(tokens: tokens, cache: cache))
        // A part may be kept by several: counted for each, so that less is kept rather than more.
        let bytes = known.map { $0.tokens.count * model.cacheBytesPerToken }
        var kept = bytes.reduce(0, +)
        var dropped = 0
        while kept > capacity, dropped < known.count - 1 {
            kept -= bytes[dropped]
            dropped += 1
        }
        known.removeFirst(dropped)
    }
}

extension TransformerModel {
    /// Bytes of keys and values that a token leaves in the cache.
    public var cacheBytesPerToken: Int { 2 * shape.layers * shape.attention.keyWidth * MemoryLayout<Float>.size }
}

extension TransformerShape {
    /// Bytes that computing sequences takes besides the weights: one part's states in all their forms, attention's rows, and the longest sequence's keys and
    /// values once more.
    ///
    /// - Parameters:
    ///   - tokens: of the longest sequence.
    ///   - capacity: bytes of keys and values that are kept.
    public func workBytes(tokens: Int, threads: Int, capacity: Int) -> Int {
        let rows = min(tokens, PrefixForward.batch)
        let states = rows * (4 * width + 2 * attention.queryWidth + 2 * attention.keyWidth + 2 * innerWidth)
        let scores = threads * rows * tokens
        let copies = 2 * tokens * attention.keyWidth
        return capacity + (states + scores + copies) * MemoryLayout<Float>.size
    }
}

// SPDX-License-Identifier: Apache-2.0
import Foundation
import SelectorKit

/// A trigram model of a pool's programs, from which any problem's own programs can be left out.
///
/// p(w | u v) mixes the shares of w after u v, after v, and anywhere, and the uniform distribution over the vocabulary, which is all tokens of the pool. Where a
/// context was never seen, its weight goes to the shorter one. So every distribution is proper and positive, and its divergence from the uniform one is exact.
struct TokenModel: Sendable {
    /// The weights of trigrams, bigrams, single tokens, and the uniform distribution.
    static let weights = (trigram: 0.5, bigram: 0.3, single: 0.15, uniform: 0.05)

    private(set) var vocabulary: [String: Int32] = [:]
    private var all = Counts()
    private var own: [String: Counts] = [:]
    /// What follows each token, and each pair of tokens.
    private var followers: [Int32: [Int32]] = [:]
    private var pairFollowers: [UInt64: [Int32]] = [:]

    struct Counts: Sendable {
        var tokens = 0
        var singles: [Int32: Int] = [:]
        /// How often a token or a pair is followed by anything.
        var contexts: [Int32: Int] = [:]
        var pairContexts: [UInt64: Int] = [:]
        var pairs: [UInt64: Int] = [:]
        var triples: [Triple: Int] = [:]
    }

    struct Triple: Hashable, Sendable {
        var context: UInt64
        var token: Int32
    }

    /// Before the first token.
    private static let start: Int32 = -1

    init(_ corpus: PoolCorpus) {
        for problem in corpus.problems {
            var counts = Counts()
            for program in problem.programs {
                let tokens = Self.tokens(of: program).map { identifier($0) }
                add(tokens, to: &counts)
                add(tokens, to: &all)
            }
            own[problem.id] = counts
        }
        for pair in all.pairs.keys {
            followers[Int32(truncatingIfNeeded: pair >> 32), default: []].append(Int32(truncatingIfNeeded: pair))
        }
        for triple in all.triples.keys { pairFollowers[triple.context, default: []].append(triple.token) }
        // Sums must not depend on the order of a hash table.
        for key in followers.keys { followers[key]?.sort() }
        for key in pairFollowers.keys { pairFollowers[key]?.sort() }
    }

    private mutating func identifier(_ token: String) -> Int32 {
        if let known = vocabulary[token] { return known }
        let new = Int32(vocabulary.count)
        vocabulary[token] = new
        return new
    }

    private func add(_ tokens: [Int32], to counts: inout Counts) {
        var (first, second) = (Self.start, Self.start)
        for token in tokens {
            counts.tokens += 1
            counts.singles[token, default: 0] += 1
            counts.contexts[second, default: 0] += 1
            counts.pairs[Self.pair(second, token), default: 0] += 1
            let context = Self.pair(first, second)
            counts.pairContexts[context, default: 0] += 1
            counts.triples[Triple(context: context, token: token), default: 0] += 1
            (first, second) = (second, token)
        }
    }

    static func pair(_ first: Int32, _ second: Int32) -> UInt64 {
        UInt64(UInt32(bitPattern: first)) << 32 | UInt64(UInt32(bitPattern: second))
    }

    /// Identifiers and numbers, line ends with the indentation behind them, and single other characters.
    static func tokens(of program: String) -> [String] {
        var tokens: [String] = []
        var bytes = Array(program.utf8)[...]
        func isWord(_ byte: UInt8) -> Bool {
            byte >= 0x80 || byte == UInt8(ascii: "_") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
        }
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0d || byte == 0x0c }
        while let byte = bytes.first {
            let count: Int
            if isWord(byte) {
                count = bytes.firstIndex { !isWord($0) }.map { $0 - bytes.startIndex } ?? bytes.count
            } else if byte == 0x0a {
                count = bytes.dropFirst().firstIndex { !isBlank($0) }.map { $0 - bytes.startIndex } ?? bytes.count
            } else if isBlank(byte) {
                bytes = bytes.dropFirst()
                continue
            } else {
                count = 1
            }
            tokens.append(String(decoding: bytes.prefix(count), as: UTF8.self))
            bytes = bytes.dropFirst(count)
        }
        return tokens
    }

    // MARK: Certainty

    /// Scores programs of one problem by the model of all others.
    struct Reader {
        private let model: TokenModel
        private let own: Counts
        private let size: Double
        private let tokens: Double
        /// By token: its share of all tokens.
        private var base: [Double]
        private var known: [UInt64: Double] = [:]

        /// Nil when the pool has no other problem's token.
        init?(_ model: TokenModel, leavingOut problem: String) {
            self.model = model
            own = model.own[problem] ?? Counts()
            let left = model.all.tokens - own.tokens
            guard left > 0 else { return nil }
            size = Double(model.vocabulary.count)
            tokens = Double(left)
            base = [Double](repeating: 0, count: model.vocabulary.count)
            for token in base.indices {
                base[token] = Double((model.all.singles[Int32(token)] ?? 0) - (own.singles[Int32(token)] ?? 0)) / tokens
            }
        }

        /// The mean certainty over the program's tokens; nil for a program without any.
        mutating func certainty(of program: String) -> Double? {
            let tokens = TokenModel.tokens(of: program).map { model.vocabulary[$0] ?? TokenModel.start }
            guard !tokens.isEmpty else { return nil }
            var (first, second) = (TokenModel.start, TokenModel.start)
            var sum = 0.0
            for token in tokens {
                sum += certainty(after: first, second)
                (first, second) = (second, token)
            }
            return sum / Double(tokens.count)
        }

        /// KL(U || p(. | first second)), once for each context.
        private mutating func certainty(after first: Int32, _ second: Int32) -> Double {
            let context = TokenModel.pair(first, second)
            if let value = known[context] { return value }
            let value = divergence(context, second)
            known[context] = value
            return value
        }

        /// -(1/V) Σ ln p - ln V. Only tokens that follow the context differ from the share that all others get.
        private mutating func divergence(_ context: UInt64, _ second: Int32) -> Double {
            let weights = TokenModel.weights
            let pairs = (model.all.pairContexts[context] ?? 0) - (own.pairContexts[context] ?? 0)
            let singles = (model.all.contexts[second] ?? 0) - (own.contexts[second] ?? 0)
            let trigram = pairs > 0 ? weights.trigram : 0
            let bigram = singles > 0 ? weights.bigram + weights.trigram - trigram : 0
            let single = weights.single + weights.trigram + weights.bigram - trigram - bigram
            let uniform = weights.uniform / size
            // What all tokens get without a context; it depends on `single` alone, which has at most three values.
            var sum = plainSum(single, uniform)
            guard bigram > 0 else { return -sum / size - log(size) }
            var triples: [Int32: Double] = [:]
            if trigram > 0 {
                for token in model.pairFollowers[context] ?? [] {
                    let key = Triple(context: context, token: token)
                    let count = (model.all.triples[key] ?? 0) - (own.triples[key] ?? 0)
                    if count > 0 { triples[token] = Double(count) / Double(pairs) }
                }
            }
            for token in model.followers[second] ?? [] {
                let key = TokenModel.pair(second, token)
                let count = (model.all.pairs[key] ?? 0) - (own.pairs[key] ?? 0)
                guard count > 0 else { continue }
                let plain = single * base[Int(token)] + uniform
                let seen = plain + bigram * Double(count) / Double(singles) + trigram * (triples[token] ?? 0)
                sum += log(seen) - log(plain)
            }
            return -sum / size - log(size)
        }

        private var plainSums: [Double: Double] = [:]

        private mutating func plainSum(_ single: Double, _ uniform: Double) -> Double {
            if let sum = plainSums[single] { return sum }
            let sum = base.reduce(0) { $0 + log(single * $1 + uniform) }
            plainSums[single] = sum
            return sum
        }
    }
}

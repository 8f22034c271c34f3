// SPDX-License-Identifier: Apache-2.0
public import SelectorKit

/// A way to find the best of several by comparing pairs.
public enum Tournament: String, Sendable, CaseIterable {
    /// Everybody meets everybody: N(N-1)/2 pairs.
    case roundRobin = "judge-round-robin"
    /// Losers leave: N-1 pairs, in rounds of a seeded draw with byes to the next power of two.
    case knockOut = "judge-knock-out"
    /// Everybody meets a drawn pivot; those who beat it go on with a new one: about 2N pairs.
    case pivot = "judge-pivot"

    /// - Parameter compare: the share of the victory that goes to the second of a pair of places.
    /// - Returns: a score for each of `count` places.
    public func scores(
        count: Int, seed: UInt64, concurrency: Int,
        compare: @escaping @Sendable (_ first: Int, _ second: Int) async throws -> Double
    ) async throws -> [Double] {
        switch self {
        case .roundRobin: try await Self.roundRobin(count, concurrency, compare)
        case .knockOut: try await Self.knockOut(count, seed, concurrency, compare)
        case .pivot: try await Self.pivot(count, seed, concurrency, compare)
        }
    }

    private typealias Compare = @Sendable (Int, Int) async throws -> Double

    private struct Pair: Sendable { var first: Int, second: Int }

    /// The sum of the shares of all victories.
    private static func roundRobin(
        _ count: Int, _ concurrency: Int, _ compare: @escaping Compare
    ) async throws -> [Double] {
        let pairs = (0..<count).flatMap { first in
            (first + 1..<max(count, first + 1)).map { Pair(first: first, second: $0) }
        }
        let shares = try await concurrentMap(pairs, limit: concurrency) { try await compare($0.first, $0.second) }
        var wins = [Double](repeating: 0, count: count)
        for (pair, share) in zip(pairs, shares) {
            wins[pair.first] += 1 - share
            wins[pair.second] += share
        }
        return wins
    }

    /// The number of rounds that were survived. The second of a pair needs more than half to win.
    private static func knockOut(
        _ count: Int, _ seed: UInt64, _ concurrency: Int, _ compare: @escaping Compare
    ) async throws -> [Double] {
        var rounds = [Double](repeating: 0, count: count)
        var generator = SeededGenerator(seed: seed)
        var left = Array(0..<count).shuffled(using: &generator)
        var size = 1
        while size < count { size *= 2 }
        var byes = size - count
        while left.count > 1 {
            let free = Array(left.prefix(byes))
            let playing = Array(left.dropFirst(byes))
            byes = 0
            let pairs = stride(from: 0, to: playing.count - 1, by: 2).map {
                Pair(first: playing[$0], second: playing[$0 + 1])
            }
            let shares = try await concurrentMap(pairs, limit: concurrency) { try await compare($0.first, $0.second) }
            left = free + zip(pairs, shares).map { $1 > 0.5 ? $0.second : $0.first }
            for survivor in left { rounds[survivor] += 1 }
        }
        return rounds
    }

    /// The number of pivots that were beaten or equalled; a pivot that nobody beats is the best, and gets half a point more than those it beat.
    private static func pivot(
        _ count: Int, _ seed: UInt64, _ concurrency: Int, _ compare: @escaping Compare
    ) async throws -> [Double] {
        var scores = [Double](repeating: 0, count: count)
        var generator = SeededGenerator(seed: seed)
        var left = Array(0..<count)
        while left.count > 1, let drawn = left.randomElement(using: &generator) {
            let others = left.filter { $0 != drawn }
            let shares = try await concurrentMap(others, limit: concurrency) { try await compare(drawn, $0) }
            scores[drawn] += 0.5
            for (other, share) in zip(others, shares) where share == 0.5 { scores[other] += 0.5 }
            left = zip(others, shares).filter { $1 > 0.5 }.map(\.0)
            for winner in left { scores[winner] += 1 }
        }
        return scores
    }
}

/// Lets a language model judge pairs of programs in a tournament.
public struct TournamentSelector: Selector {
    private let tournament: Tournament
    private let options: JudgeOptions

    /// - Throws: `SelectorError` for an option out of range.
    public init(_ tournament: Tournament, _ options: JudgeOptions = JudgeOptions()) throws {
        try options.check(tournament.rawValue)
        self.tournament = tournament
        self.options = options
    }

    public var descriptor: SelectorDescriptor {
        SelectorDescriptor(
            name: tournament.rawValue, version: 1, scope: .pool,
            requirements: [.languageModel(role: options.languageModel)], summary: tournament.summary)
    }

    public func score(_ pool: CandidatePool, in context: SelectionContext) async throws -> [CandidateScore] {
        let judge = try PairwiseJudge(options, pool.problem, in: context)
        let programs = pool.candidates.map(\.program)
        let scores = try await tournament.scores(
            count: programs.count, seed: context.seed, concurrency: options.concurrency
        ) { try await judge.score(programs[$0], programs[$1]) }
        try judge.finish()
        return zip(pool.candidates, scores).map { $0.isBlank ? .rejected(reason: "blank program") : .value($1) }
    }
}

extension Tournament {
    var summary: String {
        switch self {
        case .roundRobin: "a language model compares every pair"
        case .knockOut: "a language model compares pairs, losers leave"
        case .pivot: "a language model compares all with a pivot, winners go on"
        }
    }
}

public enum RoundRobinPlugin: SelectorPlugin {
    public static let name = Tournament.roundRobin.rawValue
    public static let summary = Tournament.roundRobin.summary
    public static let defaultOptions = JudgeOptions()
    public static func makeSelector(options: JudgeOptions) throws -> any Selector {
        try TournamentSelector(.roundRobin, options)
    }
}

public enum KnockOutPlugin: SelectorPlugin {
    public static let name = Tournament.knockOut.rawValue
    public static let summary = Tournament.knockOut.summary
    public static let defaultOptions = JudgeOptions()
    public static func makeSelector(options: JudgeOptions) throws -> any Selector {
        try TournamentSelector(.knockOut, options)
    }
}

public enum PivotPlugin: SelectorPlugin {
    public static let name = Tournament.pivot.rawValue
    public static let summary = Tournament.pivot.summary
    public static let defaultOptions = JudgeOptions()
    public static func makeSelector(options: JudgeOptions) throws -> any Selector {
        try TournamentSelector(.pivot, options)
    }
}

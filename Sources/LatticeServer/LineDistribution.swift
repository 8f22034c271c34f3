// SPDX-License-Identifier: Apache-2.0
import Datasets
import Foundation

/// The programs that can follow a beginning, as a language model whose tokens are lines: each next line's distribution is exact.
struct LineDistribution: Sendable {
    /// A program's rest in lines, ending with the fence that closes it.
    private struct Sequence: Sendable {
        var tokens: [Int]
        var probability: Double
    }

    private let words: [String]
    private let sequences: [Sequence]

    /// - Returns: nil where no program begins so.
    init?(_ programs: [LatticeProblem.WeightedProgram], beginning: String) {
        var numbers: [String: Int] = [:]
        var words: [String] = []
        func token(_ text: String) -> Int {
            if let number = numbers[text] { return number }
            numbers[text] = words.count
            words.append(text)
            return words.count - 1
        }
        var sequences: [Sequence] = []
        for program in programs where program.program.utf8.starts(with: beginning.utf8) {
            let rest = Substring(program.program.utf8.dropFirst(beginning.utf8.count))
            var lines = rest.split(separator: "\n", omittingEmptySubsequences: false).map { "\($0)\n" }
            // What a final newline leaves is no line.
            if lines.last == "\n" { lines.removeLast() }
            sequences.append(Sequence(tokens: (lines + [Self.fence]).map(token), probability: program.probability))
        }
        let total = sequences.reduce(0) { $0 + $1.probability }
        guard total > 0 else { return nil }
        self.words = words
        self.sequences = sequences.map { Sequence(tokens: $0.tokens, probability: $0.probability / total) }
    }

    static let fence = "```"

    /// A token with the natural log-probabilities of everything that could have stood there, the likeliest first.
    struct Token: Sendable {
        var text: String
        var logProb: Double
        var alternatives: [(text: String, logProb: Double)]
    }

    /// One text, line by line.
    ///
    /// - Parameter number: gives numbers in 0..<1.
    func sample(
        temperature: Double, topP: Double, maxTokens: Int, number: () -> Double
    ) -> (tokens: [Token], isWhole: Bool) {
        var matching = Array(sequences.indices)
        var tokens: [Token] = []
        while tokens.count < maxTokens {
            let position = tokens.count
            var probabilities: [Int: Double] = [:]
            var total = 0.0
            for index in matching where position < sequences[index].tokens.count {
                probabilities[sequences[index].tokens[position], default: 0] += sequences[index].probability
                total += sequences[index].probability
            }
            guard total > 0 else { return (tokens, true) }
            let ranked = probabilities.map { (token: $0.key, probability: $0.value / total) }
                .sorted { ($1.probability, $0.token) < ($0.probability, $1.token) }
            let chosen = Self.choose(ranked.map(\.probability), temperature, topP, number)
            tokens.append(
                Token(
                    text: words[ranked[chosen].token], logProb: log(ranked[chosen].probability),
                    alternatives: ranked.map { (words[$0.token], log($0.probability)) }))
            let token = ranked[chosen].token
            matching = matching.filter {
                position < sequences[$0].tokens.count && sequences[$0].tokens[position] == token
            }
        }
        let isWhole = matching.contains { sequences[$0].tokens.count == tokens.count }
        return (tokens, isWhole)
    }

    /// Draws from probabilities that fall, sharpened by the temperature and cut to the nucleus.
    private static func choose(
        _ probabilities: [Double], _ temperature: Double, _ topP: Double, _ number: () -> Double
    ) -> Int {
        guard temperature > 0, probabilities.count > 1 else { return 0 }
        var weights = probabilities.map { pow($0, 1 / temperature) }
        let all = weights.reduce(0, +)
        var sum = 0.0
        if let last = weights.firstIndex(where: { weight in
            sum += weight / all
            return sum >= topP
        }) {
            weights.removeLast(weights.count - 1 - last)
        }
        var left = number() * weights.reduce(0, +)
        for (index, weight) in weights.enumerated() {
            left -= weight
            if left < 0 { return index }
        }
        return weights.count - 1
    }
}

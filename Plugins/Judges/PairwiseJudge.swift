// SPDX-License-Identifier: Apache-2.0
import Foundation
import SelectorKit
import Synchronization

/// Compares two programs in both orders.
struct PairwiseJudge: Sendable {
    let options: JudgeOptions
    let model: any LanguageModel
    let problem: Problem
    let seed: UInt64
    private let tally = Tally()

    init(_ options: JudgeOptions, _ problem: Problem, in context: SelectionContext) throws {
        self.options = options
        self.problem = problem
        model = try context.languageModel(options.languageModel)
        seed = context.seed
    }

    /// The share of the victory that goes to the second program: 0 when the first wins in both orders, 1 when the second does.
    func score(_ first: String, _ second: String) async throws -> Double {
        // Equal programs need no judge, and a blank one has lost.
        if first == second { return 0.5 }
        if isBlank(first) || isBlank(second) { return isBlank(first) ? (isBlank(second) ? 0.5 : 1) : 0 }
        async let forth = winner(first, second)
        async let back = winner(second, first)
        return averaged(ab: try await forth, ba: try await back)
    }

    /// - Throws: `SelectorError` when the judge was asked and not one answer could be read.
    func finish() throws {
        let (answers, read) = tally.counts
        guard answers == 0 || read > 0 else {
            throw SelectorError(
                .serviceFailed,
                "None of the judge's \(answers) answers about problem '\(problem.id)' ends with <winner>A</winner> or <winner>B</winner>. "
                    + "Raise 'maxTokens' if they are cut off, or use another model.")
        }
    }

    private func isBlank(_ program: String) -> Bool { program.allSatisfy(\.isWhitespace) }

    /// 0 when the program shown first wins, 1 for the second, nil when the answer cannot be read.
    private func winner(_ first: String, _ second: String) async throws -> Double? {
        let prompt = JudgePrompt.pair(first, second, of: problem)
        let text = try await model.reply(to: options.request(prompt, seed: seed)).text
        let winner: Double? =
            switch lastTag("winner", in: text)?.uppercased() {
            case "A": 0
            case "B": 1
            default: nil
            }
        tally.count(isRead: winner != nil)
        return winner
    }
}

/// Joins the judgements of both orders: each is 0 when the program shown first wins, 1 for the second, nil when there is none. The result is for the order AB; an
/// order without a judgement leaves it to the other, two leave it open.
public func averaged(ab: Double?, ba: Double?) -> Double {
    switch (ab, ba) {
    case (let ab?, let ba?): (ab + 1 - ba) / 2
    case (let ab?, nil): ab
    case (nil, let ba?): 1 - ba
    case (nil, nil): 0.5
    }
}

private final class Tally: Sendable {
    private let state = Mutex((answers: 0, read: 0))

    var counts: (answers: Int, read: Int) { state.withLock { $0 } }

    func count(isRead: Bool) {
        state.withLock { state in
            state.answers += 1
            if isRead { state.read += 1 }
        }
    }
}

/// SplitMix64: the same order on every machine for the same seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

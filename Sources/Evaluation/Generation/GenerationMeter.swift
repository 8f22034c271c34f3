// SPDX-License-Identifier: Apache-2.0
import Generation
import LanguageModels
import Synchronization

/// Adds up what a generation used, and says so in one line.
final class GenerationMeter: Sendable {
    private struct State {
        var promptTokens = 0.0
        var completionTokens = 0
        var cost = 0.0
        var told: ContinuousClock.Instant
    }

    private let prices: Prices?
    private let start = ContinuousClock.now
    private let state: Mutex<State>

    init(prices: Prices?) {
        self.prices = prices
        state = Mutex(State(told: start))
    }

    func add(_ answers: [GeneratedAnswer]) {
        state.withLock { state in
            for answer in answers {
                state.promptTokens += Double(answer.promptTokens) / Double(max(answer.sharedBy, 1))
                state.completionTokens += answer.completionTokens
                if let prices { state.cost += answer.cost(prices) }
            }
        }
    }

    func add(_ answer: CompletionAnswer) {
        state.withLock { state in
            state.promptTokens += Double(answer.promptTokens)
            state.completionTokens += answer.completionTokens
            if let prices {
                state.cost += prices.cost(
                    promptTokens: Double(answer.promptTokens), completionTokens: Double(answer.completionTokens))
            }
        }
    }

    /// `3210 tokens/s, 0.1234 USD`; nil where that was told less than a second ago and nobody insists.
    func text(insists: Bool = false) -> String? {
        let now = ContinuousClock.now
        let state = state.withLock { state -> State? in
            guard insists || now - state.told >= .seconds(1) else { return nil }
            state.told = now
            return state
        }
        guard let state else { return nil }
        let rate = Double(state.completionTokens) / max((now - start) / .seconds(1), 0.001)
        let text = "\(rate < 10 ? "\((rate * 10).rounded() / 10)" : "\(Int(rate.rounded()))") tokens/s"
        return prices.map { "\(text), \($0.text(state.cost))" } ?? text
    }
}

// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// Keeps what is spent below a limit, whatever is under way: each request reserves the most that it can cost before it is sent.
public final class Budget: Sendable {
    private struct State {
        var spent: Double
        var reserved = 0.0
        var underWay = 0
        var requests = 0
        var waiting: [CheckedContinuation<Void, Never>] = []
        var isExhausted = false
    }

    public let prices: Prices?
    private let maxCost: Double?
    private let maxRequests: Int?
    private let state: Mutex<State>

    /// - Parameters:
    ///   - spent: what earlier calls spent on the same work.
    ///   - maxRequests: how many requests this budget lets through; repeated attempts are not counted.
    public init(prices: Prices? = nil, maxCost: Double? = nil, maxRequests: Int? = nil, spent: Double = 0) {
        self.prices = prices
        self.maxCost = maxCost
        self.maxRequests = maxRequests
        state = Mutex(State(spent: spent))
    }

    public var spent: Double { state.withLock { $0.spent } }
    public var requests: Int { state.withLock { $0.requests } }
    /// Whether a request was not let through.
    public var isExhausted: Bool { state.withLock { $0.isExhausted } }

    /// Runs a request if the budget allows; nil where it does not.
    ///
    /// Waits while the requests under way could still turn out cheaper than they might.
    ///
    /// - Parameters:
    ///   - most: the most that the request can cost.
    ///   - body: gives its result and what it did cost. Where it throws, nothing was charged that is known of.
    public func spend<Result: Sendable>(
        upTo most: Double, _ body: () async throws -> (Result, cost: Double)
    ) async throws -> Result? {
        guard await reserve(most) else { return nil }
        do {
            let (result, cost) = try await body()
            settle(most, cost)
            return result
        } catch {
            settle(most, 0)
            throw error
        }
    }

    private enum Decision { case go, no, wait }

    private func reserve(_ most: Double) async -> Bool {
        while true {
            switch state.withLock({ decide(most, &$0) }) {
            case .go: return true
            case .no: return false
            case .wait:
                await withCheckedContinuation { continuation in
                    let isSettled = state.withLock { state in
                        if state.underWay == 0 { return true }
                        state.waiting.append(continuation)
                        return false
                    }
                    if isSettled { continuation.resume() }
                }
            }
        }
    }

    private func decide(_ most: Double, _ state: inout State) -> Decision {
        if let maxRequests, state.requests >= maxRequests {
            state.isExhausted = true
            return .no
        }
        if let maxCost, state.spent + state.reserved + most > maxCost {
            if state.underWay > 0 { return .wait }
            state.isExhausted = true
            return .no
        }
        state.reserved += most
        state.underWay += 1
        state.requests += 1
        return .go
    }

    private func settle(_ reserved: Double, _ cost: Double) {
        let waiting = state.withLock { state in
            state.spent += cost
            state.underWay -= 1
            // Sums of differences would leave a rest.
            state.reserved = state.underWay == 0 ? 0 : state.reserved - reserved
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}

// SPDX-License-Identifier: Apache-2.0
import Generation
import Testing

@Suite struct BudgetTests {
    let prices = Prices(prompt: 1, completion: 2)

    @Test func countsTokensByTheMillion() {
        #expect(prices.cost(promptTokens: 2_000_000, completionTokens: 500_000) == 3)
        #expect(prices.text(0.01234) == "0.0123 USD")
        #expect(prices.text(12.345) == "12.35 USD")
        #expect(prices.text(1234.5) == "1235 USD")
    }

    @Test func neverSpendsMore() async throws {
        // Requests may cost 4 and do cost 1: ten may spend what three could have reserved.
        let budget = Budget(prices: prices, maxCost: 12)
        let served = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<40 {
                group.addTask {
                    let result = try? await budget.spend(upTo: 4) {
                        await Task.yield()
                        return (true, cost: 1)
                    }
                    return result ?? false
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(served == 9)
        #expect(budget.spent == 9)
        #expect(budget.isExhausted)
    }

    @Test func whatFailedIsNotCharged() async throws {
        struct Failure: Error {}
        let budget = Budget(prices: prices, maxCost: 1)
        for _ in 0..<5 {
            await #expect(throws: Failure.self) {
                _ = try await budget.spend(upTo: 1) { () async throws -> (Int, cost: Double) in throw Failure() }
            }
        }
        #expect(try await budget.spend(upTo: 1) { (7, cost: 1) } == 7)
        #expect(try await budget.spend(upTo: 1) { (7, cost: 1) } == nil)
    }

    @Test func earlierSpendingCounts() async throws {
        let budget = Budget(prices: prices, maxCost: 3, spent: 2.5)
        #expect(try await budget.spend(upTo: 1) { (1, cost: 1) } == nil)
    }

    @Test func requestsAreCounted() async throws {
        let budget = Budget(maxRequests: 2)
        for expected in [1, 1, nil] as [Int?] { #expect(try await budget.spend(upTo: 0) { (1, cost: 0) } == expected) }
        #expect(budget.requests == 2)
    }
}

// SPDX-License-Identifier: Apache-2.0
import SelectorKit

extension Cost {
    /// The cost in `count` parts that add up to it.
    func split(among count: Int) -> [Cost] {
        (0..<count).map { index in
            func part(_ total: Int) -> Int { total / count + (index < total % count ? 1 : 0) }
            return Cost(
                calls: part(calls), promptTokens: part(promptTokens), sharedTokens: part(sharedTokens),
                completionTokens: part(completionTokens), forwardPasses: part(forwardPasses),
                executions: part(executions), cpuSeconds: cpuSeconds / Double(count),
                approximations: part(approximations))
        }
    }
}

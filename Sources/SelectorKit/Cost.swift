// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// What a method spends, as counts. Money is counts times prices, computed in the report and never stored.
public struct Cost: Sendable, Codable, Hashable, AdditiveArithmetic {
    public var calls: Int
    public var promptTokens: Int
    /// Tokens of prompts that a model in process did not have to compute, because it had computed the same beginning before; not among `promptTokens`.
    public var sharedTokens: Int
    public var completionTokens: Int
    /// Forward passes of a model that runs in process.
    public var forwardPasses: Int
    /// Program executions asked for by the selector.
    public var executions: Int
    public var cpuSeconds: Double
    /// Rewards that are a bound, because a server did not tell the probability of a token. No cost, but metered like one.
    public var approximations: Int

    public init(
        calls: Int = 0, promptTokens: Int = 0, sharedTokens: Int = 0, completionTokens: Int = 0, forwardPasses: Int = 0,
        executions: Int = 0,
        cpuSeconds: Double = 0, approximations: Int = 0
    ) {
        self.calls = calls
        self.promptTokens = promptTokens
        self.sharedTokens = sharedTokens
        self.completionTokens = completionTokens
        self.forwardPasses = forwardPasses
        self.executions = executions
        self.cpuSeconds = cpuSeconds
        self.approximations = approximations
    }

    public static let zero = Cost()

    public static func + (left: Cost, right: Cost) -> Cost {
        Cost(
            calls: left.calls + right.calls, promptTokens: left.promptTokens + right.promptTokens,
            sharedTokens: left.sharedTokens + right.sharedTokens,
            completionTokens: left.completionTokens + right.completionTokens,
            forwardPasses: left.forwardPasses + right.forwardPasses, executions: left.executions + right.executions,
            cpuSeconds: left.cpuSeconds + right.cpuSeconds,
            approximations: left.approximations + right.approximations)
    }

    public static func - (left: Cost, right: Cost) -> Cost {
        Cost(
            calls: left.calls - right.calls, promptTokens: left.promptTokens - right.promptTokens,
            sharedTokens: left.sharedTokens - right.sharedTokens,
            completionTokens: left.completionTokens - right.completionTokens,
            forwardPasses: left.forwardPasses - right.forwardPasses, executions: left.executions - right.executions,
            cpuSeconds: left.cpuSeconds - right.cpuSeconds,
            approximations: left.approximations - right.approximations)
    }
}

extension Cost {
    private enum CodingKeys: String, CodingKey {
        case calls, promptTokens, sharedTokens, completionTokens, forwardPasses, executions, cpuSeconds, approximations
    }

    /// Results of versions that did not count shared tokens are read too.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            calls: try values.decode(Int.self, forKey: .calls),
            promptTokens: try values.decode(Int.self, forKey: .promptTokens),
            sharedTokens: try values.decodeIfPresent(Int.self, forKey: .sharedTokens) ?? 0,
            completionTokens: try values.decode(Int.self, forKey: .completionTokens),
            forwardPasses: try values.decode(Int.self, forKey: .forwardPasses),
            executions: try values.decode(Int.self, forKey: .executions),
            cpuSeconds: try values.decode(Double.self, forKey: .cpuSeconds),
            approximations: try values.decode(Int.self, forKey: .approximations))
    }
}

/// Adds up cost from concurrent tasks.
public final class CostMeter: Sendable {
    private let spent = Mutex(Cost.zero)

    public init() {}

    public var total: Cost { spent.withLock { $0 } }

    public func add(_ cost: Cost) { spent.withLock { $0 += cost } }
}

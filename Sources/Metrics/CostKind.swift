// SPDX-License-Identifier: Apache-2.0
import SelectorKit

/// What can be counted of a selector's cost.
public enum CostKind: String, Sendable, Codable, Hashable, CaseIterable {
    case wallSeconds, calls, tokens, forwardPasses, executions, cpuSeconds

    public var title: String {
        switch self {
        case .cpuSeconds: "CPU seconds"
        case .wallSeconds: "seconds"
        case .calls: "calls of a model"
        case .tokens: "tokens"
        case .forwardPasses: "forward passes"
        case .executions: "executions"
        }
    }

    /// What the row's scoring took, over all counted problems; tokens are those of prompts and completions together.
    public func total(of row: SelectorRow) -> Double {
        switch self {
        case .cpuSeconds: row.cost.cpuSeconds
        case .wallSeconds: row.wallSeconds
        case .calls: Double(row.cost.calls)
        case .tokens: Double(row.cost.promptTokens + row.cost.completionTokens)
        case .forwardPasses: Double(row.cost.forwardPasses)
        case .executions: Double(row.cost.executions)
        }
    }
}

extension GroupTable {
    /// The rows that no other row beats in both pass@1 and cost (Pareto front), the cheapest first. Of rows equal in both all are in it.
    public func front(by kind: CostKind) -> [SelectorRow] {
        let points = rows.compactMap { row in row.passAt1.map { (row: row, cost: kind.total(of: row), value: $0) } }
        return points.filter { point in
            !points.contains { other in
                other.cost <= point.cost && other.value >= point.value
                    && (other.cost < point.cost || other.value > point.value)
            }
        }.sorted { ($0.cost, $0.value, $0.row.label) < ($1.cost, $1.value, $1.row.label) }.map(\.row)
    }
}

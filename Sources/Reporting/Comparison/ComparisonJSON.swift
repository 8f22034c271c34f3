// SPDX-License-Identifier: Apache-2.0
public import Foundation
public import Metrics

/// A comparison with its gates as JSON: unrounded values, sorted keys.
public struct ComparisonJSON: Sendable, Codable, Hashable {
    public var comparison: RunComparison
    public var gates: [GateResult]

    public init(comparison: RunComparison, gates: [GateResult]) {
        self.comparison = comparison
        self.gates = gates
    }

    /// The same bytes for the same values.
    public func encoded() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        return try encoder.encode(self) + Data("\n".utf8)
    }
}

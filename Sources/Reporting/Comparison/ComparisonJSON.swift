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
    public func encoded() throws -> Data { try Self.encoded(self) }

    /// Why two results cannot be compared: `{"refusal": [reasons]}`.
    public static func encoded(_ refusal: ComparisonRefusal) throws -> Data {
        try encoded(["refusal": refusal.reasons])
    }

    private static func encoded(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        return try encoder.encode(value) + Data("\n".utf8)
    }
}

// SPDX-License-Identifier: Apache-2.0
public import Foundation

/// A run's tables as JSON: the values of `RunTables`, unrounded, with sorted keys.
public enum JSONReport {
    /// The same bytes for the same tables.
    public static func encode(_ tables: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        return try encoder.encode(tables) + Data("\n".utf8)
    }
}

// SPDX-License-Identifier: Apache-2.0
public import Metrics

/// A run's tables as plain text for a terminal.
public enum TextTable {
    /// Renders all pools, aligned and at most 100 columns wide where the number of difficulties allows it.
    public static func render(_ tables: RunTables) -> String {
        ""
    }
}

// SPDX-License-Identifier: Apache-2.0
public import Foundation
public import Metrics
public import RunStore

/// A run's report as pages that need no network and no scripts.
public enum HTMLReport {
    /// Writes `index.html` into a folder, which is made if need be, and pages with the problems beside it when they would make it too large.
    ///
    /// Each file is written under a temporary name and renamed, the index last.
    public static func write(record: RunRecord, tables: RunTables, to directory: URL) throws {
    }
}

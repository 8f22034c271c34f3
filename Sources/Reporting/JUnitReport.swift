// SPDX-License-Identifier: Apache-2.0
public import Foundation
public import Metrics
public import RunStore

/// A run as JUnit XML, as CI servers read it: a test suite per pool and selector, a test case per problem.
public enum JUnitReport {
    public static func write(record: RunRecord, tables: RunTables, to file: URL) throws {
    }
}

// SPDX-License-Identifier: Apache-2.0
public import Foundation
public import Metrics
public import RunStore

/// A run as JUnit XML, as CI servers read it: a test suite per pool and selector, a test case per problem.
///
/// A test case passes if the candidate that the selector chose is correct. JUnit knows no halves: of tied candidates the one with the lowest index
/// decides, and the test case says so. What our own machinery or the selector failed on is an error, what was not run or graded is skipped; neither is
/// a failure. The file keeps to the schema of the Jenkins xUnit plugin (`junit-10.xsd`); times have exactly three decimals, as it demands.
public enum JUnitReport {
    /// Writes the file under a temporary name first. The folder must exist.
    public static func write(record: RunRecord, tables: RunTables, to file: URL) throws {
        try encode(record: record, tables: tables).write(to: file, options: .atomic)
    }

    /// The document; the same bytes for the same run.
    public static func encode(record: RunRecord, tables: RunTables) throws(ReportError) -> Data {
        let suites = tables.pools.flatMap { pool in
            tables.selectors.indices.map { JUnitSuite(pool: pool, selector: tables.selectors[$0], index: $0) }
        }
        let document = try XMLDocument()
        let totals = suites.map(\.counts).reduce(JUnitSuite.Counts(), +)
        document.element(
            "testsuites",
            [
                "name": tables.run, "tests": "\(totals.tests)", "failures": "\(totals.failures)",
                "errors": "\(totals.errors)",
                "time": NumberFormat.seconds(totals.seconds),
            ]
        ) {
            for suite in suites { suite.write(to: document, execution: record.manifest.execution) }
        }
        return try document.finish()
    }
}

/// One selector on one pool.
struct JUnitSuite {
    struct Counts {
        var tests = 0
        var failures = 0
        var errors = 0
        var skipped = 0
        var seconds = 0.0

        static func + (left: Counts, right: Counts) -> Counts {
            Counts(
                tests: left.tests + right.tests, failures: left.failures + right.failures,
                errors: left.errors + right.errors,
                skipped: left.skipped + right.skipped, seconds: left.seconds + right.seconds)
        }
    }

    private let pool: PoolTable
    private let selector: SelectorSummary
    private let row: SelectorRow
    private let cases: [JUnitCase]

    init(pool: PoolTable, selector: SelectorSummary, index: Int) {
        self.pool = pool
        self.selector = selector
        row = pool.overall.rows[index]
        cases = pool.problems.map { JUnitCase($0, choice: $0.choices[index]) }
    }

    var counts: Counts {
        cases.reduce(into: Counts()) { counts, test in
            counts.tests += 1
            counts.seconds += test.seconds
            switch test.result {
            case .passed: break
            case .failure: counts.failures += 1
            case .error: counts.errors += 1
            case .skipped: counts.skipped += 1
            }
        }
    }

    func write(to document: XMLDocument, execution: RunManifest.Execution?) {
        let name = "\(pool.name).\(selector.label)"
        let counts = counts
        document.element(
            "testsuite",
            [
                "name": name, "tests": "\(counts.tests)", "failures": "\(counts.failures)",
                "errors": "\(counts.errors)",
                "skipped": "\(counts.skipped)", "time": NumberFormat.seconds(counts.seconds),
            ]
        ) {
            document.element("properties") {
                for (name, value) in properties(execution) {
                    document.element("property", ["name": name, "value": value])
                }
            }
            for test in cases { test.write(to: document, className: name) }
        }
    }

    private func properties(_ execution: RunManifest.Execution?) -> KeyValuePairs<String, String> {
        let imported = pool.verdictsImported
        return [
            "selector": "\(selector.name) version \(selector.version)",
            "options": selector.options,
            "verdicts": imported ? "imported" : "executed",
            "channels": pool.verdicts.channels.map { "\($0.channel) \($0.candidates)" }.joined(separator: ", "),
            "tampered": "\(pool.verdicts.tampered.count)",
            "tier": imported ? "none" : execution?.sandboxTier ?? "unknown",
            "semantics": imported ? "imported" : execution?.semantics ?? "unknown",
            "pass@1 percent": NumberFormat.percent(row.passAt1),
            "random percent": NumberFormat.percent(pool.overall.poolMean),
            "oracle percent": NumberFormat.percent(pool.overall.oracle),
            "problems": pool.overall.standing(of: row),
            "complete": row.isComplete ? "yes" : "no",
        ]
    }
}

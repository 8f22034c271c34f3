// SPDX-License-Identifier: Apache-2.0
import Foundation
import Metrics
import Testing

@testable import Reporting

@Suite struct JSONReportTests {
    @Test func theTablesCanBeReadBackUnchanged() throws {
        let tables = RunTables(record: SampleRun(pools: ["a", "b"], selectors: 4, hasGaps: true).record())
        let data = try JSONReport.encode(tables)
        #expect(try JSONDecoder().decode(RunTables.self, from: data) == tables)
        #expect(data == (try JSONReport.encode(tables)))
        #expect(data.last == UInt8(ascii: "\n"))
    }
}

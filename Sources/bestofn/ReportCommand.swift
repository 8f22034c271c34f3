// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import Metrics
import Reporting
import RunStore

struct ReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Renders the reports of a stored run again; executes nothing.",
        discussion: """
            Examples:
              bestofn report runs/demo --html site --junit junit.xml
              bestofn report runs/demo --json tables.json
            """)

    @Argument(help: "The run's directory, as 'bestofn run' printed it.")
    var run: String

    @Option(help: "Write the HTML report into this directory.")
    var html: String?

    @Option(help: "Write the JUnit XML to this file.")
    var junit: String?

    @Option(help: "Write the tables as JSON to this file.")
    var json: String?

    func run() async throws {
        try await reportingFailures { [self] in
            let record = try RunStore.existing(directory: URL(fileURLWithPath: run)).record()
            let tables = RunTables(record: record)
            print(TextTable.render(tables))
            if let html { try HTMLReport.write(record: record, tables: tables, to: URL(fileURLWithPath: html)) }
            if let junit { try JUnitReport.write(record: record, tables: tables, to: URL(fileURLWithPath: junit)) }
            if let json { try JSONReport.write(tables, to: URL(fileURLWithPath: json)) }
        }
    }
}

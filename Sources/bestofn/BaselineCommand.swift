// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import Metrics
import RunStore

struct BaselineCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "baseline", abstract: "Keeps what a run found, to compare later runs with.",
        subcommands: [SaveBaselineCommand.self])
}

struct SaveBaselineCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "save",
        abstract: "Writes what a run found as a small JSON file for committing.",
        discussion: """
            The file holds verdicts, choices, costs, and hashes of all that they depend on; no programs, no statements. It has one line per \
            problem, so that a diff shows which problems changed.

            Examples:
              bestofn baseline save runs/demo --output baseline.json
              bestofn compare baseline.json runs/demo --fail-on regression
            """)

    @Argument(help: "The run's directory, as 'bestofn run' printed it.")
    var run: String

    @Option(help: "The file to write; - for standard output.")
    var output: OutputFile

    func run() async throws {
        try await reportingFailures { [self] in
            let record = try RunStore.existing(directory: URL(fileURLWithPath: run)).record()
            let data = try RunResults(record: record).encoded()
            try output.write(String(decoding: data, as: UTF8.self))
            if !output.isStandardOutput { print("\(output.path): \(data.count) bytes") }
        }
    }
}

extension RunResults {
    /// Reads a run's directory, or a file that `bestofn baseline save` wrote.
    static func read(_ path: String) throws -> RunResults {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw RunResultsError(
                path: path,
                "There is no such file. Give a run's directory or a file that 'bestofn baseline save' wrote.")
        }
        let url = URL(fileURLWithPath: path)
        if isFolder.boolValue { return RunResults(record: try RunStore.existing(directory: url).record()) }
        let data: Data
        do {
            data = try Data(contentsOf: url)
        } catch {
            throw RunResultsError(path: path, "The file cannot be read: \(error.localizedDescription).")
        }
        return try RunResults(data: data, path: path)
    }
}

// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import Reporting

/// Where a command writes a text: a file, or standard output for `-`.
struct OutputFile: ExpressibleByArgument {
    let path: String

    init?(argument: String) {
        guard !argument.isEmpty else { return nil }
        path = argument
    }

    var isStandardOutput: Bool { path == "-" }

    /// Writes a file under a temporary name first.
    func write(_ text: String) throws {
        if isStandardOutput {
            FileHandle.standardOutput.write(Data(text.utf8))
            return
        }
        do {
            try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw ReportError(
                .unwritable,
                "\(path): The file cannot be written: \(error.localizedDescription) Does its folder exist?")
        }
    }

    /// - Throws: `ValidationError` where two texts would mix on standard output.
    static func validate(_ files: [OutputFile?]) throws {
        if files.count(where: { $0?.isStandardOutput == true }) > 1 {
            throw ValidationError("Only one output can go to standard output ('-').")
        }
    }
}

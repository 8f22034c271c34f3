// SPDX-License-Identifier: Apache-2.0
import Foundation
import PythonSource

extension GeneratedTests {
    /// Where an assertion ends at the latest: the model has gone on to something else.
    private static let stops = ["\nclass", "\ndef", "\n#", "\nif", "\nprint"]

    /// The assertions in what a model wrote (Chen et al. 2022): the text is cut before each `assert`, every part at the first sign of other code;
    /// those count that mention the entry point and are one complete statement as far as quotes, brackets and line ends tell.
    ///
    /// - Parameter prompt: what the text continues; where that ends in `assert `, the text begins with an assertion.
    public static func assertions(in text: String, continuing prompt: String, entryPoint: String) -> [String] {
        let keyword = "assert "
        let whole = (prompt.hasSuffix(keyword) ? keyword : "") + text
        var found: [String] = []
        for part in whole.components(separatedBy: keyword).dropFirst() where part.contains(entryPoint) {
            var end = part.endIndex
            for stop in stops {
                if let range = part.range(of: stop, options: .literal), range.lowerBound < end {
                    end = range.lowerBound
                }
            }
            // Models begin the expression on a line of its own, too.
            let statement = keyword + part[..<end].trimmingCharacters(in: .whitespacesAndNewlines)
            if statement.contains(entryPoint), isStatement(statement) { found.append(statement) }
        }
        return found
    }

    /// Whether the text is one logical line that does not end in the middle of an expression.
    private static func isStatement(_ text: String) -> Bool {
        let scan = PythonScan(text)
        guard scan.isWellFormed, scan.lines.count == 1, let line = scan.lines.first else { return false }
        let last = Array(text.utf8)[line.code].last
        return !line.opensBlock && last.map { !"=<>!+-*/%,&|^~.@\\".utf8.contains($0) } ?? false
    }
}

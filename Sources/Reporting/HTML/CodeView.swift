// SPDX-License-Identifier: Apache-2.0

/// A program with its line numbers, which are not part of what is copied.
struct CodeView {
    let program: String

    var markup: Markup {
        let numbers = (1..<Self.lineCount(of: program) + 1).map(String.init).joined(separator: "\n")
        return tag("div", ["class": "code", "role": "region", "aria-label": "Program", "tabindex": "0"]) {
            tag("pre", ["class": "gutter", "aria-hidden": "true"], numbers)
            tag("pre", ["dir": "ltr"]) { tag("code", program) }
        }
    }

    /// How many lines the page shows: a line feed ends one, and the last needs none.
    static func lineCount(of program: String) -> Int {
        let ends = program.utf8.count { $0 == UInt8(ascii: "\n") }
        return max(1, program.utf8.last == UInt8(ascii: "\n") ? ends : ends + 1)
    }
}

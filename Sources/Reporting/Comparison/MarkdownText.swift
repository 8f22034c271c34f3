// SPDX-License-Identifier: Apache-2.0

/// Text from outside in GitHub's and GitLab's Markdown: shown as it is, never read as markup, a mention or a link.
enum MarkdownText {
    private static let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./+ ")

    /// A name as code. Plain names stand between backticks; others between tags, because a backtick or a pipe would end the code or the cell.
    static func code(_ name: String) -> String {
        if !name.isEmpty, name.allSatisfy({ plain.contains($0) }), name.first != " ", name.last != " " {
            return "`\(name)`"
        }
        return "<code>\(escaped(name))</code>"
    }

    /// Every character that means something as a reference to it; white space and what cannot be seen as one space.
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", " ", "-", ".", ",", ";", "(", ")", "%", "=", "/", "→", "+", "'", ":":
                result.unicodeScalars.append(scalar)
            default:
                switch scalar.properties.generalCategory {
                case .control, .lineSeparator, .paragraphSeparator, .spaceSeparator: result += " "
                case .format, .privateUse, .surrogate, .unassigned: result += "\u{FFFD}"
                case _ where scalar.isASCII: result += "&#\(scalar.value);"
                default: result.unicodeScalars.append(scalar)
                }
            }
        }
        // No address may become a link.
        return result.replacing("://", with: "&#58;//").replacing("www.", with: "www&#46;")
    }

    static func table(_ head: [String], _ rows: [[String]], left: Int = 1) -> [String] {
        let rule = head.indices.map { $0 < left ? "---" : "---:" }
        return ([head, rule] + rows).map { "| " + $0.joined(separator: " | ") + " |" }
    }

    /// Lines that open on a click.
    static func details(_ summary: String, _ lines: [String]) -> [String] {
        ["<details>", "<summary>\(summary)</summary>", ""] + lines + ["", "</details>", ""]
    }
}

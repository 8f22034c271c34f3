// SPDX-License-Identifier: Apache-2.0
import Foundation

/// An API key from the environment. It goes into the request's header and nowhere else: not into descriptions, errors, files or fingerprints.
struct Credential: Sendable, CustomStringConvertible, CustomReflectable {
    /// The environment variable's name.
    let variable: String
    private let key: String?

    init(variable: String?, environment: [String: String]) {
        self.variable = variable ?? "OPENAI_API_KEY"
        let value = environment[self.variable]?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
        key = value.isEmpty ? nil : value
    }

    var isPresent: Bool { key != nil }
    var header: [String: String] { key.map { ["Authorization": "Bearer \($0)"] } ?? [:] }

    var description: String { "the key in \(variable)" }
    var customMirror: Mirror { Mirror(self, children: ["variable": variable]) }

    /// `text` without the key: servers repeat it in their messages.
    func redacted(_ text: String) -> String {
        guard let key else { return text }
        return text.replacingOccurrences(of: key, with: "[API key]")
    }
}

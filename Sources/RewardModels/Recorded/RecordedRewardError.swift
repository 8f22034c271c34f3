// SPDX-License-Identifier: Apache-2.0

/// A mistake in a file of recorded rewards.
public struct RecordedRewardError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The file's path as the user gave it.
    public var file: String
    /// The line, from 1; nil when the error concerns the whole file.
    public var line: Int?
    public var field: String?
    /// A full sentence.
    public var message: String

    public init(file: String, line: Int? = nil, field: String? = nil, message: String) {
        self.file = file
        self.line = line
        self.field = field
        self.message = message
    }

    /// `file:line: field 'x': message`.
    public var description: String {
        var text = file
        if let line { text += ":\(line)" }
        if let field { text += ": field '\(field)'" }
        return "\(text): \(message)"
    }
}

// SPDX-License-Identifier: Apache-2.0

/// Why a report could not be written.
public struct ReportError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: String, Sendable, Hashable {
        /// libxml2 refused to write, as when memory is short.
        case xmlWriter
        /// A file of published results cannot be used.
        case publishedFile
        /// A report's file cannot be written.
        case unwritable
    }

    public var code: Code
    /// A full sentence: what and where.
    public var message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}

// SPDX-License-Identifier: Apache-2.0
public import Datasets

/// Input that cannot be used: every mistake that was found, one line each.
public struct InputErrors: Error, Sendable, CustomStringConvertible {
    public var mistakes: DataErrorList

    public init(_ mistakes: DataErrorList) { self.mistakes = mistakes }

    public var description: String {
        mistakes.count == 1 ? mistakes.description : "\(mistakes.count) mistakes in the input:\n\(mistakes)"
    }
}

// SPDX-License-Identifier: Apache-2.0

/// The mistakes found while reading: the first ones, and how many there are in all. One bad row does not hide the others.
public struct DataErrorList: Error, Sendable, Hashable, CustomStringConvertible {
    /// How many mistakes are kept in full.
    public static let capacity = 20

    /// The first mistakes, in the order in which they were found.
    public private(set) var errors: [DataError] = []
    /// How many mistakes were found.
    public private(set) var count = 0

    public init() {}

    public var isEmpty: Bool { count == 0 }
    /// How many mistakes `errors` does not list.
    public var omitted: Int { count - errors.count }

    public mutating func append(_ error: DataError) {
        count += 1
        if errors.count < Self.capacity { errors.append(error) }
    }

    /// Adds all mistakes of another list.
    public mutating func append(contentsOf other: DataErrorList) {
        for error in other.errors { append(error) }
        count += other.omitted
    }

    /// One line per mistake.
    public var description: String {
        errors.map(\.description).joined(separator: "\n") + (omitted > 0 ? "\n… and \(omitted) more." : "")
    }
}

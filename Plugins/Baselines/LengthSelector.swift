// SPDX-License-Identifier: Apache-2.0
public import SelectorKit

/// The shortest or the longest program: length is a strong baseline that every reward model must beat.
public struct LengthSelector: CandidateScorer {
    public enum Direction: String, Codable, Sendable { case shortest, longest }
    public enum Unit: String, Codable, Sendable { case characters, lines }

    public let direction: Direction
    public let unit: Unit

    public init(_ direction: Direction, unit: Unit = .characters) {
        self.direction = direction
        self.unit = unit
    }

    public var descriptor: SelectorDescriptor {
        SelectorDescriptor(
            name: direction.rawValue, version: 1, scope: .candidate,
            summary: "the \(direction.rawValue) program, blank ones last")
    }

    public func score(_ candidate: Candidate, of problem: Problem, in context: SelectionContext) async throws
        -> CandidateScore
    {
        guard !candidate.isBlank else { return .rejected(reason: "blank program") }
        let length =
            switch unit {
            case .characters: candidate.program.unicodeScalars.count
            case .lines: candidate.program.utf8.reduce(into: 1) { if $1 == UInt8(ascii: "\n") { $0 += 1 } }
            }
        return .value(direction == .shortest ? -Double(length) : Double(length))
    }
}

/// What length is counted in.
public struct LengthOptions: Codable, Sendable {
    public var unit: LengthSelector.Unit
}

public enum ShortestPlugin: SelectorPlugin {
    public static let name = "shortest"
    public static let summary = "the shortest program"
    public static let defaultOptions = LengthOptions(unit: .characters)
    public static func makeSelector(options: LengthOptions) -> any Selector {
        LengthSelector(.shortest, unit: options.unit)
    }
}

public enum LongestPlugin: SelectorPlugin {
    public static let name = "longest"
    public static let summary = "the longest program"
    public static let defaultOptions = LengthOptions(unit: .characters)
    public static func makeSelector(options: LengthOptions) -> any Selector {
        LengthSelector(.longest, unit: options.unit)
    }
}

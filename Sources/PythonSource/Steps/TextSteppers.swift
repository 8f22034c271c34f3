// SPDX-License-Identifier: Apache-2.0

/// One step per line, by Skywork-o1-Open-PRM's rule: the text is split at `\n`, so blank lines are steps, and a final line end is followed by an empty step.
public struct LineStepper: Stepper {
    public var limits: StepLimits

    public init(limits: StepLimits = StepLimits()) { self.limits = limits }

    public var name: String { "line" }
    public var options: String { "\(limits)" }

    public func steps(of text: String) -> Steps {
        var cuts = StepCuts()
        var copy = text
        copy.withUTF8 { bytes in
            var line = 1
            for (index, byte) in bytes.enumerated() where byte == 0x0a {
                cuts.cuts.append(.init(end: index + 1, kind: .line, name: nil, lines: line...line))
                line += 1
            }
            cuts.cuts.append(.init(end: bytes.count, kind: .line, name: nil, lines: line...line))
        }
        return cuts.steps(of: text, limits: limits)
    }
}

/// Steps that end before blank lines; a blank line inside a string ends none. Blank lines begin the step that follows them.
public struct ParagraphStepper: Stepper {
    public var limits: StepLimits

    public init(limits: StepLimits = StepLimits()) { self.limits = limits }

    public var name: String { "paragraph" }
    public var options: String { "\(limits)" }

    public func steps(of text: String) -> Steps {
        var cuts = StepCuts()
        var copy = text
        let isWellFormed = copy.withUTF8 { bytes in
            let scan = PythonScan(bytes)
            var strings = scan.multilineStrings[...]
            var start = 0
            var line = 0
            var isAfterBlank = true
            LineEnds.forEach(in: bytes) { end in
                line += 1
                defer { start = end }
                while let first = strings.first, first.upperBound <= start { strings.removeFirst() }
                let isInString = strings.first.map { $0.lowerBound < start } ?? false
                let isBlank = !isInString && bytes[start..<end].allSatisfy { " \t\u{c}\r\n".utf8.contains($0) }
                if isBlank {
                    isAfterBlank = true
                } else if isAfterBlank || cuts.cuts.isEmpty {
                    cuts.cuts.append(.init(end: end, kind: .paragraph, name: nil, lines: line...line))
                    isAfterBlank = false
                } else {
                    let last = cuts.cuts.count - 1
                    cuts.cuts[last].end = end
                    cuts.cuts[last].lines = cuts.cuts[last].lines.lowerBound...line
                }
            }
            return scan.isWellFormed
        }
        return cuts.steps(of: text, isWellFormed: isWellFormed, limits: limits)
    }
}

/// The whole program as one step: for outcome reward models.
public struct ProgramStepper: Stepper {
    public init() {}

    public var name: String { "whole" }
    public var options: String { "" }

    public func steps(of text: String) -> Steps { StepCuts().steps(of: text, limits: StepLimits()) }
}

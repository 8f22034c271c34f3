// SPDX-License-Identifier: Apache-2.0

/// Bounds on steps, for every stepper.
public struct StepLimits: Sendable, Hashable, CustomStringConvertible {
    /// A step with fewer physical lines joins the one after it; the last one joins the one before.
    public var minimumLines: Int
    /// With more steps than this, those at the end become one; nil for any number.
    public var maximumSteps: Int?

    public init(minimumLines: Int = 1, maximumSteps: Int? = nil) {
        self.minimumLines = minimumLines
        self.maximumSteps = maximumSteps
    }

    public var description: String {
        "minimumLines=\(minimumLines) maximumSteps=\(maximumSteps.map(String.init) ?? "any")"
    }
}

/// Places where a text is cut, and what ends there.
struct StepCuts {
    struct Cut {
        /// Behind the last byte of the step.
        var end: Int
        var kind: Step.Kind
        var name: String?
        var lines: ClosedRange<Int>
    }

    /// In ascending order of `end`, no two alike.
    var cuts: [Cut] = []

    /// The steps of a text: what follows the last cut belongs to the last step.
    func steps(of text: String, isWellFormed: Bool = true, limits: StepLimits) -> Steps {
        if text.allSatisfy(\.isWhitespace) { return Steps(text: text, steps: [], isWellFormed: isWellFormed) }
        var cuts = cuts
        let count = text.utf8.count
        if cuts.isEmpty {
            cuts = [Cut(end: count, kind: .program, name: nil, lines: 1...max(1, LineEnds.count(in: text)))]
        }
        cuts[cuts.count - 1].end = count
        var steps: [Step] = []
        var start = 0
        for cut in cuts {
            steps.append(Step(kind: cut.kind, name: cut.name, bytes: start..<cut.end, lines: cut.lines))
            start = cut.end
        }
        if limits.minimumLines > 1 { steps = Self.joinShort(steps, in: text, minimum: limits.minimumLines) }
        if let most = limits.maximumSteps, most > 0, steps.count > most {
            steps[(most - 1)...] = [Self.joined(steps[(most - 1)...])]
        }
        return Steps(text: text, steps: steps, isWellFormed: isWellFormed)
    }

    /// The steps as one, under the name of the last.
    private static func joined(_ steps: ArraySlice<Step>) -> Step {
        var joined = steps[steps.endIndex - 1]
        let first = steps[steps.startIndex]
        joined.bytes = first.bytes.lowerBound..<joined.bytes.upperBound
        joined.lines = min(first.lines.lowerBound, joined.lines.lowerBound)...joined.lines.upperBound
        return joined
    }

    private static func joinShort(_ steps: [Step], in text: String, minimum: Int) -> [Step] {
        var result: [Step] = []
        var waiting: [Step] = []
        var lines = 0
        for step in steps {
            waiting.append(step)
            lines += LineEnds.count(in: text, step.bytes)
            guard lines >= minimum else { continue }
            result.append(joined(waiting[...]))
            (waiting, lines) = ([], 0)
        }
        guard !waiting.isEmpty else { return result }
        if let last = result.popLast() { waiting.insert(last, at: 0) }
        result.append(joined(waiting[...]))
        return result
    }
}

/// Physical lines: they end in `\n`, `\r\n` or `\r`, and text behind the last line end counts as one.
enum LineEnds {
    static func count(in text: String, _ range: Range<Int>? = nil) -> Int {
        var text = text
        return text.withUTF8 { bytes in
            let range = range ?? 0..<bytes.count
            var count = 0
            forEach(in: UnsafeBufferPointer(rebasing: bytes[range])) { _ in count += 1 }
            return count
        }
    }

    /// Calls `body` with the place behind each line's end.
    static func forEach(in bytes: UnsafeBufferPointer<UInt8>, _ body: (Int) -> Void) {
        var at = 0
        var isOpen = false
        while at < bytes.count {
            let byte = bytes[at]
            at += 1
            isOpen = true
            guard byte == 0x0a || byte == 0x0d else { continue }
            if byte == 0x0d, at < bytes.count, bytes[at] == 0x0a { at += 1 }
            isOpen = false
            body(at)
        }
        if isOpen { body(at) }
    }
}

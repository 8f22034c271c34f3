// SPDX-License-Identifier: Apache-2.0

/// LiveCodeBench's comparison of standard output: line by line, each stripped, equal as text or as lists of exact decimals.
package enum OutputComparison {
    package enum Result: Sendable, Equatable {
        case equal
        case different(String)
        /// The official comparison raises: a signalling NaN among the numbers.
        case undefined
    }

    package static func compare(produced: String, expected: String) -> Result {
        // A signalling NaN equals itself as text, so equal texts need no closer look.
        if produced.utf8.elementsEqual(expected.utf8) { return .equal }
        let produced = lines(produced)
        let expected = lines(expected)
        guard produced.count == expected.count else { return .different("mismatched output length") }
        for (index, (left, right)) in zip(produced, expected).enumerated() {
            if left.elementsEqual(right) { continue }
            guard let numbers = decimals(left), let expectedNumbers = decimals(right),
                numbers.count == expectedNumbers.count
            else {
                return .different(difference(index, left, right))
            }
            for (number, expectedNumber) in zip(numbers, expectedNumbers) {
                switch number.equals(expectedNumber) {
                case true?: continue
                case false?: return .different(difference(index, left, right))
                case nil: return .undefined
                }
            }
        }
        return .equal
    }

    /// A text that two outputs share exactly where `compare` calls them equal, signalling NaNs aside.
    package static func canonical(_ output: String) -> String {
        lines(output).map { line in
            guard let numbers = decimals(line) else { return String(String.UnicodeScalarView(line)) }
            return numbers.map(\.canonicalText).joined(separator: " ")
        }.joined(separator: "\n")
    }

    private static func difference(_ line: Int, _ left: Line, _ right: Line) -> String {
        "line \(line + 1): \(shortened(left)) instead of \(shortened(right))"
    }

    private static func shortened(_ line: Line) -> String {
        let text = String(String.UnicodeScalarView(line.prefix(60)))
        return "'\(text)\(line.count > 60 ? "…" : "")'"
    }

    private typealias Line = Substring.UnicodeScalarView

    private static func lines(_ text: String) -> [Line] {
        stripped(Substring(text).unicodeScalars).split(separator: "\n", omittingEmptySubsequences: false).map {
            stripped($0)
        }
    }

    private static func stripped(_ text: Line) -> Line {
        guard let first = text.firstIndex(where: { !isPythonSpace($0) }),
            let last = text.lastIndex(where: { !isPythonSpace($0) })
        else { return text[text.endIndex...] }
        return text[first...last]
    }

    private static func decimals(_ line: Line) -> [PythonDecimal]? {
        var numbers: [PythonDecimal] = []
        for word in line.split(whereSeparator: isPythonSpace) {
            guard let number = PythonDecimal(Substring(word)) else { return nil }
            numbers.append(number)
        }
        return numbers
    }

    /// What `str.strip()` and `str.split()` take for white space.
    static func isPythonSpace(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: true
        default: false
        }
    }
}

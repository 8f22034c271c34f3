// SPDX-License-Identifier: Apache-2.0

/// The program without what does not change its meaning: comments, blank lines, docstrings, blanks at line ends. Lines end in `\n`.
///
/// Two programs with the same result differ in nothing else. A docstring that is all of its block becomes `pass`. Of a text that
/// is not well formed, where comments and strings cannot be told apart with certainty, only blank lines and blanks at line ends go.
public func normalised(_ program: String) -> String {
    var program = program
    return program.withUTF8 { bytes in
        let scan = PythonScan(bytes)
        var writer = NormalisedWriter(bytes, scan)
        return writer.write()
    }
}

private struct NormalisedWriter {
    private let bytes: UnsafeBufferPointer<UInt8>
    private let scan: PythonScan
    private var output: [UInt8] = []
    private var comments: ArraySlice<Range<Int>>
    private var strings: ArraySlice<Range<Int>>

    init(_ bytes: UnsafeBufferPointer<UInt8>, _ scan: PythonScan) {
        self.bytes = bytes
        self.scan = scan
        comments = scan.comments[...]
        strings = scan.multilineStrings[...]
        output.reserveCapacity(bytes.count)
    }

    mutating func write() -> String {
        if scan.isWellFormed { writeLogicalLines() } else { writePhysicalLines(0..<bytes.count) }
        return String(decoding: output, as: UTF8.self)
    }

    private mutating func writeLogicalLines() {
        // Texts behind a docstring have no effect either; without them the docstring would be gone and the next text take its place.
        var isDocstringDue = true
        for (index, line) in scan.lines.enumerated() {
            if line.isText, isDocstringDue {
                if isWholeBlock(at: index) {
                    output += bytes[line.bytes.lowerBound..<line.code.lowerBound]
                    output += Array("pass\n".utf8)
                }
                continue
            }
            isDocstringDue = line.opensBlock && (line.kind == .function || line.kind == .classDefinition)
            if line.lines.count == 1 {
                output += bytes[line.bytes.lowerBound..<line.code.upperBound]
                output.append(0x0a)
            } else {
                // Not to the line's end, where a backslash before a comment would join the next line on.
                writePhysicalLines(line.bytes.lowerBound..<line.code.upperBound)
            }
        }
    }

    private func isWholeBlock(at index: Int) -> Bool {
        let depth = scan.lines[index].depth
        return depth > 0 && (index + 1 == scan.lines.count || scan.lines[index + 1].depth < depth)
    }

    /// Physical lines without comments and blanks at their ends; lines that end inside a string as they are. In a text that is not well formed
    /// comments stay.
    private mutating func writePhysicalLines(_ range: Range<Int>) {
        var start = range.lowerBound
        while start < range.upperBound {
            var end = start
            while end < range.upperBound, bytes[end] != 0x0a, bytes[end] != 0x0d { end += 1 }
            if isInsideString(end) {
                output += bytes[start..<end]
                output.append(0x0a)
            } else {
                var last = scan.isWellFormed ? commentStart(in: start..<end) ?? end : end
                while last > start, isBlank(bytes[last - 1]) { last -= 1 }
                if last > start {
                    output += bytes[start..<last]
                    output.append(0x0a)
                }
            }
            start = end + 1
            if end + 1 < range.upperBound, bytes[end] == 0x0d, bytes[end + 1] == 0x0a { start += 1 }
        }
    }

    private mutating func isInsideString(_ position: Int) -> Bool {
        guard scan.isWellFormed else { return false }
        while let first = strings.first, first.upperBound <= position { strings.removeFirst() }
        return strings.first?.contains(position) ?? false
    }

    private mutating func commentStart(in line: Range<Int>) -> Int? {
        while let first = comments.first, first.lowerBound < line.lowerBound { comments.removeFirst() }
        guard let first = comments.first, first.lowerBound < line.upperBound else { return nil }
        return first.lowerBound
    }

    private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0c }
}

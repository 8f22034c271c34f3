// SPDX-License-Identifier: Apache-2.0

/// The parameters of a function or lambda.
struct PythonParameters {
    private(set) var names: [String] = []
    /// How many can be given by position, and how many of these have no default.
    private(set) var positional = 0
    private(set) var required = 0
    private(set) var takesMorePositional = false
    private(set) var takesMoreNamed = false
    /// Keyword-only parameters without a default.
    private(set) var requiredNamed: Set<String> = []
    /// Defaults and annotations, which are read outside the function.
    private(set) var expressions: [Range<Int>] = []

    init() {}

    /// A definition's, from its opening bracket on.
    init(_ words: ArraySlice<PythonStatement.Word>) {
        guard let open = words.firstIndex(where: { $0.text == "(" && $0.kind == .mark }) else {
            self.init()
            return
        }
        let level = words[open].brackets + 1
        let close = words[(open + 1)...].firstIndex { $0.text == ")" && $0.brackets < level } ?? words.endIndex
        self.init(words[(open + 1)..<close], level: level)
        // What the function returns.
        if close < words.endIndex { expressions.append((close + 1)..<words.endIndex) }
    }

    /// What stands between the brackets, or between `lambda` and its colon.
    init(_ words: ArraySlice<PythonStatement.Word>, level: Int) {
        var isNamedOnly = false
        for part in words.parts(level: level) {
            guard let first = part.first else { continue }
            switch (first.kind, first.text) {
            case (.mark, "*"):
                isNamedOnly = true
                if let name = part.dropFirst().first, name.kind == .name {
                    names.append(name.text)
                    takesMorePositional = true
                }
            case (.mark, "**"):
                takesMoreNamed = true
                if let name = part.dropFirst().first { names.append(name.text) }
            case (.name, let name):
                names.append(name)
                let hasDefault = part.contains { $0.kind == .mark && $0.text == "=" && $0.brackets == level }
                if isNamedOnly {
                    if !hasDefault { requiredNamed.insert(name) }
                } else {
                    positional += 1
                    if !hasDefault { required += 1 }
                }
            default: break
            }
            if part.count > 1 { expressions.append((part.startIndex + 1)..<part.endIndex) }
        }
        // `*args: int` and `**options` name their parameter behind the mark.
        expressions = expressions.map { range in
            let isStarred = range.lowerBound > words.startIndex && words[range.lowerBound - 1].text.hasPrefix("*")
            return isStarred ? min(range.lowerBound + 1, range.upperBound)..<range.upperBound : range
        }
    }

    /// Whether a call can fit. `leading` parameters, such as `self`, are given otherwise.
    func accepts(_ call: PythonArguments, leading: Int) -> Bool {
        guard !call.isUnpacked else { return true }
        let room = positional - leading
        if call.positional > room, !takesMorePositional { return false }
        let unknown = call.named.subtracting(names)
        if !unknown.isEmpty, !takesMoreNamed { return false }
        if !requiredNamed.subtracting(call.named).isEmpty { return false }
        return call.positional + call.named.intersection(names).count >= required - leading
    }
}

/// The arguments of a call.
struct PythonArguments {
    private(set) var positional = 0
    private(set) var named: Set<String> = []
    /// Whether there are `*` or `**` arguments, so that nothing can be said.
    private(set) var isUnpacked = false

    /// - Parameter words: from the opening bracket on.
    init(_ words: ArraySlice<PythonStatement.Word>) {
        guard let open = words.first else { return }
        let level = open.brackets + 1
        // Calls within calls without end would take time squared.
        guard words.count < 5000,
            let close = words.dropFirst().firstIndex(where: { $0.text == ")" && $0.brackets < level })
        else {
            isUnpacked = true
            return
        }
        for part in words[(words.startIndex + 1)..<close].parts(level: level) {
            guard let first = part.first else { continue }
            if first.kind == .mark, first.text == "*" || first.text == "**" {
                isUnpacked = true
            } else if first.kind == .name, part.dropFirst().first?.text == "=" {
                named.insert(first.text)
            } else {
                positional += 1
            }
        }
    }
}

extension ArraySlice<PythonStatement.Word> {
    /// The parts between commas in brackets of this level; those of lambdas do not count.
    fileprivate func parts(level: Int) -> [ArraySlice] {
        var parts: [ArraySlice] = []
        var start = startIndex
        var lambdas = 0
        for index in indices where self[index].brackets == level {
            let word = self[index]
            if word.kind == .keyword, word.text == "lambda" { lambdas += 1 }
            guard word.kind == .mark else { continue }
            if word.text == ":", lambdas > 0 {
                lambdas -= 1
            } else if word.text == ",", lambdas == 0 {
                parts.append(self[start..<index])
                start = index + 1
            }
        }
        if start < endIndex { parts.append(self[start...]) }
        return parts
    }
}

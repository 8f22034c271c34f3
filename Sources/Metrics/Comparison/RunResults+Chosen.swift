// SPDX-License-Identifier: Apache-2.0

extension RunResults.PoolProblem {
    private enum CodingKeys: String, CodingKey { case id, candidates, verdicts, chosen }

    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        id = try fields.decode(String.self, forKey: .id)
        candidates = try fields.decode(String.self, forKey: .candidates)
        verdicts = try fields.decode(String.self, forKey: .verdicts).map { letter in
            guard let verdict = VerdictLetter(rawValue: letter) else {
                throw DecodingError.dataCorruptedError(
                    forKey: .verdicts, in: fields, debugDescription: "'\(letter)' is not the letter of a verdict")
            }
            return verdict
        }
        let count = verdicts.count
        chosen = try fields.decode([String].self, forKey: .chosen).map { text in
            guard let selected = RunResults.Selected(text, candidates: count) else {
                throw DecodingError.dataCorruptedError(
                    forKey: .chosen, in: fields,
                    debugDescription: "'\(text.prefix(40))' does not name some of the \(count) candidates in order")
            }
            return selected
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(id, forKey: .id)
        try fields.encode(candidates, forKey: .candidates)
        try fields.encode(String(verdicts.map(\.rawValue)), forKey: .verdicts)
        try fields.encode(chosen.map(\.text), forKey: .chosen)
    }
}

extension RunResults.Selected {
    /// The chosen indices with ranges, such as `0-3,6`; `!` where the selector failed; empty where it was not run.
    var text: String {
        switch self {
        case .missing: return ""
        case .failed: return "!"
        case .candidates(let indices):
            var ranges: [ClosedRange<Int>] = []
            for index in indices {
                if let last = ranges.last, last.upperBound + 1 == index {
                    ranges[ranges.count - 1] = last.lowerBound...index
                } else {
                    ranges.append(index...index)
                }
            }
            return ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
                .joined(separator: ",")
        }
    }

    /// - Returns: nil unless the indices ascend and lie below `candidates`.
    init?(_ text: String, candidates: Int) {
        if text.isEmpty {
            self = .missing
            return
        }
        if text == "!" {
            self = .failed
            return
        }
        var indices: [Int] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
            guard ends.count <= 2, let first = ends.first ?? nil, let last = ends.last ?? nil, first <= last,
                first >= 0,
                last < candidates, indices.last.map({ $0 < first }) ?? true
            else { return nil }
            indices += Array(first...last)
        }
        self = .candidates(indices)
    }
}

// SPDX-License-Identifier: Apache-2.0

/// A token that is found in text as it stands, before the rest is encoded.
struct AddedToken: Sendable {
    var id: Int
    var content: [UInt8]
    /// A control token: skipped on request by decoding, and plain text where special tokens are not wanted.
    var isSpecial: Bool
    /// Whether it is looked for after normalisation (and normalised itself) rather than before.
    var isNormalized: Bool
}

/// Finds added tokens: the leftmost first, of those that begin together the longest, never two that overlap.
struct AddedTokenMatcher: Sendable {
    /// A range of the text: an added token, or what lies between.
    struct Segment {
        var range: Range<Int>
        var token: Int?
    }

    /// By first byte, longest first.
    private var tokens: [[AddedToken]] = Array(repeating: [], count: 256)
    private(set) var isEmpty = true

    /// - Parameter list: Tokens whose contents are not empty and differ.
    init(_ list: [AddedToken]) {
        for token in list.sorted(by: { $0.content.count > $1.content.count }) {
            guard let first = token.content.first else { continue }
            tokens[Int(first)].append(token)
            isEmpty = false
        }
    }

    /// - Parameter specialTokens: If false, special tokens are passed over as a whole and stay text, as the reference library does it: another
    ///   token within one is not found either.
    func segments(of text: UnsafeBufferPointer<UInt8>, specialTokens: Bool) -> [Segment] {
        var segments: [Segment] = []
        var start = 0
        var position = 0
        while !isEmpty, position < text.count {
            guard let token = token(at: position, of: text) else {
                position += 1
                continue
            }
            let end = position + token.content.count
            if specialTokens || !token.isSpecial {
                if start < position { segments.append(Segment(range: start..<position, token: nil)) }
                segments.append(Segment(range: position..<end, token: token.id))
                start = end
            }
            position = end
        }
        if start < text.count { segments.append(Segment(range: start..<text.count, token: nil)) }
        return segments
    }

    private func token(at position: Int, of text: UnsafeBufferPointer<UInt8>) -> AddedToken? {
        let candidates = tokens[Int(text[position])]
        if candidates.isEmpty { return nil }
        let rest = text[position...]
        return candidates.first { rest.starts(with: $0.content) }
    }
}

// SPDX-License-Identifier: Apache-2.0

/// Leaves out the middle of a problem that is too long for a model: the task stands at the beginning, the examples at the end.
public enum ProblemShortening {
    /// How much of the statement stays after each refusal.
    public static let share = 0.7
    /// Less than this is no statement any more.
    public static let fewestCharacters = 200

    /// The statement with about `share` of its characters; nil where too little would be left.
    ///
    /// - Parameter kept: how many characters of the statement the last attempt kept.
    public static func shorten(_ statement: String, kept: Int) -> (text: String, kept: Int)? {
        let next = Int(Double(kept) * share)
        guard next >= fewestCharacters else { return nil }
        let head = next * 2 / 3
        return (statement.prefix(head) + "\n[…]\n" + statement.suffix(next - head), next)
    }
}

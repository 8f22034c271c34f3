// SPDX-License-Identifier: Apache-2.0
public import RunStore
public import Training

/// What drawing Monte Carlo rewards gave.
public struct RolloutResult: Sendable {
    /// Why prefixes were not completed.
    public struct Refusal: Sendable, Hashable {
        public var message: String
        public var prefixes: Int
    }

    /// The rewards of all prefixes that have all their completions and verdicts.
    public var file: RolloutFile
    /// Whose prefixes these are; nil for all problems'.
    public var part: ShardPart?
    /// What is to be kept beside a shard's file, for merging.
    public var made: RunParts.Part?
    /// Prefixes that lack completions, because requests failed. The same call asks again.
    public var unansweredPrefixes: Int
    public var refusals: [Refusal]
    /// Prefixes with completions whose execution failed by no fault of theirs. The same call tries again.
    public var unexecutedPrefixes: Int
    /// What language models' completions were like; all zero for a policy that is known exactly.
    public var tally: CompletionTally

    /// Why the file lacks prefixes, in full sentences; nil where it lacks none.
    public var shortcomings: String? {
        var sentences: [String] = []
        if unansweredPrefixes > 0 {
            sentences.append("\(unansweredPrefixes) prefixes are left out, because not all of their completions came.")
            sentences += refusals.prefix(3).map { "\($0.message) (\($0.prefixes) times)" }
        }
        if unexecutedPrefixes > 0 {
            sentences.append(
                "\(unexecutedPrefixes) prefixes are left out, because executing their completions failed by no fault of theirs."
            )
        }
        return sentences.isEmpty ? nil : sentences.joined(separator: " ") + " Run the command again."
    }
}

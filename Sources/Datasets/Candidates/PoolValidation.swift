// SPDX-License-Identifier: Apache-2.0
import SelectorKit

/// How well a pool fits its problems.
public struct PoolValidation: Sendable, Hashable {
    /// Some problems: how many, and the first few.
    public struct Problems: Sendable, Hashable {
        public var count: Int
        /// At most five, sorted.
        public var examples: [String]

        init(_ ids: some Sequence<String>) {
            let sorted = ids.sorted()
            count = sorted.count
            examples = Array(sorted.prefix(5))
        }
    }

    /// Ids of candidates that no problem file has.
    public var unknown: Problems
    /// Problems without any candidate.
    public var missing: Problems
    /// How many problems have so many candidates: one entry where all problems have the same number.
    public var problemsByCount: [Int: Int]
    /// How many candidates have a program of nothing but white space.
    public var blank: Int
    /// How many candidates bring a verdict.
    public var withVerdict: Int
    public var candidates: Int

    /// What forbids to use the pool; each a full sentence.
    public var refusals: [String] {
        var texts: [String] = []
        if unknown.count > 0 {
            texts.append(
                "\(counted(unknown)) of the candidates \(unknown.count == 1 ? "is" : "are") in no problem file: \(listed(unknown)). "
                    + "Is this the pool of another benchmark, or is a problem file missing?")
        }
        if candidates == 0 { texts.append("The pool has no candidate for any of the problems.") }
        return texts
    }

    /// What deserves a word; each a full sentence.
    public var warnings: [String] {
        var texts: [String] = []
        if candidates > 0, missing.count > 0 {
            texts.append("\(counted(missing)) \(missing.count == 1 ? "has" : "have") no candidate: \(listed(missing)).")
        }
        if problemsByCount.count > 1, let least = problemsByCount.keys.min(), let most = problemsByCount.keys.max() {
            texts.append("Problems have different numbers of candidates: from \(least) to \(most).")
        }
        if blank > 0 { texts.append("\(blank) of \(candidates) candidates are blank: nothing could be extracted.") }
        return texts
    }

    private func counted(_ problems: Problems) -> String {
        problems.count == 1 ? "1 problem" : "\(problems.count) problems"
    }

    private func listed(_ problems: Problems) -> String {
        problems.examples.joined(separator: ", ") + (problems.count > problems.examples.count ? ", …" : "")
    }
}

extension CandidateSet {
    /// Compares the pool with the problems that take part.
    public func validation(against problems: ProblemIndex) -> PoolValidation {
        var counts: [String: Int] = [:]
        for candidate in candidates { counts[candidate.problemID, default: 0] += 1 }
        var problemsByCount: [Int: Int] = [:]
        for count in counts.values { problemsByCount[count, default: 0] += 1 }
        return PoolValidation(
            unknown: .init(unknown.keys), missing: .init(problems.ids.lazy.filter { counts[$0] == nil }),
            problemsByCount: problemsByCount, blank: candidates.count { $0.candidate.isBlank },
            withVerdict: candidates.count { $0.importedVerdict != nil }, candidates: candidates.count)
    }
}

// SPDX-License-Identifier: Apache-2.0
import ContentHash
import SelectorKit

extension CandidateSet {
    /// Identifies the candidates: problem, model, sample, graded program and token statistics of each, in any order of files. Imported verdicts
    /// do not count.
    public var hash: String {
        var hash = ContentHash()
        hash.add("pool")
        for loaded in candidates {
            hash.add(loaded.problemID)
            hash.add(loaded.candidate.id.model)
            hash.add(String(loaded.candidate.id.sample))
            hash.add(loaded.gradedProgram)
            hash.add(loaded.candidate.tokens?.fingerprint ?? "")
        }
        return hash.hexDigest()
    }
}

extension TokenStatistics {
    fileprivate var fingerprint: String {
        func text(_ value: (some Any)?) -> String { value.map { "\($0)" } ?? "-" }
        return "\(count) \(text(sumLogProb)) \(text(selfCertainty)) \(text(k)) \(text(exact))"
    }
}

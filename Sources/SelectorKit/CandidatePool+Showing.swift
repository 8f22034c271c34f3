// SPDX-License-Identifier: Apache-2.0

extension CandidatePool {
    /// The pool with only that data which `requirements` declare: what the harness hands to a selector.
    public func showing(_ requirements: Set<SelectorDescriptor.Requirement>) -> CandidatePool {
        guard !requirements.contains(.tokenStatistics) else { return self }
        var pool = self
        for index in pool.candidates.indices { pool.candidates[index].tokens = nil }
        return pool
    }
}

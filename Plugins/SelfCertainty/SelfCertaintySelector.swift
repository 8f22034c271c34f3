// SPDX-License-Identifier: Apache-2.0
public import SelectorKit

/// Self-certainty from what the pool recorded of its model's token distributions.
public struct SelfCertaintySelector: CandidateScorer {
    public enum Source: String, Codable, Sendable, CaseIterable {
        /// Computed from the whole vocabulary.
        case exact
        /// Computed from the k likeliest tokens, the same k for all candidates. Comparable within a problem only.
        case approximate
    }

    public struct Options: Codable, Sendable, Hashable {
        public var source = Source.exact

        public init() {}
    }

    private let source: Source

    public init(_ options: Options = Options()) { source = options.source }

    public var descriptor: SelectorDescriptor {
        SelectorDescriptor(
            name: SelfCertaintyPlugin.name, version: 1, scope: .candidate, requirements: [.tokenStatistics],
            summary: SelfCertaintyPlugin.summary)
    }

    public func score(_ pool: CandidatePool, in context: SelectionContext) async throws -> [CandidateScore] {
        if source == .approximate {
            // Different k are different measures.
            let depths = Set(pool.candidates.filter { !$0.isBlank }.compactMap(\.tokens?.k))
            guard depths.count <= 1 else {
                throw SelectorError(
                    .missingData,
                    "Pool '\(pool.name)', problem '\(pool.problem.id)': self-certainty was computed from different numbers of tokens (k = "
                        + "\(depths.sorted().map(String.init).joined(separator: ", "))), which cannot be compared.")
            }
        }
        var scores: [CandidateScore] = []
        for candidate in pool.candidates {
            guard !candidate.isBlank else {
                scores.append(.rejected(reason: "blank program"))
                continue
            }
            scores.append(.value(try certainty(of: candidate, in: "pool '\(pool.name)', problem '\(pool.problem.id)'")))
        }
        return scores
    }

    public func score(
        _ candidate: Candidate, of problem: Problem, in context: SelectionContext
    ) async throws -> CandidateScore {
        guard !candidate.isBlank else { return .rejected(reason: "blank program") }
        return .value(try certainty(of: candidate, in: "problem '\(problem.id)'"))
    }

    private func certainty(of candidate: Candidate, in place: String) throws -> Double {
        guard let tokens = candidate.tokens, let value = tokens.selfCertainty, value.isFinite else {
            throw SelectorError(
                .missingData,
                "Candidate \(candidate.id) of \(place) has no self-certainty. The pool's file must give 'tokens': {\"count\", \"selfCertainty\", \"exact\"}; "
                    + "'self-certainty-proxy' needs no such statistics.")
        }
        let isExact = tokens.exact == true
        guard isExact == (source == .exact) else {
            throw SelectorError(
                .missingData,
                isExact
                    ? "Candidate \(candidate.id) of \(place) has an exact self-certainty, but the option 'source' is 'approximate'. The two are never mixed: use 'source: exact'."
                    : "Candidate \(candidate.id) of \(place) has an approximate self-certainty\(tokens.k.map { " (from \($0) tokens)" } ?? ""), but the option 'source' is "
                        + "'exact'. The two are never mixed: use 'source: approximate', whose scores compare within a problem only."
            )
        }
        return value
    }
}

public enum SelfCertaintyPlugin: SelectorPlugin {
    public static let name = "self-certainty"
    public static let summary = "mean certainty of the model's own token distributions"
    public static let defaultOptions = SelfCertaintySelector.Options()
    public static func makeSelector(options: SelfCertaintySelector.Options) -> any Selector {
        SelfCertaintySelector(options)
    }
}

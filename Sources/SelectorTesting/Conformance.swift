// SPDX-License-Identifier: Apache-2.0
public import SelectorKit

/// One requirement of `Selector` that an implementation breaks.
public struct ConformanceFailure: Sendable, Hashable, CustomStringConvertible {
    public enum Requirement: String, Sendable, Hashable {
        case scoreCount = "one score per candidate"
        case finiteScores = "finite scores"
        case determinism = "the same scores for the same pool and seed"
        case candidateScope = "scores that do not depend on the rest of the pool (scope: candidate)"
        case anyPool = "scores for any pool: blank, tiny, huge and odd programs"
        case descriptor = "a usable descriptor"
    }

    public var requirement: Requirement
    /// What was seen, with the pool that showed it.
    public var detail: String

    public var description: String { "The selector must give \(requirement.rawValue): \(detail)" }
}

/// Checks everything that `Selector` asks of an implementation which can be checked from outside.
///
/// A selector's own test is one line: `#expect(await checkConformance(of: MySelector()).isEmpty)`.
///
/// - Parameters:
///   - services: what the experiment would provide (models, public tests); selectors that declare requirements need them here.
///   - pools: pools to check on; by default a few that real data resembles, with token statistics.
/// - Returns: the requirements that the selector breaks; empty when it conforms.
public func checkConformance(
    of selector: any Selector, services: SelectionContext.Services = .init(), pools: [CandidatePool] = ExamplePools.all
) async -> [ConformanceFailure] {
    let descriptor = selector.descriptor
    var failures: [ConformanceFailure] = []
    if descriptor.name.isEmpty || descriptor.name.contains(where: { $0.isWhitespace || $0 == "/" }) {
        failures.append(
            .init(requirement: .descriptor, detail: "the name '\(descriptor.name)' is empty or has blanks or slashes"))
    }
    if descriptor != selector.descriptor {
        failures.append(.init(requirement: .descriptor, detail: "the descriptor changes from call to call"))
    }
    for pool in pools {
        func scores(_ pool: CandidatePool) async throws -> [CandidateScore] {
            let context = SelectionContext(for: descriptor, seed: 7, services: services)
            return try await selector.score(pool.showing(descriptor.requirements), in: context)
        }
        do {
            let first = try await scores(pool)
            if first.count != pool.candidates.count {
                failures.append(
                    .init(
                        requirement: .scoreCount,
                        detail:
                            "\(first.count) scores for the \(pool.candidates.count) candidates of pool '\(pool.name)'"))
                continue
            }
            if let bad = first.firstIndex(where: { !$0.isUsable }) {
                failures.append(
                    .init(requirement: .finiteScores, detail: "score \(bad) of pool '\(pool.name)' is \(first[bad])"))
            }
            if try await scores(pool) != first {
                failures.append(
                    .init(requirement: .determinism, detail: "pool '\(pool.name)' got other scores the second time"))
            }
            if descriptor.scope == .candidate {
                for (index, candidate) in pool.candidates.enumerated() {
                    var alone = pool
                    alone.candidates = [candidate]
                    if try await scores(alone) != [first[index]] {
                        failures.append(
                            .init(
                                requirement: .candidateScope,
                                detail: "candidate \(candidate.id) of pool '\(pool.name)' alone got another score"))
                        break
                    }
                }
            }
        } catch {
            failures.append(.init(requirement: .anyPool, detail: "pool '\(pool.name)' made it throw: \(error)"))
        }
    }
    return failures
}

extension CandidateScore {
    /// Whether every number in the score is finite.
    public var isUsable: Bool {
        switch self {
        case .value(let value, let steps): value.isFinite && steps.allSatisfy(\.isFinite)
        case .rejected: true
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
import RunStore
public import SelectorKit

/// How far a pool's verdicts can be trusted: where they were made, and which of them a person should look at.
public struct VerdictSummary: Sendable, Codable, Hashable {
    /// How many candidates were graded through each channel, the most trustworthy first.
    public var channels: [ChannelCount] = []
    /// Candidates that reached for the machinery that grades them, by problem and pool order. They count as failed until someone has looked.
    public var tampered: [ReviewedCandidate] = []
    /// Candidates of which a test took between half and twice its CPU limit: another machine might judge them otherwise.
    public var nearLimit = 0
    /// Candidates that hit a limit and were graded again while nothing else ran, and those of them that passed then.
    public var gradedTwice = 0
    public var passedAlone = 0

    public init() {}

    public struct ChannelCount: Sendable, Codable, Hashable {
        /// `harness`, `split` or `inProcess`.
        public var channel: String
        public var candidates: Int

        /// The channel in words.
        public var title: String {
            switch channel {
            case "harness": "compared by the harness"
            case "split": "tested by a judge process"
            case "inProcess": "tested in their own process"
            default: channel
            }
        }
    }

    /// A candidate to review.
    public struct ReviewedCandidate: Sendable, Codable, Hashable {
        public var problem: String
        public var candidate: CandidateID
        /// What was noticed.
        public var message: String
    }
}

extension VerdictSummary {
    init(of pool: PoolRecord, problems: [ProblemRecord]) {
        var counts: [String: Int] = [:]
        for entry in problems {
            for candidate in pool.candidates[entry.problem.id] ?? [] {
                guard let verdict = candidate.verdict, !verdict.isInfrastructureError else { continue }
                if !verdict.channel.isEmpty { counts[verdict.channel, default: 0] += 1 }
                if verdict.nearLimit { nearLimit += 1 }
                if verdict.firstTry != nil {
                    gradedTwice += 1
                    if verdict.passed { passedAlone += 1 }
                }
                if verdict.isTampered {
                    tampered.append(
                        ReviewedCandidate(
                            problem: entry.problem.id, candidate: candidate.id, message: verdict.message))
                }
            }
        }
        let order = ["harness", "split", "inProcess"]
        let rank = { (channel: String) in order.firstIndex(of: channel) ?? order.count }
        channels = counts.map { ChannelCount(channel: $0.key, candidates: $0.value) }
            .sorted { (rank($0.channel), $0.channel) < (rank($1.channel), $1.channel) }
    }

    /// Full sentences for a reader, none where there is nothing to say.
    public var sentences: [String] {
        var sentences: [String] = []
        if !channels.isEmpty {
            let parts = channels.map { "\(NumberFormat.integer($0.candidates)) \($0.title)" }
            sentences.append("Verdicts: \(parts.joined(separator: ", ")).")
        }
        if gradedTwice > 0 {
            sentences.append(
                "\(NumberFormat.count(gradedTwice, "candidate")) hit a time or memory limit and \(gradedTwice == 1 ? "was" : "were") graded again "
                    + "while nothing else ran; \(passedAlone) passed then.")
        }
        if nearLimit > 0 {
            sentences.append(
                "\(NumberFormat.count(nearLimit, "candidate")) took between half and twice the time of a test: another machine might judge differently."
            )
        }
        return sentences
    }
}

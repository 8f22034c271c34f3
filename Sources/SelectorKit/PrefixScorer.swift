// SPDX-License-Identifier: Apache-2.0

/// Scores programs by the rewards of their beginnings: what process and outcome reward models have in common.
///
/// A blank program is rejected. Equal programs of a pool are asked for once.
public struct PrefixScorer: Sendable {
    /// The role of the reward model in the experiment.
    public var role: String
    public var aggregation: RewardAggregation
    /// Where the prefixes of a program end: ascending offsets into its UTF-8, the last being its length. Called for programs that are not blank.
    public var prefixEnds: @Sendable (String) -> [Int]

    /// How many programs of one pool are with the model at the same time.
    public static let concurrentPrograms = 8
    /// How much text one request to the model may hold; more prefixes go into a further request. A program of 500 lines of 40 bytes fits, even
    /// line by line; one of 20,000 lines would be a gigabyte.
    static let requestBytes = 16 << 20

    public init(
        role: String, aggregation: RewardAggregation, prefixEnds: @escaping @Sendable (String) -> [Int]
    ) {
        self.role = role
        self.aggregation = aggregation
        self.prefixEnds = prefixEnds
    }

    /// One score per candidate, in pool order; `steps` are the rewards of the prefixes.
    ///
    /// - Throws: `SelectorError` where the experiment has no such model, and any error of the model.
    public func scores(of pool: CandidatePool, in context: SelectionContext) async throws -> [CandidateScore] {
        let model = try context.rewardModel(role)
        // By bytes: strings that differ in their normal form alone are equal to Swift, and different programs to Python.
        var places: [[UInt8]: Int] = [:]
        var programs: [String] = []
        let chosen = pool.candidates.map { candidate -> Int? in
            guard !candidate.isBlank else { return nil }
            let bytes = Array(candidate.program.utf8)
            if let place = places[bytes] { return place }
            places[bytes] = programs.count
            programs.append(candidate.program)
            return programs.count - 1
        }
        let scores = try await concurrentMap(programs, limit: Self.concurrentPrograms) { program in
            try await score(program, of: pool.problem, by: model)
        }
        return chosen.map { $0.map { scores[$0] } ?? .rejected(reason: "blank program") }
    }

    private func score(_ program: String, of problem: Problem, by model: any RewardModel) async throws -> CandidateScore
    {
        var rewards: [Double] = []
        var prefixes: [String] = []
        var size = 0
        for end in prefixEnds(program) {
            let prefix = String(decoding: program.utf8.prefix(end), as: UTF8.self)
            if !prefixes.isEmpty, size + end > Self.requestBytes {
                rewards += try await model.rewards(for: prefixes, of: problem).values
                (prefixes, size) = ([], 0)
            }
            prefixes.append(prefix)
            size += end
        }
        if !prefixes.isEmpty { rewards += try await model.rewards(for: prefixes, of: problem).values }
        guard let score = aggregation.score(of: rewards) else { return .rejected(reason: "no steps") }
        return .value(score, steps: rewards)
    }
}

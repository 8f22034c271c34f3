// SPDX-License-Identifier: Apache-2.0
import ContentHash
public import Datasets
public import SelectorKit
import Statistics

/// The function lattice as a policy: its programs that begin with the prefix, with the probabilities that they have given this beginning.
public struct LatticePolicy: CompletionPolicy {
    public let fingerprint: String
    private let style: LatticeStyle
    private let programs: [String: [LatticeProblem.WeightedProgram]]

    /// A problem with more programs would not be enumerated in reasonable time.
    public static let mostPrograms = 100_000

    public init(_ lattice: Lattice, style: LatticeStyle) throws {
        self.style = style
        var programs: [String: [LatticeProblem.WeightedProgram]] = [:]
        var hash = ContentHash()
        hash.add("lattice policy")
        hash.add(style.rawValue)
        for problem in lattice.problems {
            guard problem.choiceCount <= Self.mostPrograms else {
                throw RolloutError(
                    "Lattice problem '\(problem.id)' has \(problem.choiceCount) programs; at most \(Self.mostPrograms) are enumerated."
                )
            }
            let all = problem.allPrograms(style: style)
            programs[problem.id] = all
            hash.add(problem.id)
            for program in all {
                hash.add(program.program)
                hash.add("\(program.probability)")
            }
        }
        self.programs = programs
        fingerprint = "lattice " + style.rawValue + " " + hash.hexDigest().prefix(16)
    }

    public func completions(
        of prefix: String, problem: Problem, samples: Range<Int>, seed: UInt64
    ) async throws -> [Completion] {
        let distribution = try beginning(with: prefix, problem)
        return samples.map { sample in
            var random = SeededNumbers(
                hash: ContentHash.of("lattice completion", String(seed), problem.id, prefix, String(sample)))
            let number = random.nextUnit()
            var sum = 0.0
            for (program, probability) in distribution {
                sum += probability
                if number < sum { return Completion(program) }
            }
            // The probabilities add up to 1 but for rounding.
            return Completion(distribution[distribution.count - 1].program)
        }
    }

    public func distribution(of prefix: String, problem: Problem) throws -> [(program: String, probability: Double)]? {
        try beginning(with: prefix, problem)
    }

    private func beginning(
        with prefix: String, _ problem: Problem
    ) throws -> [(program: String, probability: Double)] {
        guard let all = programs[problem.id] else {
            throw RolloutError(
                "The lattice has no problem '\(problem.id)'. It completes programs of its own problems only: "
                    + "\(programs.keys.sorted().prefix(3).joined(separator: ", "))…")
        }
        let matching = all.filter { $0.program.utf8.starts(with: prefix.utf8) }
        let total = matching.reduce(0) { $0 + $1.probability }
        guard total > 0 else {
            throw RolloutError(
                "No program of lattice problem '\(problem.id)' in style '\(style.rawValue)' begins as a candidate of the pool does: "
                    + "the pool was drawn from another lattice or in the other style.")
        }
        return matching.map { ($0.program, $0.probability / total) }
    }
}

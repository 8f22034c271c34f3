// SPDX-License-Identifier: Apache-2.0
import ExecutionAgreement
import Fixtures
import Foundation
import SelectorKit
import SelectorTesting
import Testing

/// Clusters, minimum Bayes risk and dual agreement, on programs that are lists of what they give.
@Suite struct AgreementTests {
    /// Programs are lists of what they give on inputs 0, 1, 2, ...; `!` fails.
    private static let runner = FakeProgramRunner { program, input in
        let answers = program.split(separator: ",").map(String.init)
        let text =
            switch input {
            case .standardInput(let text), .arguments(let text), .assertion(let text): text
            }
        guard let index = Int(text), answers.count > index else { return .failed(reason: "IndexError") }
        return answers[index].hasPrefix("!") ? .failed(reason: answers[index]) : .output(answers[index])
    }

    private static func services(inputs: Int, inner: [CandidateScore] = []) -> SelectionContext.Services {
        .init(
            generatedTests: (0..<inputs).map { .standardInput("\($0)") }, programRunner: runner,
            otherScores: ["inner": OtherScores(scores: inner, cost: Cost(calls: 3))])
    }

    private func ranks(
        _ selector: any Selector, _ programs: [String], inputs: Int = 2, inner: [Double] = [],
        meter: CostMeter = .init()
    ) async throws -> [Double] {
        let services = Self.services(
            inputs: inputs, inner: inner.map { $0.isFinite ? .value($0) : .rejected(reason: "") })
        let context = SelectionContext(for: selector.descriptor, seed: 1, services: services, cost: meter)
        return try await selector.score(ExamplePools.pool("p", programs), in: context).map(\.rank)
    }

    private func clusters(
        _ weights: ExecutionClustersSelector.Weights, inner: String = "inner"
    ) throws -> any Selector {
        try ExecutionClustersPlugin.makeSelector(options: .init(weights: weights, inner: inner, power: 0.5))
    }

    @Test func theLargestClusterWins() async throws {
        let meter = CostMeter()
        let ranks = try await ranks(
            clusters(.count, inner: ""), ["1,2", "1,3", "1,2 ", " 1,3", "1,3", "", "1,!E", "1,!T"], meter: meter)
        #expect(ranks == [2, 3, 2, 3, 3, -.infinity, 1, 1])
        // Six distinct programs besides the blank one, of seven.
        #expect(meter.total.executions == 12)
    }

    @Test func failingOnEveryInputNeverWins() async throws {
        let selector = try clusters(.count, inner: "")
        #expect(try await ranks(selector, ["!E,!E", "!E,!E", "1,!E"]) == [-.infinity, -.infinity, 1])
        #expect(try await ranks(selector, ["!E,!E", "!E,!E"]) == [-.infinity, -.infinity])
        // Without inputs nothing is known of any.
        #expect(try await ranks(selector, ["!E", "1"], inputs: 0) == [2, 2])
    }

    @Test func innerScoresWeighClusters() async throws {
        let programs = ["1,1", "1,1", "2,2", "2,2", "3,3"]
        let inner = [0.1, 0.2, 0.25, 0.02, 0.26]
        func order(_ selector: any Selector) async throws -> [Int] {
            let ranks = try await ranks(selector, programs, inner: inner)
            return ranks.indices.sorted { ranks[$0] > ranks[$1] }
        }
        // Sums 0.3, 0.27, 0.26; within a cluster the better candidate is first.
        #expect(try await order(clusters(.sum)) == [1, 0, 2, 3, 4])
        #expect(try await order(clusters(.max)) == [4, 2, 3, 1, 0])
        // Votes: sqrt of 5 for the best (3,3), 4 for 0.25, 3 for 0.2, 2 for 0.1, 1 for 0.02: 3.146, 3, 2.236.
        #expect(try await order(clusters(.borda)) == [1, 0, 2, 3, 4])
        // The first two clusters tie in count, and so the candidate's own score decides.
        #expect(try await order(clusters(.count)) == [2, 1, 0, 3, 4])
    }

    @Test func rejectedByTheInnerSelector() async throws {
        for weights in ExecutionClustersSelector.Weights.allCases {
            let ranks = try await ranks(clusters(weights), ["1,1", "2,2"], inner: [-.infinity, 1])
            #expect(ranks[1] > ranks[0] || weights == .count, "\(weights)")
        }
    }

    @Test func sumsOfNegativeScoresAreRefused() async throws {
        let selector = try clusters(.sum)
        await #expect(throws: SelectorError.self) { try await ranks(selector, ["1,1", "2,2"], inner: [-1, -2]) }
        #expect(throws: SelectorError.self) { try clusters(.max, inner: "") }
    }

    @Test func minimumBayesRisk() async throws {
        let programs = ["1,2,3", "1,2,4", "1,5,4", "", "9,9,9"]
        let soft = try await ranks(MinimumBayesRiskSelector(), programs, inputs: 3)
        // Inputs on which each differs from the others, of 4 programs and 3 inputs.
        let differing: [Double] = [6, 5, 6, .infinity, 9]
        #expect(soft == differing.map { -$0 / 12 })
        let hard = try await ranks(MinimumBayesRiskSelector(.init(loss: .hard)), programs + ["1,5,4"], inputs: 3)
        let others: [Double] = [4, 4, 3, .infinity, 4, 3]
        #expect(hard == others.map { -$0 / 5 })
    }

    @Test(.enabled(if: SharedData.isPresent, Comment(rawValue: SharedData.missing)))
    func codeTMatchesTheVectors() async throws {
        struct File: Decodable {
            struct Case: Decodable {
                struct Cluster: Decodable {
                    var solutions: [String]
                    var score: Double
                }
                var solutions: [String]
                var tests_per_sample: [[String]]
                var limit: Int
                var passes: [String: [String: Bool]]
                var ranked: [Cluster]
                var top_choices: [String]
            }
            var cases: [Case]
        }
        let file = try JSONDecoder().decode(File.self, from: Data(contentsOf: SharedData.vectors("codet.json")))
        #expect(!file.cases.isEmpty)
        for (index, vector) in file.cases.enumerated() {
            let runner = FakeProgramRunner { program, input in
                guard case .assertion(let test) = input, vector.passes[program]?[test] == true else {
                    return .failed(reason: "AssertionError")
                }
                return .output("passed")
            }
            let tests = vector.tests_per_sample.flatMap { $0.prefix(vector.limit) }.map { ProgramInput.assertion($0) }
            let selector = CodeTSelector()
            let context = SelectionContext(
                for: selector.descriptor, seed: 1, services: .init(generatedTests: tests, programRunner: runner))
            let scores = try await selector.score(ExamplePools.pool("p", vector.solutions), in: context)
            var expected: [String: Double] = [:]
            for cluster in vector.ranked { for program in cluster.solutions { expected[program] = cluster.score } }
            for (program, score) in zip(vector.solutions, scores) {
                let want = expected[program] ?? -.infinity
                #expect(score.rank == want || abs(score.rank - want) < 1e-9, "case \(index), \(program)")
            }
            let best = scores.map(\.rank).max() ?? 0
            let chosen = zip(vector.solutions, scores).filter { best.isFinite && abs($1.rank - best) < 1e-9 }.map(\.0)
            #expect(chosen.sorted() == vector.top_choices.sorted(), "case \(index)")
        }
    }

    @Test func codeTWithoutAssertionsLetsAllTie() async throws {
        #expect(try await ranks(CodeTSelector(), ["1", "", "2"], inputs: 2) == [0, -.infinity, 0])
    }

    @Test func conform() async throws {
        let selectors: [any Selector] = [
            ExecutionClustersSelector(), MinimumBayesRiskSelector(), MinimumBayesRiskSelector(.init(loss: .hard)),
            CodeTSelector(),
        ]
        var services = Self.services(inputs: 2)
        services.generatedTests.append(.assertion("0"))
        for selector in selectors { #expect(await checkConformance(of: selector, services: services) == []) }
    }

    @Test func declareWhatTheyUse() {
        #expect(
            ExecutionClustersSelector(.init(inputs: .public, weights: .sum, inner: "a")).descriptor.requirements == [
                .execution, .publicTests, .scores(of: "a"),
            ])
        #expect(
            MinimumBayesRiskSelector(.init(inputs: .generated)).descriptor.requirements == [
                .execution, .generatedTests,
            ])
        #expect(CodeTSelector().descriptor.requirements == [.execution, .generatedTests])
        #expect(CodeTSelector().descriptor.usesTests)
    }
}

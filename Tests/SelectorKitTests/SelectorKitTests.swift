// SPDX-License-Identifier: Apache-2.0
import Foundation
import SelectorKit
import SelectorTesting
import Testing

/// Options with one of each kind.
private enum SamplePlugin: SelectorPlugin {
    struct Options: Codable, Sendable {
        var aggregation: String
        var maxSteps: Int
    }

    static let name = "sample"
    static let summary = "for tests"
    static let defaultOptions = Options(aggregation: "mean", maxSteps: 10)
    static func makeSelector(options: Options) -> any Selector { SampleSelector(steps: options.maxSteps) }
}

private struct SampleSelector: Selector {
    var steps: Int
    var descriptor: SelectorDescriptor { SelectorDescriptor(name: "sample", version: steps, scope: .candidate) }
    func score(_ pool: CandidatePool, in context: SelectionContext) async throws -> [CandidateScore] {
        pool.candidates.map { _ in .value(0) }
    }
}

@Suite struct SelectorPluginTests {
    @Test func givenOptionsReplaceDefaultsOneByOne() throws {
        let (selector, options) = try SamplePlugin.makeSelector(givenOptions: Data(#"{"maxSteps": 3}"#.utf8))
        #expect(selector.descriptor.version == 3)
        #expect(options == #"{"aggregation":"mean","maxSteps":3}"#)
    }

    @Test func anUnknownOptionNamesTheKnownOnes() {
        #expect {
            try SamplePlugin.makeSelector(givenOptions: Data(#"{"agregation": "min"}"#.utf8))
        } throws: {
            "\($0)" == "Selector 'sample' has no option 'agregation'. Available: aggregation, maxSteps."
        }
    }

    @Test func aWrongTypeNamesTheOption() {
        #expect {
            try SamplePlugin.makeSelector(givenOptions: Data(#"{"maxSteps": "three"}"#.utf8))
        } throws: {
            "\($0)".contains("option 'maxSteps' has a wrong value")
        }
    }
}

@Suite struct SelectionContextTests {
    @Test func undeclaredServicesAreRefusedEvenWhenTheyExist() async throws {
        let descriptor = SelectorDescriptor(name: "curious", version: 1, scope: .candidate)
        let services = SelectionContext.Services(
            rewardModels: ["prm": FakeRewardModel { _, _ in 1 }],
            publicTests: [TestExample(input: "1", output: "1", kind: .standardInput)])
        let context = SelectionContext(for: descriptor, seed: 0, services: services)
        #expect(throws: SelectorError.self) { try context.publicTests() }
        #expect(throws: SelectorError.self) { try context.rewardModel("prm") }
    }

    @Test func declaredServicesThatAreMissingAreNamed() {
        let descriptor = SelectorDescriptor(
            name: "judge", version: 1, scope: .pool, requirements: [.languageModel(role: "judge")])
        let context = SelectionContext(for: descriptor, seed: 0)
        #expect {
            try context.languageModel("judge")
        } throws: {
            ($0 as? SelectorError)?.code == .unavailable && "\($0)".contains("language model 'judge'")
        }
    }

    @Test func modelsAndExecutionsAreMetered() async throws {
        let descriptor = SelectorDescriptor(
            name: "all", version: 1, scope: .pool,
            requirements: [.rewardModel(role: "prm"), .execution, .scores(of: "other")])
        let services = SelectionContext.Services(
            rewardModels: ["prm": FakeRewardModel { _, _ in 0.5 }],
            programRunner: FakeProgramRunner { program, _ in .output(program) },
            otherScores: ["other": OtherScores(scores: [.value(1)], cost: Cost(calls: 10))])
        let context = SelectionContext(for: descriptor, seed: 0, services: services)
        let problem = ExamplePools.problem
        _ = try await context.rewardModel("prm").rewards(for: ["a", "ab"], of: problem)
        _ = try await context.programRunner().run("a", of: problem, on: [.standardInput(""), .standardInput("1")])
        #expect(try context.scores(of: "other") == [.value(1)])
        #expect(context.cost.total == Cost(calls: 11, forwardPasses: 2, executions: 2))
    }

    @Test(arguments: [[0.5], [0.5, 1.5], [0.5, .nan]])
    func rewardsThatAreNoneAreRefused(_ values: [Double]) async throws {
        struct Broken: RewardModel {
            let fingerprint = "broken"
            let values: [Double]
            func rewards(for prefixes: [String], of problem: Problem) async throws -> PrefixRewards {
                PrefixRewards(values)
            }
        }
        let descriptor = SelectorDescriptor(
            name: "any", version: 1, scope: .candidate, requirements: [.rewardModel(role: "prm")])
        let context = SelectionContext(
            for: descriptor, seed: 0, services: .init(rewardModels: ["prm": Broken(values: values)]))
        let model = try context.rewardModel("prm")
        await #expect(throws: SelectorError.self) {
            try await model.rewards(for: ["a", "ab"], of: ExamplePools.problem)
        }
    }

    @Test func aggregationsAreFiniteForAnyRewards() {
        let rewards = [0.9, 0.2, 0.4]
        let expected: [RewardAggregation: Double] = [
            .mean: 0.5, .min: 0.2, .max: 0.9, .last: 0.4, .prod: log(0.072), .geomean: pow(0.072, 1.0 / 3),
        ]
        for aggregation in RewardAggregation.allCases {
            let score = aggregation.score(of: rewards) ?? .nan
            #expect(abs(score - (expected[aggregation] ?? .nan)) < 1e-12, "\(aggregation)")
            #expect(aggregation.score(of: []) == nil)
            #expect(aggregation.score(of: Array(repeating: 0, count: 1000))?.isFinite == true)
        }
    }

    @Test func tokenStatisticsAreHiddenUnlessDeclared() {
        #expect(ExamplePools.typical.showing([]).candidates.allSatisfy { $0.tokens == nil })
        #expect(ExamplePools.typical.showing([.tokenStatistics]).candidates.allSatisfy { $0.tokens != nil })
    }
}

/// Breaks one requirement at a time.
private struct BrokenSelector: Selector {
    enum Fault: CaseIterable { case count, notANumber, changing, claimsCandidateScope, throwsOnBlank }
    let fault: Fault

    var descriptor: SelectorDescriptor { SelectorDescriptor(name: "broken", version: 1, scope: .candidate) }

    func score(_ pool: CandidatePool, in context: SelectionContext) async throws -> [CandidateScore] {
        switch fault {
        case .count: return []
        case .notANumber: return pool.candidates.map { _ in .value(.nan) }
        case .changing: return pool.candidates.map { _ in .value(.random(in: 0...1)) }
        case .claimsCandidateScope: return pool.candidates.indices.map { .value(Double($0)) }
        case .throwsOnBlank:
            if pool.candidates.contains(where: \.isBlank) { throw SelectorError(.missingData, "blank") }
            return pool.candidates.map { _ in .value(1) }
        }
    }
}

@Suite struct ConformanceTests {
    @Test func eachBrokenRequirementIsNamed() async {
        var found: [BrokenSelector.Fault: Set<ConformanceFailure.Requirement>] = [:]
        for fault in BrokenSelector.Fault.allCases {
            found[fault] = Set(await checkConformance(of: BrokenSelector(fault: fault)).map(\.requirement))
        }
        #expect(found[.count]?.contains(.scoreCount) == true)
        #expect(found[.notANumber]?.contains(.finiteScores) == true)
        #expect(found[.changing]?.contains(.determinism) == true)
        #expect(found[.claimsCandidateScope]?.contains(.candidateScope) == true)
        #expect(found[.throwsOnBlank]?.contains(.anyPool) == true)
    }

    @Test func difficultiesSortEasyMediumHardThenByName() {
        let words = ["hard", "zeta", "easy", "alpha", "medium"].map(Difficulty.init(rawValue:))
        #expect(words.sorted().map(\.rawValue) == ["easy", "medium", "hard", "alpha", "zeta"])
    }
}

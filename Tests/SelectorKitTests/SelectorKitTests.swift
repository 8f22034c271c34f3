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

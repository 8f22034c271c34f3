// SPDX-License-Identifier: Apache-2.0
import Fixtures
import Foundation
import FunPRM
import SelectorKit
import SelectorTesting
import Testing

@Suite struct FunPRMTests {
    private static let program = "import sys\ndef f():\n    return 1\n\ndef g():\n    return 2\nprint(f() + g())\n"

    private func score(
        _ programs: [String], options: String? = nil, by model: FakeRewardModel, role: String = "prm",
        meter: CostMeter = CostMeter()
    ) async throws -> [CandidateScore] {
        let (selector, _) = try FunPRMPlugin.makeSelector(givenOptions: options.map { Data($0.utf8) })
        let context = SelectionContext(
            for: selector.descriptor, seed: 1, services: .init(rewardModels: [role: model]), cost: meter)
        return try await selector.score(ExamplePools.pool("test", programs), in: context)
    }

    /// A reward that depends on how often a word occurs.
    private static let byReturns = FakeRewardModel { prefix, _ in
        0.25 * Double(prefix.components(separatedBy: "return").count - 1)
    }

    @Test func conformsToSelector() async throws {
        let model = FakeRewardModel { prefix, _ in Double(prefix.utf8.count % 97) / 97 }
        #expect(await checkConformance(of: try FunPRMSelector(), services: .init(rewardModels: ["prm": model])) == [])
    }

    @Test func theScoreIsTheMeanOverPrefixesThatEndWithAFunction() async throws {
        let scores = try await score([Self.program], by: Self.byReturns)
        #expect(scores == [.value(0.375, steps: [0.25, 0.5])])
    }

    @Test func theModelIsAskedForTheBeginningsOfTheProgram() async throws {
        let model = FakeRewardModel { prefix, problem in
            problem.id == "example/0" && (prefix == Self.program || prefix == String(Self.program.prefix(33))) ? 1 : 0
        }
        #expect(String(Self.program.prefix(33)).hasSuffix("return 1\n"))
        #expect(try await score([Self.program], by: model) == [.value(1, steps: [1, 1])])
    }

    @Test(arguments: [
        (#"{"aggregation": "min"}"#, 0.25, [0.25, 0.5]), (#"{"aggregation": "last"}"#, 0.5, [0.25, 0.5]),
        (#"{"stepper": "whole"}"#, 0.5, [0.5]), (#"{"maximumSteps": 1}"#, 0.5, [0.5]),
        (#"{"separateTail": true}"#, 1.25 / 3, [0.25, 0.5, 0.5]),
        (#"{"minimumLines": 6}"#, 0.5, [0.5]),
    ])
    func optionsChangeStepsAndAggregation(_ options: String, _ value: Double, _ steps: [Double]) async throws {
        #expect(try await score([Self.program], options: options, by: Self.byReturns) == [.value(value, steps: steps)])
    }

    @Test func blankProgramsAreRejectedAndEqualOnesAskedForOnce() async throws {
        let model = FakeRewardModel { _, _ in 0.5 }
        let meter = CostMeter()
        let scores = try await score([Self.program, " \n", Self.program], by: model, meter: meter)
        #expect(scores == [.value(0.5, steps: [0.5, 0.5]), .rejected(reason: "blank program"), scores[0]])
        #expect(model.calls == 1)
        #expect(meter.total == Cost(calls: 1, forwardPasses: 2))
    }

    @Test func programsThatDifferInNormalFormAloneAreDifferent() async throws {
        let model = FakeRewardModel { prefix, _ in Double(prefix.utf8.count) / 100 }
        let scores = try await score(["print('\u{e9}')", "print('e\u{301}')"], by: model)
        #expect(scores == [.value(0.11, steps: [0.11]), .value(0.12, steps: [0.12])])
    }

    @Test func theRoleOfTheModelIsAnOption() async throws {
        let scores = try await score(["x"], options: #"{"rewardModel": "mine"}"#, by: Self.byReturns, role: "mine")
        #expect(scores == [.value(0, steps: [0])])
        await #expect {
            try await score(["x"], by: Self.byReturns, role: "mine")
        } throws: {
            "\($0)" == "Selector 'funprm' needs reward model 'prm', and this experiment provides none."
        }
    }

    @Test(arguments: [
        (#"{"minimumLines": 0}"#, "Selector 'funprm': option 'minimumLines' is 0; it must be at least 1."),
        (
            #"{"maximumSteps": 0}"#,
            "Selector 'funprm': option 'maximumSteps' has a wrong value: It must be 'any' or a whole number from 1."
        ),
        (
            #"{"stepper": "line", "separateTail": true}"#,
            "Selector 'funprm': the options 'includeNested' and 'separateTail' need the stepper 'function', not 'line'."
        ),
    ])
    func mistakenOptionsAreNamed(_ options: String, _ message: String) {
        #expect {
            try FunPRMPlugin.makeSelector(givenOptions: Data(options.utf8))
        } throws: {
            "\($0)" == message
        }
    }

    @Test func defaultOptionsAreRecorded() throws {
        #expect(
            try FunPRMPlugin.makeSelector(givenOptions: nil).options
                == #"{"aggregation":"mean","includeNested":false,"maximumSteps":"any","minimumLines":1,"rewardModel":"prm","separateTail":false,"stepper":"function"}"#
        )
    }

    @Test(.enabled(if: SharedData.isPresent, "needs the shared data pack beside the checkout (or BESTOFN_SHARED)"))
    func choosesAsTheReferenceDoes() async throws {
        struct File: Decodable {
            struct Case: Decodable {
                var candidates: [[Double]]
                var argmax_first: [String: Int]
            }
            var selection: [Case]
        }
        let file = try JSONDecoder().decode(File.self, from: Data(contentsOf: SharedData.vectors("prm_scores.json")))
        #expect(file.selection.count == 12)
        for entry in file.selection {
            // Candidate i has a function per reward, and tells its number in its first line.
            let programs = entry.candidates.enumerated().map { index, rewards in
                "# \(index)\n" + rewards.indices.map { "def f\($0)(): pass\n" }.joined()
            }
            let model = FakeRewardModel { prefix, _ in
                let lines = prefix.split(separator: "\n")
                let candidate = Int(lines[0].dropFirst(2)) ?? 0
                return entry.candidates[candidate][lines.count - 2]
            }
            for (rule, expected) in entry.argmax_first {
                let ranks = try await score(programs, options: #"{"aggregation": "\#(rule)"}"#, by: model).map(\.rank)
                let best = try #require(ranks.max())
                #expect(ranks.firstIndex(of: best) == expected, "\(rule)")
            }
        }
    }
}

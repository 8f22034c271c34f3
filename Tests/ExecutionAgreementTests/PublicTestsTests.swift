// SPDX-License-Identifier: Apache-2.0
import ExecutionAgreement
import SelectorKit
import SelectorTesting
import Testing

/// The public-test filter and the staged selector.
@Suite struct PublicTestsTests {
    private static let tests = [
        TestExample(input: "1", output: "one\n", kind: .standardInput),
        TestExample(input: "2", output: "two", kind: .standardInput),
    ]

    /// Programs are lists of what they print on inputs 1 and 2.
    private static let runner = FakeProgramRunner { program, input in
        let answers = program.split(separator: ",").map(String.init)
        guard case .standardInput(let text) = input, let index = Int(text), answers.count >= index,
            answers[index - 1] != "raise"
        else { return .failed(reason: "ValueError") }
        return .output(answers[index - 1])
    }

    private func services(inner: [Double] = []) -> SelectionContext.Services {
        .init(
            publicTests: Self.tests, programRunner: Self.runner,
            otherScores: ["inner": OtherScores(scores: inner.map { .value($0) }, cost: Cost(calls: 3))])
    }

    private func ranks(
        _ selector: any Selector, _ programs: [String], inner: [Double] = []
    ) async throws -> [Double] {
        let context = SelectionContext(for: selector.descriptor, seed: 1, services: services(inner: inner))
        return try await selector.score(ExamplePools.pool("p", programs), in: context).map(\.rank)
    }

    @Test func keepsThoseThatPassAll() async throws {
        let ranks = try await ranks(PublicTestsSelector(), ["one,two", "one,raise", "", "one ,two\n", "x,y"])
        #expect(ranks == [2, 1, -.infinity, 2, 0])
    }

    @Test func aFailureIsNeverAPass() async throws {
        let ranks = try await ranks(PublicTestsSelector(), ["raise,raise", "one"])
        #expect(ranks == [0, 1])
    }

    @Test func theInnerSelectorOrdersWithinEqualPasses() async throws {
        let selector = PublicTestsSelector(.init(inner: "inner"))
        let ranks = try await ranks(
            selector, ["one,two", "one,two", "one,x", "one,two"], inner: [-5, 3, 100, -5])
        #expect(ranks[1] > ranks[0] && ranks[0] == ranks[3] && ranks[3] > ranks[2])
        #expect(selector.descriptor.requirements == [.publicTests, .execution, .scores(of: "inner")])
        #expect(!PublicTestsSelector().descriptor.requirements.contains(.scores(of: "")))
    }

    @Test func withoutTestsAllTie() async throws {
        let selector = PublicTestsSelector()
        let context = SelectionContext(
            for: selector.descriptor, seed: 1, services: .init(programRunner: Self.runner))
        let scores = try await selector.score(ExamplePools.pool("p", ["a", "b"]), in: context)
        #expect(scores == [.value(0), .value(0)])
    }

    @Test func stagedExecutesOnlyTheBest() async throws {
        let selector = StagedSelector(.init(inner: "inner", keep: 2))
        let meter = CostMeter()
        let context = SelectionContext(
            for: selector.descriptor, seed: 1, services: services(inner: [9, 8, 7, 1, 8]), cost: meter)
        // The best by the inner selector is not closed, the next two tie: both are run.
        let pool = ExamplePools.pool("p", ["(one", "x,two", "one,two", "one,two", "one,y"])
        let scores = try await selector.score(pool, in: context)
        #expect(scores[0].rank == -.infinity)
        #expect(meter.total.executions == 4)
        #expect(scores[1].rank == scores[4].rank && scores[4].rank > scores[2].rank && scores[2].rank > scores[3].rank)
    }

    @Test func stagedAsksForTheEntryPoint() async throws {
        let problem = Problem(id: "p", benchmark: "humaneval", statement: "", entryPoint: "area")
        let programs = [
            "def area(x):\n    return x\n", "def areas(x):\n    return x\n", "area = lambda x: x\n",
            "from shapes import area\n", "class Solution:\n    async def area(self):\n        pass\n", "# area = 1\n",
        ]
        var pool = ExamplePools.pool("p", programs)
        pool.problem = problem
        let selector = StagedSelector()
        let context = SelectionContext(for: selector.descriptor, seed: 1, services: .init(programRunner: Self.runner))
        let scores = try await selector.score(pool, in: context)
        #expect(scores.map { $0.rank.isFinite } == [true, false, true, true, true, false])
    }

    @Test func conform() async {
        for selector in [PublicTestsSelector() as any Selector, StagedSelector()] {
            #expect(await checkConformance(of: selector, services: services()) == [])
        }
    }

    @Test func refuseOptionsThatMakeNoSense() {
        #expect(throws: SelectorError.self) {
            try PublicTestsPlugin.makeSelector(options: .init(seconds: 0))
        }
        #expect(throws: SelectorError.self) { try StagedPlugin.makeSelector(options: .init(keep: 0)) }
    }
}

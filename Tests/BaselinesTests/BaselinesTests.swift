// SPDX-License-Identifier: Apache-2.0
import Baselines
import SelectorKit
import SelectorTesting
import Testing

@Suite struct BaselinesTests {
    private func values(_ selector: any Selector, _ programs: [String]) async throws -> [Double] {
        let pool = ExamplePools.pool("test", programs)
        let context = SelectionContext(for: selector.descriptor, seed: 1)
        return try await selector.score(pool, in: context).map(\.rank)
    }

    @Test(
        arguments: [
            FirstSelector(), LengthSelector(.shortest), LengthSelector(.longest, unit: .lines), MajorityTextSelector(),
            MeanLogProbabilitySelector(),
        ] as [any Selector])
    func conformsToSelector(_ selector: any Selector) async {
        #expect(await checkConformance(of: selector) == [])
    }

    @Test func firstChoosesTheFirstCandidate() async throws {
        #expect(try await values(FirstSelector(), ["b", "a", "c"]) == [1, 0, 0])
    }

    @Test func lengthCountsCharactersNotBytes() async throws {
        #expect(try await values(LengthSelector(.longest), ["é", "ab", "abc"]) == [1, 2, 3])
        #expect(try await values(LengthSelector(.shortest), ["é", "ab"]) == [-1, -2])
    }

    @Test func lengthCountsLinesWhenAsked() async throws {
        #expect(try await values(LengthSelector(.longest, unit: .lines), ["a", "a\nb", "a\n\nb\n"]) == [1, 2, 4])
    }

    @Test func blankProgramsAreRejected() async throws {
        #expect(try await values(LengthSelector(.shortest), ["", "x"]) == [-.infinity, -1])
        #expect(try await values(MajorityTextSelector(), [" \n", " \n", "x"]) == [-.infinity, -.infinity, 1])
    }

    @Test func majorityIgnoresCommentsDocstringsAndBlankLines() async throws {
        let plain = "def f(x):\n    return x + 1\n"
        let commented = "# the answer\ndef f(x):\n    \"\"\"Adds one.\"\"\"\n\n    return x + 1  # done\n"
        let other = "def f(x):\n    return x + 2\n"
        #expect(try await values(MajorityTextSelector(), [plain, commented, other]) == [2, 2, 1])
    }

    @Test func meanLogProbabilityDividesByTheTokenCount() async throws {
        var pool = ExamplePools.pool("test", ["a", "b"])
        pool.candidates[0].tokens = TokenStatistics(count: 10, sumLogProb: -5)
        pool.candidates[1].tokens = TokenStatistics(count: 2, sumLogProb: -4)
        let selector = MeanLogProbabilitySelector()
        let context = SelectionContext(for: selector.descriptor, seed: 1)
        #expect(try await selector.score(pool, in: context).map(\.rank) == [-0.5, -2])
    }

    @Test func meanLogProbabilitySaysWhichCandidateLacksStatistics() async throws {
        var pool = ExamplePools.pool("test", ["a", "b"])
        pool.candidates[1].tokens = nil
        let selector = MeanLogProbabilitySelector()
        let context = SelectionContext(for: selector.descriptor, seed: 1)
        await #expect {
            try await selector.score(pool, in: context)
        } throws: { error in
            (error as? SelectorError)?.code == .missingData && "\(error)".contains("example/1")
        }
    }
}

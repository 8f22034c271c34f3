// SPDX-License-Identifier: Apache-2.0
import Fixtures
import Foundation
import Judges
import SelectorKit
import SelectorTesting
import Testing

@Suite struct JudgesTests {
    /// Prefers the longer program, and the first of a pair when `bias` is set.
    private static func judge(bias: Bool = false) -> FakeLanguageModel {
        FakeLanguageModel { request in
            let parts = request.user.components(separatedBy: "```python\n").dropFirst()
                .map { $0.components(separatedBy: "```")[0].count }
            if parts.count == 2 {
                let first = bias || parts[0] > parts[1]
                return LanguageModelReply(
                    text: "I think <winner>\(first ? "A" : "B")</winner>, no: <winner> \(first ? "A" : "b") </winner>",
                    cost: Cost(calls: 1))
            }
            return LanguageModelReply(
                text: "<score>\(min(5, parts[0] / 20 + 1))</score>",
                firstToken: ["2": log(0.25), " 4": log(0.75), "x": log(0.5)], cost: Cost(calls: 1))
        }
    }

    private func scores(
        _ selector: any Selector, _ model: FakeLanguageModel, _ pool: CandidatePool = ExamplePools.typical
    ) async throws -> (ranks: [Double], calls: Int) {
        let context = SelectionContext(
            for: selector.descriptor, seed: 3, services: .init(languageModels: ["judge": model]))
        return (try await selector.score(pool, in: context).map(\.rank), context.cost.total.calls)
    }

    @Test(arguments: Tournament.allCases) func theBestWinsEveryTournament(_ tournament: Tournament) async throws {
        let programs = (1...7).map { String(repeating: "x = 1\n", count: $0 == 4 ? 30 : $0) }
        let (ranks, calls) = try await scores(
            TournamentSelector(tournament), Self.judge(), ExamplePools.pool("seven", programs))
        #expect(ranks.max() == ranks[3])
        #expect(ranks.count { $0 == ranks[3] } == 1)
        switch tournament {
        case .roundRobin: #expect(calls == 42)
        case .knockOut: #expect(calls == 12)
        case .pivot: #expect((12...42).contains(calls))
        }
    }

    @Test(arguments: Tournament.allCases)
    func aJudgeThatLooksAtTheOrderAloneDecidesNothing(_ tournament: Tournament) async throws {
        let (ranks, _) = try await scores(
            TournamentSelector(tournament), Self.judge(bias: true), ExamplePools.pool("two", ["a = 1", "a = 22"]))
        if tournament != .knockOut { #expect(ranks[0] == ranks[1]) }
    }

    @Test(arguments: Tournament.allCases) func tournamentsConform(_ tournament: Tournament) async throws {
        let failures = await checkConformance(
            of: try TournamentSelector(tournament), services: .init(languageModels: ["judge": Self.judge()]))
        #expect(failures.isEmpty, "\(failures)")
    }

    @Test func pointwiseConforms() async throws {
        let failures = await checkConformance(
            of: try PointwiseJudge(), services: .init(languageModels: ["judge": Self.judge()]))
        #expect(failures.isEmpty, "\(failures)")
    }

    @Test func pointwiseReadsTheLastScoreOrTheProbabilities() async throws {
        let pool = ExamplePools.pool("two", [String(repeating: "a", count: 30), "", String(repeating: "a", count: 70)])
        #expect(try await scores(PointwiseJudge(), Self.judge(), pool).ranks == [2, -.infinity, 4])
        var options = PointwiseJudge.Options()
        options.reading = .expected
        let ranks = try await scores(PointwiseJudge(options), Self.judge(), pool).ranks
        #expect(abs(ranks[0] - 3.5) < 1e-12)
    }

    @Test func answersThatCannotBeReadAreSaid() async throws {
        let silent = FakeLanguageModel { _ in LanguageModelReply(text: "Both are fine.", cost: Cost(calls: 1)) }
        await #expect {
            _ = try await scores(TournamentSelector(.roundRobin), silent)
        } throws: {
            "\($0)".contains("None of the judge's 12 answers") && "\($0)".contains("maxTokens")
        }
        #expect(try await scores(PointwiseJudge(), silent).ranks == Array(repeating: -.infinity, count: 4))
    }

    @Test(.enabled(if: SharedData.isPresent, Comment(rawValue: SharedData.missing)))
    func averagingAndTotalsEqualTheReferences() async throws {
        struct Vectors: Decodable {
            struct Average: Decodable { var ab: Double?, ba: Double?, score: Double }
            struct Case: Decodable {
                var n: Int
                var score_second_wins: [[Double?]]
                var round_robin: [Double]
            }
            var order_average: [Average]
            var cases: [Case]
        }
        let vectors = try JSONDecoder().decode(
            Vectors.self, from: Data(contentsOf: SharedData.vectors("judge.json")))
        #expect(vectors.order_average.count == 9)
        for row in vectors.order_average { #expect(averaged(ab: row.ab, ba: row.ba) == row.score) }
        #expect(!vectors.cases.isEmpty)
        for row in vectors.cases {
            let table = row.score_second_wins
            let totals = try await Tournament.roundRobin.scores(count: row.n, seed: 0, concurrency: 4) {
                table[$0][$1] ?? .nan
            }
            #expect(totals == row.round_robin)
        }
    }
}

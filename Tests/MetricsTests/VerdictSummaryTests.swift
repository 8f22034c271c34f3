// SPDX-License-Identifier: Apache-2.0
import Metrics
import SelectorKit
import Testing

@Suite struct VerdictSummaryTests {
    @Test func countsChannelsRepetitionsAndWhatToReview() throws {
        let record = Runs.run(
            problems: [("a", nil), ("b", nil)], pools: [Runs.pool(["a": "+st!", "b": "s-t?"])])
        let pool = try #require(RunTables(record: record).pools.first)
        let verdicts = pool.verdicts
        #expect(verdicts.channels.map(\.channel) == ["split", "inProcess"])
        #expect(verdicts.channels.map(\.candidates) == [2, 2])
        #expect(verdicts.tampered.map(\.problem) == ["a", "b"])
        #expect(verdicts.tampered.map(\.candidate.sample) == [2, 2])
        #expect(verdicts.tampered.first?.message == "walked the frames")
        #expect((verdicts.nearLimit, verdicts.gradedTwice, verdicts.passedAlone) == (2, 2, 2))
        #expect(verdicts.sentences.first == "Verdicts: 2 tested by a judge process, 2 tested in their own process.")
        // A tampered program is no pass, and the reader is told.
        #expect(pool.problems.first?.candidates[2].passed == false)
        #expect(pool.notes.contains { $0.kind == .warning && $0.text.hasPrefix("2 candidates reached for") })
    }

    @Test func importedVerdictsSayNothing() throws {
        let record = Runs.run(problems: [("a", nil)], pools: [Runs.pool(["a": "+-"], imported: true)])
        let verdicts = try #require(RunTables(record: record).pools.first?.verdicts)
        #expect(verdicts == VerdictSummary())
        #expect(verdicts.sentences.isEmpty)
    }
}

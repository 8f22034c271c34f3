// SPDX-License-Identifier: Apache-2.0
import Metrics
import RunStore
import Testing

@testable import Reporting

@Suite struct TextTableTests {
    @Test func aSmallRunRendersAsATable() {
        let text = TextTable.render(RunTables(record: EachCase.record()))
        #expect(
            text == """
                Pool gpt-4o-mini. On 4 of 7 problems, no selector chose better than at random: funprm came highest
                with 50.0 %, while a random choice is expected to be correct for 50.0 %, a perfect one for 100.0 %.

                             pass@1  gain      p  norm.   easy  medium   hard  seconds           problems
                                                    n=2    n=1     n=1
                random         50.0                       50.0    50.0   50.0                      4 of 7
                random text    62.5                       75.0    50.0   50.0                      4 of 7
                funprm *       50.0   0.0  1.000    0.0   75.0     0.0   50.0    4.000  4 of 7, 1 errored
                oracle        100.0                      100.0   100.0  100.0                      4 of 7

                One problem is 25.0 points. 4 problems with correct and wrong candidates. 92.9 % of a problem's
                programs differ. Candidates: 7 passed, 5 wrong answer, 1 infrastructure error. random text: a random
                choice in which equal programs count once; p: of the gain, by paired bootstrap, adjusted for the
                number of rows; norm.: the gain as a percentage of the oracle's; seconds: scoring. *: incomplete
                row.
                ! 1 candidate has no verdict yet. The 1 problem concerned is left out of every row.
                ! Grading failed by no fault of the candidates on 1 problem, left out of every row and not counted
                  as wrong.
                ! funprm scored 6 of 7 problems, failed on 1; those left are out of every row. First message: no
                  server
                - funprm rejected every candidate of 1 problem; there all candidates share the choice.

                """)
    }

    @Test func everyLineFitsAHundredColumns() {
        var sample = SampleRun()
        sample.selectors = 10
        sample.hasGaps = true
        sample.pools = ["a", "b"]
        for line in TextTable.render(RunTables(record: sample.record(), resamples: 200)).split(separator: "\n") {
            #expect(line.count <= 100, "\(line)")
        }
    }

    @Test func namesLoseTheirMiddleWhenTheyAreTooLong() {
        #expect(TextGrid.shortened("line-prm-skywork-o1-open-prm", to: 11) == "line-…n-prm")
        #expect(TextGrid.shortened("funprm", to: 6) == "funprm")
    }

    @Test func nothingInAMessageReachesTheTerminalAsAControl() {
        var sample = SampleRun()
        sample.hasGaps = true
        let text = TextTable.render(RunTables(record: sample.record(), resamples: 200))
        #expect(text.contains("alert('x')"))
        #expect(!text.unicodeScalars.contains { $0 != "\n" && $0.properties.generalCategory == .control })
        #expect(!text.unicodeScalars.contains("\u{202E}"))
    }

    @Test func runsWithoutPoolsOrSelectorsRender() {
        var sample = SampleRun()
        sample.selectors = 0
        #expect(TextTable.render(RunTables(record: sample.record(), resamples: 200)).contains("oracle"))
        sample.pools = []
        #expect(
            TextTable.render(RunTables(record: sample.record(), resamples: 200))
                == "The run 'Parcel lockers, 36 problems' has no pools.\n")
    }
}

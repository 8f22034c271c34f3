// SPDX-License-Identifier: Apache-2.0
import Metrics
import Testing

@Suite struct NumberFormatTests {
    @Test func percentagesHaveOneDecimal() {
        #expect(NumberFormat.percent(106.0 / 131) == "80.9")
        #expect(NumberFormat.percent(0) == "0.0")
        #expect(NumberFormat.percent(1) == "100.0")
        #expect(NumberFormat.percent(nil) == "–")
        #expect(NumberFormat.percent(.nan) == "–")
    }

    @Test func pointsHaveASignUnlessTheyAreZero() {
        #expect(NumberFormat.points(0.0912) == "+9.1")
        #expect(NumberFormat.points(-0.0912) == "-9.1")
        #expect(NumberFormat.points(0.00001) == "0.0")
        #expect(NumberFormat.points(-0.00001) == "0.0")
        #expect(NumberFormat.points(nil) == "–")
    }

    @Test func secondsHaveThreeDecimals() {
        #expect(NumberFormat.seconds(1.23456) == "1.235")
        #expect(NumberFormat.seconds(0) == "0.000")
    }

    @Test func scoresKeepWhatTellsThemApart() {
        #expect(NumberFormat.score(0.80912345) == "0.8091")
        #expect(NumberFormat.score(0.5) == "0.5000")
        #expect(NumberFormat.score(-3) == "-3")
        #expect(NumberFormat.score(-0.0) == "0")
        #expect(NumberFormat.score(0.00000012346) == "1.235e-07")
        #expect(NumberFormat.score(-123_456_789) == "-1.235e+08")
    }

    @Test func longIntegersAreGrouped() {
        #expect(NumberFormat.integer(9999) == "9999")
        #expect(NumberFormat.integer(1_324_000) == "1\u{202F}324\u{202F}000")
        #expect(NumberFormat.integer(-10_000) == "-10\u{202F}000")
    }

    @Test func countsAgreeWithTheirNoun() {
        #expect(NumberFormat.count(1, "problem") == "1 problem")
        #expect(NumberFormat.count(0, "problem") == "0 problems")
        #expect(NumberFormat.count(2, "candidate has", "candidates have") == "2 candidates have")
    }

    @Test func outcomesReadAsWords() {
        #expect(outcomeTitle("wrongAnswer", passed: false) == "wrong answer")
        #expect(outcomeTitle("cpuTimeout", passed: false) == "CPU timeout")
        #expect(outcomeTitle("imported", passed: true) == "passed (imported)")
    }
}

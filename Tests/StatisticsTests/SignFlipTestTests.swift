// SPDX-License-Identifier: Apache-2.0
import Statistics
import Testing

@Suite struct SignFlipTestTests {
    @Test func withoutDifferencesNothingIsFound() {
        #expect(SignFlipTest([]).pValue == 1)
        #expect(SignFlipTest([0, 0, 0]).pValue == 1)
    }

    /// Six losses and no gain: two of 64 patterns are as extreme.
    @Test func equalSizesGiveMcNemarsTest() {
        #expect(abs(SignFlipTest([-1, -1, -1, 0, -1, -1, -1]).pValue - 2.0 / 64) < 1e-12)
        let mixed = Array(repeating: 0.5, count: 9) + Array(repeating: -0.5, count: 4)
        #expect(abs(SignFlipTest(mixed).pValue - McNemar(onlyFirst: 9, onlySecond: 4).exact) < 1e-12)
    }

    /// By hand: 1, 1/2 and 1/2 with all signs give ±2 once each, ±1 twice each, and 0 twice.
    @Test func sharesOfTiesAreCountedExactly() {
        #expect(abs(SignFlipTest([1, 0.5, -0.5]).pValue - 0.75) < 1e-12)
        #expect(abs(SignFlipTest([1, 0.5, 0.5]).pValue - 0.25) < 1e-12)
        #expect(abs(SignFlipTest([1.0 / 3, 2.0 / 3]).pValue - 0.5) < 1e-12)
    }

    /// One small difference among forty large ones decides no sign of the sum, and leaves McNemar's p-value as it is.
    @Test func manyDifferencesAreCountedExactly() {
        let large = Array(repeating: 1.0, count: 29) + Array(repeating: -1.0, count: 12)
        let exact = McNemar(onlyFirst: 29, onlySecond: 12).exact
        // Half of the patterns with a sum of exactly ±17 lose the small one and fall short.
        let beyond = McNemar(onlyFirst: 30, onlySecond: 11).exact
        #expect(abs(SignFlipTest(large + [0.001]).pValue - (exact + beyond) / 2) < 1e-9)
        #expect(SignFlipTest(Array(repeating: 1, count: 60) + [0.5]).pValue < 1e-15)
    }

    /// Differences without a common part: their patterns are tossed, and come close to the count of nearly the same ones.
    @Test func tossedSignsComeCloseToTheCount() {
        let large = Array(repeating: 1.0, count: 29) + Array(repeating: -1.0, count: 12)
        let tossed = SignFlipTest(large + [0.0005 * 2.0.squareRoot()])
        #expect(abs(tossed.pValue - SignFlipTest(large + [0.001]).pValue) < 0.002)
        #expect(SignFlipTest(large + [0.0005 * 2.0.squareRoot()]) == tossed)
    }

    /// Exchangeable sides: the level holds, ties or not.
    @Test func falseAlarmsStayBelowTheLevel() {
        var random = SeededNumbers(seed: 11)
        var alarms = 0
        let trials = 400
        for _ in 0..<trials {
            let differences = (0..<12).map { _ in
                [-1, -0.5, 0, 0, 0.5, 1][random.nextIndex(below: 6)]
            }
            if SignFlipTest(differences).pValue < 0.05 { alarms += 1 }
        }
        // 20 are expected at most; 36 is more than 3.5 standard deviations above.
        #expect(alarms <= 36)
        #expect(alarms > 2)
    }
}

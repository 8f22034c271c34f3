// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Statistics

@Suite struct SignFlipTests {
    /// Counts all sign patterns one by one.
    private func enumerated(_ differences: [Double]) -> Double {
        let sizes = differences.filter { $0 != 0 }
        let observed = abs(sizes.reduce(0, +))
        let far = (0..<(1 << sizes.count)).count { pattern in
            var sum = 0.0
            for (index, size) in sizes.enumerated() { sum += (pattern >> index) & 1 == 1 ? size : -size }
            return abs(sum) >= observed - 1e-9
        }
        return Double(far) / Double(1 << sizes.count)
    }

    @Test func withoutTiesItIsMcNemarsTest() {
        let test = SignFlip([1, 1, 1, 1, 1, 0, 0, -1])
        #expect(test.above == 5 && test.below == 1)
        #expect(test.p == McNemar(onlyFirst: 5, onlySecond: 1).exact)
        #expect(SignFlip([]).p == 1 && SignFlip([0, 0]).p == 1)
    }

    private static let examples: [[Double]] = [
        [0.5, 0.5, 1, 1, -0.25, 0.75], [1, 0.5, 1.0 / 3, -2.0 / 3, 1, 0.125, 1, 1, 0, 1],
        [0.5, -0.5, 1, -1], [0.1, 0.2, -0.3, 0.7, 0.05, 1, 1, 1, 1, -0.5, 0.5],
    ]

    @Test(arguments: examples)
    func sharesOfTiesAreWeighed(differences: [Double]) {
        #expect(abs(SignFlip(differences).p - enumerated(differences)) < 1e-12)
    }

    /// By hand: 1, 1/2 and 1/2 with all signs give ±2 once each, ±1 twice each, and 0 twice.
    @Test func threeDifferencesAreCountedByHand() {
        #expect(abs(SignFlip([1, 0.5, -0.5]).p - 0.75) < 1e-12)
        #expect(abs(SignFlip([1, 0.5, 0.5]).p - 0.25) < 1e-12)
        #expect(abs(SignFlip([1.0 / 3, 2.0 / 3]).p - 0.5) < 1e-12)
    }

    /// Many sizes with common parts: exact, as drawing many patterns confirms.
    @Test func manySharesAreStillCounted() {
        var random = SeededNumbers(seed: 3)
        let shares = [1, 0.5, 1.0 / 3, 2.0 / 3, 0.25, 0.75, -0.5, -1, -1.0 / 3]
        let differences = (0..<150).map { _ in shares[random.nextIndex(below: shares.count)] }
        let p = SignFlip(differences).p
        #expect(p == SignFlip(differences, seed: 7).p, "nothing is drawn")
        let drawn = (0..<4000).count { _ in
            abs(differences.reduce(0) { $0 + (random.next() & 1 == 0 ? $1 : -$1) }) >= abs(differences.reduce(0, +))
                - 1e-9
        }
        #expect(abs(p - Double(drawn) / 4000) < 0.03)
    }

    /// Many different sizes: drawn patterns, the same for the same seed, near the normal approximation.
    @Test func manySizesAreDrawn() {
        var random = SeededNumbers(seed: 5)
        let differences = (0..<80).map { _ in (random.nextUnit() - 0.4) }
        let test = SignFlip(differences, seed: 1)
        #expect(test == SignFlip(differences, seed: 1))
        #expect(test.above + test.below == 80)
        let normal = differences.reduce(0, +) / differences.reduce(0) { $0 + $1 * $1 }.squareRoot()
        #expect(abs(test.p - 2 * normalProbability(-abs(normal))) < 0.02)
    }

    /// At most alpha of comparisons without a difference are called one.
    @Test func itKeepsItsLevel() {
        var random = SeededNumbers(seed: 9)
        let shares = [-1, -0.5, -0.25, 0, 0, 0, 0, 0.25, 0.5, 1]
        let alarms = (0..<1000).count { _ in
            SignFlip((0..<40).map { _ in shares[random.nextIndex(below: shares.count)] }).p < 0.05
        }
        // 50 are expected of 1,000; 75 would be 3.6 standard deviations more.
        #expect((20..<75).contains(alarms))
    }
}
